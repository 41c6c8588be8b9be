#include <iostream>

#include <gradcheck/cases/run.hpp>
#include <gradcheck/report/stream.hpp>

/// Checks the case files it is given.
int main(int argc, char** argv) {
  const gradcheck::Report report = gradcheck::run_cases({argv + 1, argv + argc}, {});
  std::cout << report;
  return report.agrees() ? 0 : 1;
}
