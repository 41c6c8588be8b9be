#include <gtest/gtest.h>

#include <gradcheck/cases/run.hpp>
#include <gradcheck/report/stream.hpp>

TEST(WorkedExample, IsRight) {
  const gradcheck::Report report = gradcheck::run_cases({"cases/affine.toml"}, {});
  EXPECT_TRUE(report.agrees()) << report;
}

TEST(WorkedExample, IsShownIfWrong) {
  const gradcheck::Report report = gradcheck::run_cases({"wrong/affine.toml"}, {});
  EXPECT_TRUE(report.agrees()) << report;
}
