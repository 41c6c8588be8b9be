#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <gradcheck/cases/training.hpp>

namespace gradcheck {

/// How far the rounding of double may have moved what a case computes: the decimals that its given
/// tensors were written with, every operation forward and backward, every step of the training.
///
/// Discrete stochastic arithmetic (J. Vignes, Math. Comput. Simul. 35 (1993) 233-261), in long
/// double: the whole calculation is repeated with each rounded number multiplied by 1 + uξ, u the
/// unit roundoff of double and ξ random in ±[½, 1]. The largest movement seen, times a safety
/// factor, is the rounding. Each repetition has a twin with movements eight times as large: where
/// that moves an entry less than four times as far, what was seen is a jump (a kink crossed), no
/// rounding, and does not count.
///
/// Evaluated when first asked for; states must be asked for in the order of their steps.
class CaseRounding {
 public:
  /// `rule` may be null: then there is only the state after 0 steps.
  CaseRounding(const Network& network, const UpdateRule* rule);
  ~CaseRounding();
  CaseRounding(const CaseRounding&) = delete;
  CaseRounding& operator=(const CaseRounding&) = delete;

  Tensor of_value(ValueId id, std::size_t steps);
  Tensor of_gradient(ValueId id, std::size_t steps);
  /// Of the value minus that before the first step.
  Tensor of_change(ValueId id, std::size_t steps);
  /// Of d(to)/d(from): shape of `to`, then shape of `from`.
  Tensor of_jacobian(ValueId to, ValueId from, std::size_t steps);

 private:
  class Course;
  template <class Read>
  Tensor spread(std::size_t steps, Read read);
  void advance(std::size_t steps);

  const Network& network_;
  const UpdateRule* rule_;
  std::vector<Course> courses_;  ///< the undisturbed one, then pairs of twins
};

}  // namespace gradcheck
