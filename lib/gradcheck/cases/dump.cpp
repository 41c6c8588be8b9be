#include <algorithm>
#include <cmath>

#include <gradcheck/cases/dump.hpp>

namespace gradcheck {

namespace {

/// As in the verdicts: an entry is resolved where its bound is a tenth of it at most.
constexpr double resolved_part = 0.1;

Tensor relative_errors(const TensorCheck& check) {
  Tensor errors = empty<double>(shape_of(check.analytic));
  for (std::size_t i = 0; i < errors.size(); ++i) {
    const double a = check.analytic.data()[i], n = check.numeric.data()[i];
    const double size = std::max(std::abs(a), std::abs(n));
    const bool resolved = check.bound.data()[i] <= resolved_part * size && size > 0;
    errors.data()[i] = resolved ? std::abs(a - n) / size : 0;
  }
  return errors;
}

}  // namespace

std::vector<NamedTensor> gradients_of(const CaseOutcome& outcome) {
  std::vector<NamedTensor> arrays;
  for (const auto& [id, check] : outcome.checked) {
    const std::string& name = outcome.network.value(id).name;
    arrays.push_back({name + ".analytic", check.analytic});
    arrays.push_back({name + ".numeric", check.numeric});
    arrays.push_back({name + ".bound", check.bound});
    arrays.push_back({name + ".relative_error", relative_errors(check)});
  }
  return arrays;
}

}  // namespace gradcheck
