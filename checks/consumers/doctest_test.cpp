#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <gradcheck/cases/run.hpp>
#include <gradcheck/report/stream.hpp>

TEST_CASE("the worked example is right") {
  const gradcheck::Report report = gradcheck::run_cases({"cases/affine.toml"}, {});
  REQUIRE_MESSAGE(report.agrees(), report);
}

TEST_CASE("a wrong one fails, and its report is shown") {
  const gradcheck::Report report = gradcheck::run_cases({"wrong/affine.toml"}, {});
  REQUIRE_MESSAGE(report.agrees(), report);
}
