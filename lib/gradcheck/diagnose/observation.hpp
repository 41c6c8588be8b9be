#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// One gradient, both ways, as it is looked at for a pattern. All four tensors have one shape.
struct Observation {
  Tensor analytic;
  Tensor numeric;
  Tensor bound;     ///< on the error of `numeric`
  Tensor rounding;  ///< how far rounding may have moved `analytic`
  double rtol = 1e-7;

  std::size_t size() const { return analytic.size(); }
  Shape shape() const { return shape_of(analytic); }
};

/// A value that a pattern foretells for an analytic entry, and what it may be off.
struct Foretold {
  double value = 0;
  double bound = 0;
};

/// Whether |a − p| ≤ bound + u + rtol·max(|a|, |p|) for the analytic entry a ± u and the foretold
/// p; never for what is not finite. With p the numeric value this is what `judge` calls not
/// disagreeing.
bool fits(const Observation& seen, std::size_t entry, const Foretold& foretold);

/// The numeric value, as what a right backward foretells.
Foretold right_value(const Observation& seen, std::size_t entry);

/// The entries whose analytic value does not fit the numeric one.
std::vector<std::size_t> disagreeing_entries(const Observation& seen);

/// A pattern that was recognised: it fits every entry.
struct Pattern {
  std::string name;      ///< "constant factor", "transposed", ...
  std::string sentence;  ///< "analytic = numeric / 5 everywhere"
};

}  // namespace gradcheck
