#pragma once

#include <optional>

#include <gradcheck/numeric/point/evaluator.hpp>

namespace gradcheck {

/// The steps of the first difference quotients, as fractions of an entry's scale.
struct StepFractions {
  double central;   ///< the smaller step of an extrapolated pair: errs by ~h⁴ + ε/h
  double forward;   ///< of the one-sided quotient: errs by ~h + ε/h
  double rounding;  ///< how far from the point rounding is measured
};

/// The best h of a pair is near ε^(1/5), 7e-4 in double; the bound, which is of second order, wants
/// it smaller: near ε^(1/4). That of the one-sided quotient is near √ε. Float32 has ε = 2⁻²³.
inline constexpr StepFractions double_fractions{0x1p-14, 0x1p-25, 0x1p-9};
inline constexpr StepFractions float32_fractions{0x1p-6, 0x1p-11, 0x1p-4};

/// The scale of each entry as the tensor alone tells it: the larger of its own size and the typical
/// size (mean over nonzero entries); none for a tensor of zeros.
std::optional<Tensor> own_scales(const Tensor& tensor);

/// The scale on which each entry of `from` is moved. A tensor of zeros takes it from the first
/// value that moving it changes: the displacement that changes that value by its own typical size.
/// No absolute scale enters unless every value downstream is zero as well; then it is 1.
Tensor entry_scales(Evaluator<double>& evaluator, const Graph& graph, const Values<double>& values,
                    ValueId from);

}  // namespace gradcheck
