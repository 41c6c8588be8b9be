#include <sstream>

#include <doctest/doctest.h>
#include <report/sample_report.hpp>

#include <gradcheck/report/display.hpp>
#include <gradcheck/report/text.hpp>
#include <gradcheck/report/wording.hpp>

using namespace gradcheck;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  return lines;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The column where a word begins.
std::size_t column_of(const std::string& line, const std::string& word) {
  const std::size_t at = line.find(word);
  REQUIRE(at != std::string::npos);
  return display_width(line.substr(0, at));
}

std::string line_with(const std::string& text, const std::string& part) {
  for (const std::string& line : lines_of(text)) {
    if (has(line, part)) {
      return line;
    }
  }
  return "";
}

}  // namespace

TEST_CASE("text: a case that agrees is one line") {
  CHECK(text_of(sample::good_case(), {}, false) ==
        "agree         cases/000/two_layers  Two affine layers\n");
}

TEST_CASE("text: the only case of a run is shown with its tensors") {
  CHECK(text_of(sample::good_case(), {}, true) ==
        "agree         cases/000/two_layers\n"
        "  title       Two affine layers\n"
        "  source      a textbook, p. 12\n"
        "  tensor  role       shape   entries  relative error    bound  verdict\n"
        "  W1      parameter  (3, 2)        6         1.3e-11  3.0e-12  agree\n"
        "\n");
}

TEST_CASE("text: what was checked is told of the only case of a run, of more if verbose") {
  Report report;
  report.cases = {sample::good_case()};
  report.cases[0].coverage = "6 entries";
  report.cases[0].degenerate = {"x has one row"};
  const auto told = [&](TextStyle style) {
    const std::string text = to_text(report, style);
    const bool checked = text.find("\n  checked     6 entries\n") != std::string::npos;
    CHECK(checked == (text.find("\n  note        x has one row\n") != std::string::npos));
    return checked;
  };
  CHECK(told({}));
  report.cases.push_back(sample::wrong_case());
  CHECK_FALSE(told({}));
  TextStyle verbose;
  verbose.verbose = true;
  CHECK(told(verbose));
}

TEST_CASE("text: a case that disagrees reads exactly so") {
  CHECK(text_of(sample::wrong_case(), {}, true) ==
        R"(disagree      cases/003/problem_2
  title       역전파 예제: 두 개의 은닉층과 갱신
  source      강의 노트 3, 문제 2
  tensor  role       shape   entries  relative error     bound  verdict
  가중치  input      (2,)          2         1.3e-11   3.0e-12  agree
  W3      parameter  (2, 3)        6         5.0e-01   3.0e-12  disagree
  b3      parameter  (2,)          2             NaN  Infinity  inconclusive
  claims      4 of 10 values right
  derivation  1 of 3 statements agrees
  worst       W3[1, 1]: analytic -0.5, numeric -1, bound 3.0e-12; 1 of 6 entries
              disagrees
  worst       b3[0]: analytic NaN, numeric -Infinity, bound Infinity; 2 of 2
              entries are inconclusive; no usable step; try --step 1e-3
  wrong       cases/003/problem_2.toml:31:1: updated.W3[1, 1] prints -0.94,
              computed -0.44
  erratum     cases/003/problem_2.toml:31:1: updated.W3[1, 2] prints 3.07,
              computed 3.7
              known: a digit is lost in the scan
  last digit  cases/003/problem_2.toml:31:1: updated.W3[0, 1] prints 0.97,
              computed 0.96
  wrong       cases/003/problem_2.toml:40:3: after[1].forward.L prints shape
              (3,), computed shape ()
  stale       cases/003/problem_2.toml:25:1: forward.z3[0] is listed under
              [errata], but it is right
  wrong       cases/003/problem_2.toml:61:1: first wrong statement of the
              derivation
                  dz2 = 2 * W3.T @ dz3
              dz2[0] is -2, numerically -1 (relative error 0.5)
  inherited   cases/003/problem_2.toml:62:1: dW1 = outer(dz2, a1)
  diagnosis   one entry in affine (line 3), gradient of W3: only [1, 1]:
              analytic = numeric / 2 there, the others agree
  diagnosis   constant factor in the derivation, gradient of z2: dz2 = 2 *
              numeric everywhere
  note        long double is no better than double here

)");
}

