#include <filesystem>
#include <fstream>
#include <map>

#include <doctest/doctest.h>

#include <gradcheck/cases/case_run.hpp>
#include <gradcheck/cases/run.hpp>

#include "run_helpers.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

const std::string scalar_case = R"(network = 'q = x + c; L = q * q * w'
[inputs]
x = 2
[constants]
c = 1
[parameters]
w = 5
)";

const std::string training = "[update]\nlearning_rate = 0.01\n";

CaseReport report_of(const std::string& text) {
  return check_case(parse_case_file(text), {}).report;
}

std::string error_in(const std::string& text) { return run_error(text); }

/// A folder of case files that is gone afterwards.
class Folder {
 public:
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::filesystem::path add(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path / name).parent_path());
    std::ofstream(path / name) << text;
    return path / name;
  }

  const std::filesystem::path path = std::filesystem::temp_directory_path() / "gradcheck_run_check";
};

}  // namespace

TEST_CASE("run: a number in quotes is judged as printed, as a number") {
  const CaseReport report = report_of(scalar_case + "[claims.forward]\nL = ' 45.0 '\nq = '3.1'");
  CHECK(report.claims[0].verdict == ClaimVerdict::right);
  CHECK(report.claims[1].findings.at(0).printed == "3.1");
  CHECK(report.claims[1].verdict == ClaimVerdict::last_digit);
  const std::string rounded = "[parameters]\nw = 5.004\n";
  const std::string other = scalar_case.substr(0, scalar_case.find("[parameters]")) + rounded;
  CHECK(report_of(other + "[claims.forward]\nw = '5.00'").verdict == Verdict::agree);
  CHECK(report_of(other + "[claims.forward]\nw = '5.00 + 0'").verdict == Verdict::disagree);
}

TEST_CASE("run: no claim is right because its slack is not finite") {
  const auto verdict = [](const std::string& claim) {
    return report_of(scalar_case + "[claims.forward]\nq = " + claim).claims.at(0).verdict;
  };
  CHECK(verdict(R"('\frac{1}{1e-200}')") == ClaimVerdict::wrong);
  CHECK(verdict(R"('1 / 1e-170 \,')") == ClaimVerdict::wrong);
  CHECK(verdict(R"('\frac{-3e150}{-1e150}')") == ClaimVerdict::right);
  CHECK(verdict("'w * 1e308'") == ClaimVerdict::wrong);
  CHECK(verdict("'w * 1e308 - w * 1e308'") == ClaimVerdict::wrong);
}

TEST_CASE("run: a constant is refused where a gradient by it is asked for") {
  const std::string why =
      "'c' is a constant, which nothing is differentiated by, expected a value with a gradient; "
      "under [inputs] it has one";
  CHECK(error_in("check = ['c']\n" + scalar_case) == "1:9: " + why);
  CHECK(error_in(scalar_case + "[claims.gradient]\nc = 30") == "9:1: " + why);
  CHECK(error_in(scalar_case + "[claims.jacobian]\n'q/c' = 1") == "9:2: " + why);
  CHECK(error_in(scalar_case + "[derivation]\nsteps = 'dc = 30'") == "9:10: " + why);
  CHECK(error_in(scalar_case + training + "[[claims.after]]\nsteps = 0\ngradient.c = 30") ==
        "12:10: " + why);
}

TEST_CASE("run: a formula under change is of the start, under updated of before the last step") {
  // w goes down by 0.01 * q * q = 0.09 in each step.
  const std::string three = scalar_case + training + "steps = 3\n";
  CHECK(report_of(three + "[claims.change]\nw = '-0.054 * w'").verdict == Verdict::agree);
  CHECK(report_of(three + "[claims.updated]\nw = 'w - 0.01 * q * q'").verdict == Verdict::agree);
  CHECK(report_of(three + "[[claims.after]]\nsteps = 2\nchange.w = '-0.036 * w'\n"
                          "updated.w = 'w - 0.01 * q * q'")
            .verdict == Verdict::agree);
}

TEST_CASE("run: a Jacobian is compared and listed once, whatever parts of it are claimed") {
  const std::string text = R"(network = 'z = W @ x; L = sum(z * z)'
[inputs]
x = [1, 2]
[parameters]
W = [[1, 2], [3, 4]]
[claims.jacobian]
"z/x" = [[1, 2], [3, 4]]
"z[0]/x" = [1, 2]
"z/x[1]" = [2, 4]
"L/W" = [[10, 20], [22, 44]]
)";
  const CaseReport report = report_of(text);
  CHECK(report.verdict == Verdict::agree);
  CHECK(tensor_names(report) == std::vector<std::string>{"W", "z/x"});
  CHECK(report.tensors[1].shape == Shape{2, 2});
}

