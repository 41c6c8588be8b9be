#pragma once

#include <cstdint>

#include <gradcheck/network/network.hpp>
#include <gradcheck/numeric/point/evaluation_point.hpp>

namespace gradcheck {

/// d(Σ upstream · target)/d(value) for every value, as a network in float32 finds it: forward and
/// backward with every value and every gradient rounded to float32 once it is complete (inside a
/// layer the arithmetic stays double). The branches and the masks are those of double.
Values<double> float32_gradients(const Network& network, const EvaluationPoint& point,
                                 ValueId target, const Tensor& upstream);

/// How far rounding may have moved a gradient in float32, seen from the same in double, whose own
/// rounding is known.
Tensor float32_rounding(const Tensor& float32, const Tensor& value, const Tensor& rounding);

/// How far the rounding inside float32 and opaque layers may have moved what their backwards pass
/// on, where `gradients` are the upstreams: by value, summed over the layers that read it.
Noise backward_noise(const Network& network, const EvaluationPoint& point,
                     const Values<double>& gradients, std::uint64_t seed);

/// The same of one such layer under these upstreams, by input.
Tensors<double> backward_noise(const Network::Node& node, const EvaluationPoint& point,
                               const Tensors<double>& upstreams, std::uint64_t seed);

}  // namespace gradcheck
