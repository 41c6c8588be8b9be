#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#else  // before Catch2 3
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif

#include <gradcheck/cases/run.hpp>
#include <gradcheck/report/stream.hpp>

TEST_CASE("the worked example is right") {
  const gradcheck::Report report = gradcheck::run_cases({"cases/affine.toml"}, {});
  INFO(report);
  REQUIRE(report.agrees());
}

TEST_CASE("a wrong one fails, and its report is shown") {
  const gradcheck::Report report = gradcheck::run_cases({"wrong/affine.toml"}, {});
  INFO(report);
  REQUIRE(report.agrees());
}
