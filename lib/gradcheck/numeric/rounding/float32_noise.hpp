#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <gradcheck/numeric/point/noise.hpp>

namespace gradcheck {

/// How far rounding inside `f` moves what it returns at x, if it calculates in float32. Measured: f
/// at points a few units of float32 apart on a line through x, whose third differences hold nothing
/// of a smooth function but all of its noise (J. J. Moré and S. M. Wild, SIAM J. Sci. Comput. 33
/// (2011) 1292-1314); never less than one unit of the value itself, nor than what one unit of the
/// inputs is worth. Inputs that do not `move` are left as they are.
using TensorFunction = std::function<Tensors<double>(const Tensors<double>& x)>;
Tensors<double> noise_of(const TensorFunction& f, const Tensors<double>& x,
                         const std::vector<bool>& move, std::uint64_t seed);

/// How far rounding inside `f`, of which nothing is known but its values, moves what it returns at
/// x: the fifth differences of f at points a few units in the last place of x apart, which hold
/// even less of a smooth function; never less than a few units of the value itself.
Tensors<double> scatter_of(const TensorFunction& f, const Tensors<double>& x,
                           const std::vector<bool>& move, double unit, std::uint64_t seed);

/// The noise of what the graph's float32 layers compute, but for those whose noise is measured
/// where they are differenced.
Noise forward_noise(const Graph& graph, const Values<double>& values, const ActivePieces& active,
                    std::uint64_t seed);

/// Every value rounded to float32.
Noise rounding_to_float32(const Values<double>& values);

}  // namespace gradcheck
