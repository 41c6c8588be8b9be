#include <sstream>

#include <doctest/doctest.h>
#include <report/sample_report.hpp>

#include <gradcheck/report/github.hpp>

using namespace gradcheck;

namespace {

Report report_of(std::vector<CaseReport> cases) {
  Report report;
  report.cases = std::move(cases);
  return report;
}

std::vector<std::string> lines(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> out;
  for (std::string line; std::getline(stream, line);) {
    out.push_back(line);
  }
  return out;
}

CaseReport case_with(TensorReport tensor) {
  CaseReport report = sample::good_case();
  report.verdict = tensor.verdict;
  report.tensors = {std::move(tensor)};
  return report;
}

/// Tensors that disagree, the later the more.
CaseReport many_wrong(std::size_t count) {
  CaseReport report = case_with(sample::wrong_tensor());
  report.tensors.clear();
  for (std::size_t i = 0; i < count; ++i) {
    TensorReport tensor = sample::wrong_tensor();
    tensor.name = "W" + std::to_string(i);
    tensor.max_relative_error = 0.001 * static_cast<double>(i + 1);
    report.tensors.push_back(std::move(tensor));
  }
  return report;
}

}  // namespace

TEST_CASE("github: errors stand at their own lines, the worst first") {
  CaseReport wrong = sample::wrong_case();
  wrong.tensors[1].line = 17;
  wrong.tensors[1].column = 1;
  const std::string where = "::error file=cases/003/problem_2.toml,";
  CHECK(lines(to_github(report_of({sample::good_case(), wrong, sample::broken_case()}))) ==
        std::vector<std::string>{
            "::error file=cases/004/broken.toml,line=7,col=6,title=cases/004/broken::"
            "unknown function 'sigmod', did you mean 'sigmoid'?",
            where + "line=17,col=1,title=gradient of W3%3A disagree::"
                    "W3[1, 1]: analytic -0.5, numeric -1, bound 3.0e-12"
                    "%0A1 of 6 entries disagrees"
                    "%0Aone entry in affine (line 3), gradient of W3: only [1, 1]: analytic = "
                    "numeric / 2 there, the others agree",
            where + "line=61,col=1,title=first wrong statement of the derivation::"
                    "dz2 = 2 * W3.T @ dz3%0Adz2[0] is -2, numerically -1 (relative error 0.5)",
            where + "line=31,col=1,title=wrong claim::"
                    "updated.W3[1, 1] prints -0.94, computed -0.44",
            where + "line=40,col=3,title=wrong claim::"
                    "after[1].forward.L prints shape (3,), computed shape ()",
            where + "line=25,col=1,title=stale erratum::"
                    "forward.z3[0] is listed under [errata], but it is right",
            where + "title=gradient of b3%3A inconclusive::b3[0]: analytic NaN, numeric -Infinity, "
                    "bound Infinity%0A2 of 2 entries are inconclusive"
                    "%0Ano usable step; try --step 1e-3",
            "::notice file=cases/003/problem_2.toml,line=31,col=1,"
            "title=claim off in its last digit::updated.W3[0, 1] prints 0.97, computed 0.96"});
}

TEST_CASE("github: what agrees says nothing") {
  CHECK(to_github(report_of({sample::good_case()})).empty());
  CHECK(to_github(Report()).empty());
}

TEST_CASE("github: the characters that end a message or a property are escaped") {
  CaseReport report = sample::broken_case();
  report.id = "100%, a:b";
  report.file = "cases/50%,a:b.toml";
  report.error->message = "100% :: a, b\r\nc";
  CHECK(to_github(report_of({report})) ==
        "::error file=cases/50%25%2Ca%3Ab.toml,line=7,col=6,title=100%25%2C a%3Ab::"
        "100%25 :: a, b %0Ac\n");
}

TEST_CASE("github: no text of a file can begin a command of its own") {
  CaseReport report = sample::broken_case();
  report.file = "a\n::error::b.toml";
  report.error->message = "x\n::set-output name=y::z\x1b[2J";
  const std::string text = to_github(report_of({report}));
  CHECK(lines(text).size() == 1);
  CHECK(text.find('\x1b') == std::string::npos);
}

TEST_CASE("github: ten of a kind are shown in full") {
  const std::vector<std::string> all = lines(to_github(report_of({many_wrong(10)})));
  REQUIRE(all.size() == 10);
  CHECK(all.front().find("title=gradient of W9%3A") != std::string::npos);
  CHECK(all.back().find("title=gradient of W0%3A") != std::string::npos);
}

TEST_CASE("github: of more than ten the worst nine are shown, and how many there are besides") {
  const std::vector<std::string> all = lines(to_github(report_of({many_wrong(11)})));
  REQUIRE(all.size() == 10);
  CHECK(all.front().find("title=gradient of W10%3A") != std::string::npos);
  CHECK(all[8].find("title=gradient of W2%3A") != std::string::npos);
  CHECK(all.back() ==
        "::error title=and 2 more::2 more of this kind; the text report has them all");
}

TEST_CASE("github: a NaN is worse than any number") {
  CaseReport report = many_wrong(2);
  report.tensors[0].max_relative_error = std::numeric_limits<double>::quiet_NaN();
  CHECK(lines(to_github(report_of({report}))).front().find("of W0%3A") != std::string::npos);
}

TEST_CASE("github: what is inconclusive is an error, or a warning where that is allowed") {
  const Report report = report_of({case_with(sample::not_finite_tensor())});
  CHECK(to_github(report).rfind("::error ", 0) == 0);
  CHECK(to_github(report, true).rfind("::warning ", 0) == 0);
}

TEST_CASE("github: gradients that are all zero are an error in any case") {
  for (const bool allow : {false, true}) {
    CHECK(to_github(report_of({sample::dead_case()}), allow) ==
          "::error file=cases/005/dead.toml,title=inconclusive::"
          "every gradient is zero on both sides\n");
  }
}

TEST_CASE("github: without a file there is no line") {
  CaseReport report = case_with(sample::wrong_tensor());
  report.file.clear();
  report.tensors[0].line = 3;
  CHECK(to_github(report_of({report})).rfind("::error title=gradient of W3%3A disagree::", 0) == 0);
}