TEST_CASE("text: an error is told with its place, without one if the line is unknown") {
  CaseReport report = sample::broken_case();
  CHECK(text_of(report, {}, false) ==
        "error         cases/004/broken\n"
        "              cases/004/broken.toml:7:6: unknown function 'sigmod', did you mean\n"
        "              'sigmoid'?\n\n");
  report.error = CaseError{"cannot be read: No such file or directory", 0, 0};
  CHECK(has(text_of(report, {}, false), "  cases/004/broken.toml: cannot be read"));
}

TEST_CASE("text: among many cases, one that agrees lists its errata on a line") {
  CaseReport report = sample::good_case();
  report.claims = {sample::updated_claim(), sample::stale_claim()};
  report.claims[0].findings.erase(report.claims[0].findings.begin() + 1);
  report.claims[1].stale_erratum = false;
  report.derivation = sample::derivation();
  report.derivation[1].erratum = true;
  CHECK(text_of(report, {}, false) ==
        "agree         cases/000/two_layers  Two affine layers\n"
        "              2 errata, as listed: updated.W3[1, 2], derivation.dz2\n");
  CHECK(has(text_of(report, {.verbose = true}, false), "known: a digit is lost"));
}

TEST_CASE("text: the errata of a single case are told in full, with the reason once") {
  CaseReport report = sample::good_case();
  report.claims = {sample::updated_claim()};
  std::vector<Finding>& findings = report.claims[0].findings;
  findings.assign(4, findings[2]);
  const std::string text = text_of(report, {}, true);
  CHECK(has(text, "erratum     cases/000/two_layers.toml:31:1: updated.W3[1, 2] prints 3.07"));
  CHECK(text.find("known: a digit is lost") == text.rfind("known:"));
}

TEST_CASE("text: a single case has its id uncut and its title in full") {
  CaseReport report = sample::good_case();
  report.id = std::string(100, 'i');
  report.title = "a title " + std::string(70, 't') + " that goes on";
  const std::string text = text_of(report, {}, true);
  CHECK(lines_of(text)[0] == "agree         " + report.id);
  CHECK(has(text, "  title       a title\n"));
  CHECK(has(text, " that goes on\n"));
}

TEST_CASE("text: entries at a kink are told, and the derivatives where a claim is wrong") {
  CaseReport report = sample::wrong_case();
  report.tensors[0].kinks = 2;
  report.tensors[1].kinks = 1;
  report.claims[0].findings[1].remark = "the derivatives there run from 0 to 0.25";
  const std::string text = text_of(report, {.width = 200}, false);
  CHECK(has(text,
            "kinks       2 entries of 가중치, 1 entry of W3 at a kink: any derivative between"));
  CHECK(has(text, "prints -0.94, computed -0.44; the derivatives there run from 0 to 0.25\n"));
}

TEST_CASE("text: of many findings the first few are shown, all of them if verbose") {
  CaseReport report = sample::wrong_case();
  std::vector<Finding>& findings = report.claims[0].findings;
  findings.assign(100, findings[1]);
  CHECK(has(text_of(report, {}, false), "and 95 more of updated.W3"));
  CHECK_FALSE(has(text_of(report, {.verbose = true}, false), " more of "));
}

TEST_CASE("text: no line is wider than the terminal, unless a word is, from 40 columns on") {
  Report report = sample::report();
  report.cases[1].id = "cases/003/아주_긴_이름의_폴더와_그_안의_문제_파일_이름_하나";
  report.cases[1].tensors[0].name = "아주_긴_이름의_가중치_하나_더";
  report.cases[1].tensors[0].shape = {128, 64, 32, 32};
  report.cases[1].tensors[0].role = "intermediate";
  for (std::size_t width = 40; width <= 140; ++width) {
    for (const std::string& line : lines_of(to_text(report, {.width = width}))) {
      CAPTURE(line);
      const std::size_t begin = line.find_first_not_of(' ');
      const bool one_word = width < 60 && line.find(' ', begin) == std::string::npos;
      CHECK((display_width(line) <= width || one_word));
    }
  }
  CHECK(to_text(report, {.width = 10}) == to_text(report, {.width = 40}));
}

TEST_CASE("text: columns line up beside Korean names") {
  const std::string text = text_of(sample::wrong_case(), {}, false);
  const std::string korean = line_with(text, "가중치");
  CHECK(column_of(korean, "agree") == column_of(line_with(text, "  W3 "), "disagree"));
  CHECK(column_of(korean, "input") == column_of(line_with(text, "  W3 "), "parameter"));
}

