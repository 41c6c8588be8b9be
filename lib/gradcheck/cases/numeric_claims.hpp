#pragma once

#include <vector>

#include <gradcheck/cases/training.hpp>

namespace gradcheck {

/// The numeric gradient of the loss at those entries of a value, as a source calculated it: in
/// double, by that scheme alone, each entry moved by itself. Other entries are 0.
Tensor difference_quotients(const State& state, ValueId from,
                            const std::vector<std::size_t>& positions,
                            const DifferenceScheme& scheme);

/// abs(a - n) / max(abs(a), abs(n)) at those entries; 0 where both are 0.
Tensor relative_errors(const Tensor& analytic, const Tensor& numeric,
                       const std::vector<std::size_t>& positions);

/// An error of either side, relative to the larger one.
Tensor relative_to(const Tensor& error, const Tensor& analytic, const Tensor& numeric,
                   const std::vector<std::size_t>& positions);

}  // namespace gradcheck
