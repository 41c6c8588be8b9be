#pragma once
// Whole cases run from their text.

#include <algorithm>
#include <string>

#include <gradcheck/cases/case_run.hpp>

#include "case_helpers.hpp"

namespace gradcheck::checks {

inline CaseReport run(const std::string& text, const CheckOptions& options = {}) {
  return check_case(parse_case_file(text), options).report;
}

// The first mistake of a file, whether or not the rest of it is judged.
inline std::string run_error(const std::string& text) {
  std::string first;
  const std::string thrown = error_of([&] {
    const CaseReport report = run(text);
    if (report.error) {
      first = at({report.error->line, report.error->column}) + ": " + report.error->message;
    }
  });
  return first.empty() ? thrown : first;
}

// All mistakes that a report tells.
inline std::vector<CaseError> told(const CaseReport& report) {
  std::vector<CaseError> errors = report.more_errors;
  if (report.error) {
    errors.insert(errors.begin(), *report.error);
  }
  return errors;
}

// All of them, a line each.
inline std::string run_errors(const std::string& text) {
  std::string all;
  for (const CaseError& one : told(run(text))) {
    all += at({one.line, one.column}) + ": " + one.message + "\n";
  }
  return all;
}

// z = W x with all that a claim may speak of: the network stands on lines 1 to 4, `more` begins on
// line 11.
inline std::string product_case(const std::string& more) {
  return "network = '''\nz = W @ x\nL = half_squared_error(z, t)\n'''\n"
         "[inputs]\nx = [1, 2]\nt = [1, 1]\n"
         "[parameters]\nW = [[1, 0.5], [0, -1]]\n\n" +
         more;
}

inline const TensorReport& tensor_of_name(const CaseReport& report, const std::string& name) {
  return *std::ranges::find(report.tensors, name, &TensorReport::name);
}

inline std::vector<std::string> tensor_names(const CaseReport& report) {
  std::vector<std::string> names;
  for (const TensorReport& tensor : report.tensors) {
    names.push_back(tensor.name);
  }
  return names;
}

}  // namespace gradcheck::checks
