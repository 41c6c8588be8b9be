#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradcheck/report/json.hpp>
#include <gradcheck/report/junit.hpp>
#include <gradcheck/report/paint.hpp>
#include <gradcheck/report/safe_text.hpp>
#include <gradcheck/report/text.hpp>

#include "sample_report.hpp"

using namespace gradcheck;

namespace {

bool has(const std::string& text, const std::string& piece) {
  return text.find(piece) != std::string::npos;
}

/// Whether some line of a text is a command to a service that runs checks.
bool commands(const std::string& text) {
  return has("\n" + text, "\n::") || has(text, "##[") || has(text, "##vso[");
}

const std::string hostile =
    "\x1b]0;title\x07 \x1b[31mred\n::error::x ##[error]y \xC2\x9B"
    "2J";

}  // namespace

TEST_CASE("safe text: what is harmless stays, line ends included") {
  for (const std::string text : {"", "a", "a\n", "\n\na  b\n", "한 글 ∂L/∂W …\n", "# a ## b [c]",
                                 "a :: b", "gradcheck::check", "x = y[::2]"}) {
    CAPTURE(text);
    CHECK(safe_text(text) == text);
    CHECK(safe_text(text, true) == text);
  }
}

TEST_CASE("safe text: escapes, other control characters and turned directions are replaced") {
  CHECK(safe_text("a\x1b[31mb\x07\x7f") == "a\uFFFD[31mb\uFFFD\uFFFD");
  CHECK(safe_text("a\tb\rc") == "a b c");
  CHECK(safe_text("\u202Ea\u2066 \u009B\xff") == "\uFFFDa\uFFFD \uFFFD\uFFFD");
}

TEST_CASE("safe text: of escapes only those of paint() stay, and only with colour") {
  const std::string red = paint("wrong", Ink::bad, true);
  CHECK(safe_text(red, true) == red);
  CHECK(safe_text("a" + red + "b\x1b[2J", true) == "a" + red + "b\uFFFD[2J");
  CHECK(safe_text(red) == "\uFFFD[1;31mwrong\uFFFD[0m");
  CHECK(safe_text("\x1b[31;1m\x1b[5m", true) == "\uFFFD[31;1m\uFFFD[5m");
}

TEST_CASE("safe text: no line is a command to a service that runs checks") {
  CHECK(safe_text("::error::x") == "\uFFFD::error::x");
  CHECK(safe_text("a\n  ::set-env name=A::b") == "a\n  \uFFFD::set-env name=A::b");
  CHECK(safe_text("\u00A0\u3000::error::x") == "\u00A0\u3000\uFFFD::error::x");
  CHECK(safe_text("\t::error::x") == " \uFFFD::error::x");
  CHECK(safe_text("a ##[error]b ##vso[c] ##teamcity[d]") ==
        "a #\uFFFD#[error]b #\uFFFD#vso[c] #\uFFFD#teamcity[d]");
  CHECK(safe_text("###[error]b") == "##\uFFFD#[error]b");
}

TEST_CASE("safe text: every report is safe, whatever its case says") {
  Report report = sample::report();
  for (CaseReport& one : report.cases) {
    one.id = one.title = one.source = hostile;
    one.notes = {hostile};
    one.findings = {hostile};
    one.error = CaseError{"::error::" + hostile, 1, 1};
  }
  for (const std::string& text : std::vector<std::string>{
           to_text(report, {}), to_text(report, {.width = 60, .verbose = true}), to_json(report),
           to_junit(report, false)}) {
    CAPTURE(text);
    CHECK_FALSE(commands(text));
    CHECK_FALSE(has(text, "\x1b"));
    CHECK_FALSE(has(text, "\xC2\x9B"));
  }
}

TEST_CASE("safe text: what JSON escapes, a reader of it gets back") {
  Report report = sample::report();
  report.cases.at(0).title = "a ##[b] \u009B";
  CHECK(has(to_json(report), "a #\\u0023[b] \\u009b"));
}