TEST_CASE("text: titles line up across the cases of a run") {
  const std::string text = to_text(sample::report(), {});
  CHECK(column_of(line_with(text, "Two affine"), "Two affine") ==
        column_of(line_with(text, "역전파"), "역전파"));
}

TEST_CASE("text: there are colour codes with colour only, and they change nothing else") {
  const std::string plain = to_text(sample::report(), {});
  CHECK_FALSE(has(plain, "\x1b"));
  std::string colored = to_text(sample::report(), {.color = true});
  CHECK(has(colored, "\x1b[1;31mdisagree"));
  for (std::size_t at = colored.find('\x1b'); at != std::string::npos; at = colored.find('\x1b')) {
    colored.erase(at, colored.find('m', at) + 1 - at);
  }
  CHECK(colored == plain);
}

TEST_CASE("text: what a file contains cannot steer the terminal") {
  CaseReport report = sample::wrong_case();
  report.title = report.id = report.file = report.source = "\x1b[2J";
  report.claims[0].findings[2].reason = report.notes[0] = report.tensors[1].name = "\x1b[2J";
  report.derivation[1].statement = report.diagnosis[0].detail = "\x1b[2J";
  CHECK_FALSE(has(text_of(report, {}, false), "\x1b"));
}

TEST_CASE("text: the summary closes with the totals") {
  CHECK(summary_of(sample::report(), {}) ==
        "4 cases: 1 agree, 1 inconclusive, 1 disagree, 1 error\n"
        "10 claimed values: 4 right, 1 off in the last digit, 2 wrong, 1 erratum,\n"
        "  1 stale erratum\n"
        "3 derived statements: 1 agree, 1 inherited, 1 wrong\n"
        "22 entries compared, 192 probes, 1.50 s\n");
}

TEST_CASE("text: the summary says what is allowed, and only that") {
  Report report = sample::report();
  const TextStyle allowing{.allow_inconclusive = true};
  CHECK(has(summary_of(report, allowing), "1 agree, 1 inconclusive, 1 disagree"));
  report.cases[3].only_zeros = false;
  CHECK(has(summary_of(report, allowing), "1 agree, 1 inconclusive (allowed), 1 disagree"));
}

TEST_CASE("text: an empty line stands before the summary, whatever comes before") {
  Report report = sample::report();
  CHECK(has(to_text(report, {}), "\n\n4 cases"));
  std::swap(report.cases[0], report.cases[3]);
  CHECK(has(to_text(report, {}), "\n\n4 cases"));
  CHECK_FALSE(has(to_text(report, {}), "\n\n\n"));
}

TEST_CASE("text: verbose tells how each tensor's numeric side was found and what that took") {
  CaseReport report = sample::good_case();
  report.title = report.source = "";
  report.tensors.push_back(sample::good_tensor("가중치", "parameter", {100, 50}));
  report.tensors[0].effort = {Way::entry_by_entry, 12, 0.0004};
  report.tensors[1].effort = {Way::shared, 1234, 0.25};
  const std::string table =
      "  tensor  way             probes  time taken  entries/s\n"
      "  W1      entry by entry      12      400 µs      15k/s\n"
      "  가중치  shared           1,234      250 ms      20k/s\n";
  TextStyle style;
  CHECK_FALSE(has(text_of(report, style, true), "entries/s"));
  style.verbose = true;
  CHECK(has(text_of(report, style, false), table));
  for (style.width = 60; style.width < 80; ++style.width) {
    for (const std::string& line : lines_of(text_of(report, style, false))) {
      CHECK(display_width(line) <= style.width);
    }
  }
}

TEST_CASE("text: a diagnosis of a helper is not said to be of a gradient") {
  const Diagnosis of_s{of_derivation, "s", "sign flipped", "s would be right with the other sign"};
  StatementReport helper, gradient;
  helper.name = helper.target = "s";
  gradient.name = "s";
  gradient.target = "ds";
  const std::string told = "sign flipped in the derivation, ";
  const std::string detail = ": s would be right with the other sign";
  CHECK(diagnosis_text(of_s, {helper}) == told + "helper s" + detail);
  CHECK(diagnosis_text(of_s, {gradient}) == told + "gradient of s" + detail);
}