TEST_CASE("run: without a scalar loss the tensors are the blocks of its Jacobian") {
  const CaseReport report = report_of(
      "network = 'y = 2 * x'\n[inputs]\nx = [1, 2]\n[claims.jacobian]\n'y/x' = [[2, 0], [0, 2]]\n");
  CHECK(tensor_names(report) == std::vector<std::string>{"y/x"});
  CHECK(report.tensors[0].shape == Shape{2, 2});
}

TEST_CASE("run: a gradient claimed at step 0 of what is not checked otherwise is compared") {
  const CaseReport report =
      report_of(scalar_case + training + "[[claims.after]]\nsteps = 0\ngradient.q = 30");
  CHECK(report.verdict == Verdict::agree);
}

TEST_CASE("run: an index that does not fit is told in the terms of the claim") {
  const std::string text = "network = 'y = sum(x)'\n[inputs]\nx = [1, 2, 3]\n[claims.forward]\n";
  CHECK(error_in(text + "'x[5]' = 1") ==
        "5:2: 'x[5]': axis 0 has index 5, expected an integer from -3 to 2 for shape (3,)");
}

TEST_CASE("run: a wrong gradient at a kink is told the derivatives there") {
  const std::string text = "network = 'y = 0.25 * relu(x)'\n[inputs]\nx = 0\n[claims.gradient]\n";
  CHECK(report_of(text + "x = 0.2").verdict == Verdict::agree);
  const CaseReport report = report_of(text + "x = 0.31");
  CHECK(report.verdict == Verdict::disagree);
  CHECK(report.claims[0].findings.at(0).remark == "the derivatives there run from 0 to 0.25");
}

TEST_CASE("run: a wrong statement says what is what, and whether it is at a kink") {
  const CaseReport plain = report_of(scalar_case + "[derivation]\nsteps = 'dq = 3 * q * w'");
  CHECK(plain.derivation[0].detail == "dq is 45, numerically 30 (relative error 0.33)");
  const CaseReport shape = report_of(scalar_case + "[derivation]\nsteps = 'dq = [q, w]'");
  CHECK(shape.derivation[0].detail == "dq has shape (2,), expected ()");
  const CaseReport kink = report_of(
      "network = 'y = relu(x)'\n[inputs]\nx = 0\n[derivation]\nsteps = 'dx = 2 + 0 * x'\n");
  CHECK(kink.derivation[0].detail.ends_with(
      "; it is at a kink, where the derivatives run from 0 to 1"));
}

TEST_CASE("run: all values are checked but the loss, unless it is asked for") {
  CheckOptions options;
  options.all_values = true;
  CHECK(tensor_names(check_case(parse_case_file(scalar_case), options).report) ==
        std::vector<std::string>{"w", "x", "q"});
  CHECK(
      tensor_names(check_case(parse_case_file("check = ['L']\n" + scalar_case), options).report) ==
      std::vector<std::string>{"w", "L", "x", "q"});
}

TEST_CASE("run: folders without cases and cases that a filter leaves out are told apart") {
  const Folder folder;
  folder.add("full/one.toml", scalar_case);
  folder.add("none/notes.txt", "");
  const FoundCases found = find_cases({folder.path / "full", folder.path / "none"}, "two");
  CHECK(found.files.empty());
  CHECK(found.empty == std::vector{folder.path / "none"});
  CHECK(found.left_out == 1);
}

TEST_CASE("run: an explanation says why a value has no gradient") {
  const Folder folder;
  std::string text = scalar_case;
  text.replace(text.find("L ="), 3, "extra = x + 1; mask = t > c; L = mask *");
  text.insert(text.find("x = 2"), "t = 3\n");
  const auto file = folder.add("one.toml", "loss = 'L'\n" + text);
  const Explanation explanation = explain_case(file, {});
  REQUIRE_FALSE(explanation.report.error);
  std::map<std::string, std::string> why;
  for (const ExplainedValue& value : explanation.values) {
    why[value.name] = value.no_gradient;
  }
  CHECK(why["c"] == "nothing is differentiated by a constant");
  CHECK(why["t"] ==
        "it reaches L only through what has none (labels, indices, comparisons, stop_gradient)");
  CHECK(why["extra"] == "L does not depend on it");
  for (const char* name : {"x", "q", "w", "mask", "L"}) {
    CAPTURE(name);
    CHECK(why[name].empty());
  }
}

TEST_CASE("run: a summary counts claims, and the statements that claim a gradient") {
  const Folder folder;
  const auto file = folder.add(
      "one.toml", scalar_case + "[claims.forward]\nq = 3\n[derivation]\nsteps = 'k = 2; dq = k'\n");
  const CaseSummary summary = summarize_case(file);
  CHECK(summary.claims == 1);
  CHECK(summary.statements == 1);
}
