#pragma once
// A hand-built report with every kind of outcome, for the checks of the writers.

#include <limits>

#include <gradcheck/result/report.hpp>

namespace gradcheck::sample {

inline TensorReport good_tensor(const char* name, const char* role, Shape shape) {
  TensorReport tensor;
  tensor.name = name;
  tensor.role = role;
  tensor.entries = 1;
  for (const std::size_t extent : shape) {
    tensor.entries *= extent;
  }
  tensor.shape = std::move(shape);
  tensor.max_relative_error = 1.25e-11;
  tensor.max_absolute_error = 2e-11;
  tensor.max_bound = 3e-12;
  tensor.worst = {std::vector<std::size_t>(tensor.shape.size(), 0), 13, 13.00000000002, 3e-12};
  return tensor;
}

inline TensorReport wrong_tensor() {
  TensorReport tensor = good_tensor("W3", "parameter", {2, 3});
  tensor.verdict = Verdict::disagree;
  tensor.max_relative_error = 0.5;
  tensor.disagreeing = 1;
  tensor.worst = {{1, 1}, -0.5, -1, 3e-12};
  return tensor;
}

inline TensorReport not_finite_tensor() {
  TensorReport tensor = good_tensor("b3", "parameter", {2});
  const double infinity = std::numeric_limits<double>::infinity();
  tensor.verdict = Verdict::inconclusive;
  tensor.max_relative_error = std::numeric_limits<double>::quiet_NaN();
  tensor.max_bound = infinity;
  tensor.inconclusive = 2;
  tensor.worst = {{0}, std::numeric_limits<double>::quiet_NaN(), -infinity, infinity};
  tensor.reason = "no usable step; try --step 1e-3";
  return tensor;
}

inline Finding finding(std::vector<std::size_t> index, const char* printed, double computed,
                       const char* computed_text, ClaimVerdict verdict) {
  Finding out;
  out.index = std::move(index);
  out.printed = printed;
  out.computed = computed;
  out.computed_text = computed_text;
  out.verdict = verdict;
  return out;
}

/// Six entries: one wrong, one an erratum, one off in the last digit.
inline ClaimReport updated_claim() {
  ClaimReport claim;
  claim.kind = "updated";
  claim.steps = 1;
  claim.name = "W3";
  claim.line = 31;
  claim.column = 1;
  claim.entries = 6;
  claim.right = 3;
  claim.last_digit = 1;
  claim.wrong = 2;
  claim.verdict = ClaimVerdict::wrong;
  claim.findings = {finding({0, 1}, "0.97", 0.96, "0.96", ClaimVerdict::last_digit),
                    finding({1, 1}, "-0.94", -0.44, "-0.44", ClaimVerdict::wrong),
                    finding({1, 2}, "3.07", 3.7, "3.7", ClaimVerdict::wrong)};
  claim.findings[2].erratum = true;
  claim.findings[2].erratum_key = "updated.W3[1, 2]";
  claim.findings[2].reason = "a digit is lost in the scan";
  return claim;
}

inline ClaimReport misshapen_claim() {
  ClaimReport claim;
  claim.kind = "forward";
  claim.steps = 1;
  claim.after = true;
  claim.name = "L";
  claim.line = 40;
  claim.column = 3;
  claim.entries = 3;
  claim.wrong = 3;
  claim.verdict = ClaimVerdict::wrong;
  Finding shape;
  shape.printed = "(3,)";
  shape.computed_text = "()";
  shape.verdict = ClaimVerdict::wrong;
  claim.findings = {shape};
  return claim;
}

inline ClaimReport stale_claim() {
  ClaimReport claim;
  claim.kind = "forward";
  claim.name = "z3[0]";
  claim.line = 25;
  claim.column = 1;
  claim.entries = 1;
  claim.right = 1;
  claim.stale_erratum = true;
  return claim;
}

inline StatementReport statement(const char* name, const char* text, std::size_t line,
                                 StatementVerdict verdict) {
  StatementReport out;
  out.name = name;
  out.target = std::string("d") + name;
  out.statement = text;
  out.line = line;
  out.column = 1;
  out.verdict = verdict;
  out.max_relative_error = verdict == StatementVerdict::agree ? 0 : 0.5;
  return out;
}

inline std::vector<StatementReport> derivation() {
  std::vector<StatementReport> out = {
      statement("z3", "dz3 = z3 - t", 60, StatementVerdict::agree),
      statement("z2", "dz2 = 2 * W3.T @ dz3", 61, StatementVerdict::disagree),
      statement("W1", "dW1 = outer(dz2, a1)", 62, StatementVerdict::inherited)};
  out[1].first_wrong = true;
  out[1].detail = "dz2[0] is -2, numerically -1 (relative error 0.5)";
  return out;
}

inline CaseReport good_case() {
  CaseReport report;
  report.id = "cases/000/two_layers";
  report.file = "cases/000/two_layers.toml";
  report.title = "Two affine layers";
  report.source = "a textbook, p. 12";
  report.seconds = 0.25;
  report.probes = 48;
  report.tensors = {good_tensor("W1", "parameter", {3, 2})};
  return report;
}

inline CaseReport wrong_case() {
  CaseReport report;
  report.id = "cases/003/problem_2";
  report.file = "cases/003/problem_2.toml";
  report.title = "역전파 예제: 두 개의 은닉층과 갱신";
  report.source = "강의 노트 3, 문제 2";
  report.verdict = Verdict::disagree;
  report.seconds = 0.5;
  report.probes = 96;
  report.tensors = {good_tensor("가중치", "input", {2}), wrong_tensor(), not_finite_tensor()};
  report.claims = {updated_claim(), misshapen_claim(), stale_claim()};
  report.derivation = derivation();
  report.diagnosis = {{"affine (line 3)", "W3", "one entry",
                       "only [1, 1]: analytic = numeric / 2 there, the others agree"},
                      {of_derivation, "z2", "constant factor", "dz2 = 2 * numeric everywhere"}};
  report.notes = {"long double is no better than double here"};
  return report;
}

inline CaseReport broken_case() {
  CaseReport report;
  report.id = "cases/004/broken";
  report.file = "cases/004/broken.toml";
  report.verdict = Verdict::error;
  report.error = CaseError{"unknown function 'sigmod', did you mean 'sigmoid'?", 7, 6};
  return report;
}

inline CaseReport dead_case() {
  CaseReport report = good_case();
  report.id = "cases/005/dead";
  report.file = "cases/005/dead.toml";
  report.title = "Dead units";
  report.verdict = Verdict::inconclusive;
  report.only_zeros = true;
  report.notes = {"every gradient is zero on both sides"};
  return report;
}

inline Report report() {
  Report out;
  out.seed = 7;
  out.cases = {good_case(), wrong_case(), broken_case(), dead_case()};
  out.seconds = 1.5;
  return out;
}

}  // namespace gradcheck::sample
