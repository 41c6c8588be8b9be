#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <gradcheck/numeric/derivative/extrapolate.hpp>
#include <gradcheck/numeric/derivative/stencil.hpp>
#include <gradcheck/numeric/sweep/entry_lanes.hpp>
#include <gradcheck/numeric/sweep/row_network.hpp>

namespace gradcheck {

/// One use of a value, and the network behind it: what moving an entry does there to the sums over
/// rows, and with them to the target.
template <class Real>
struct SlicedUse {
  EntryLanes lanes;
  RowNetwork<Real> network;
  std::vector<double> weights;              ///< ∂(target)/∂(sum) of the network's sums
  std::vector<double> weight_errors;        ///< upper estimates
  std::vector<std::vector<double>> widths;  ///< how far rounding moves what each row adds, by sum

  /// The quotients of an entry that moves those lanes, from what all lanes change, where its own
  /// begin at `first`; `apart` are the distances between the positions of each pair.
  std::vector<Quotient> quotients(std::span<const EntryLanes::Lane> moved,
                                  const std::vector<std::vector<Real>>& changes, std::size_t first,
                                  const Stencil& stencil, std::span<const Real> apart) const;

 private:
  double rounding_of(std::span<const EntryLanes::Lane> moved) const;
};

/// Evaluations that `measure` takes.
constexpr int measuring_probes = 3;

/// Finds `widths`: every value on the way is disturbed. False where a layer refuses that.
bool measure(SlicedUse<double>& use, std::uint64_t seed);

/// A use once more, where the same numbers lead through a network in long double.
SlicedUse<long double> in_long_double(const SlicedUse<double>& use,
                                      RowNetwork<long double> network);

}  // namespace gradcheck
