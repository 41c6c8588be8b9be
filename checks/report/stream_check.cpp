#include <gradcheck/report/stream.hpp>
// After it, as in a user's test: the framework must find the operator.
#include <sstream>

#include <doctest/doctest.h>
#include <report/sample_report.hpp>

#include <gradcheck/report/text.hpp>

using namespace gradcheck;

TEST_CASE("stream: a report is written as its text, without colour") {
  std::ostringstream out;
  out << sample::report() << "after";
  CHECK(out.str() == to_text(sample::report(), TextStyle{}) + "after");
  CHECK(out.str().find('\x1b') == std::string::npos);
}

TEST_CASE("stream: doctest shows a report in its messages") {
  const std::string shown = doctest::toString(sample::report()).c_str();
  CHECK(shown.find("disagree      cases/003/problem_2") != std::string::npos);
  REQUIRE_MESSAGE(!sample::report().agrees(), sample::report());
}
