#pragma once

#include <vector>

#include <gradcheck/layers/recurrence.hpp>

namespace gradcheck {

/// How far rounding may have moved what a recurrence reads.
struct RecurrentWidths {
  Tensor x, h;
  RecurrentWeights<double> weights;
};

/// Appends the units of a ReLU recurrence whose pre-activation is within its width of 0; the first
/// has the number `first_site`. The width of a sum of products is Σ (width |w| + |x| width of w),
/// and four units of rounding of Σ |x| |w|; ReLU passes it on. `in` are the inputs of the layer,
/// all of which a tie reads. Returns the widths of the state by step.
Tensors<double> append_ties(const Recurrence<ReluUnit, double>& run, const RecurrentWidths& widths,
                            Inputs<double> in, std::vector<Tie>& found, std::size_t first_site = 0);

}  // namespace gradcheck
