#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <gradcheck/layers/accurate_sum.hpp>
#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/numeric/rounding/rounding.hpp>
#include <gradcheck/numeric/sweep/sliced_use.hpp>

namespace gradcheck {

namespace {

std::vector<std::uint32_t> all_rows(const RowLayout& layout) {
  std::vector<std::uint32_t> rows(layout.rows);
  std::iota(rows.begin(), rows.end(), 0u);
  return rows;
}

}  // namespace

bool measure(SlicedUse<double>& use, std::uint64_t seed) {
  const std::vector<std::uint32_t> rows = all_rows(use.network.layout());
  const Tensor start = use.network.base(rows);
  use.widths.clear();
  for (std::size_t s = 0; s < use.network.sums().size(); ++s) {
    use.widths.push_back(use.network.row_sizes(s));
    for (double& width : use.widths.back()) {
      width = Disturbance::width(0, width);
    }
  }
  Disturbance disturbance(seed);
  for (int sample = 0; sample < measuring_probes; ++sample) {
    Tensor moved = start;
    disturbance.apply(moved);
    const auto changes =
        use.network.run(rows, {{}, moved}, [&](Tensor& y) { disturbance.apply(y); });
    if (!changes) {
      return false;
    }
    for (std::size_t s = 0; s < changes->size(); ++s) {
      for (std::size_t n = 0; n < rows.size(); ++n) {
        const double width = Disturbance::width(std::abs((*changes)[s][n]), 0);
        use.widths[s][n] = std::max(use.widths[s][n], width);
      }
    }
  }
  return true;
}

SlicedUse<long double> in_long_double(const SlicedUse<double>& use,
                                      RowNetwork<long double> network) {
  SlicedUse<long double> precise{use.lanes, std::move(network), use.weights, use.weight_errors,
                                 use.widths};
  const double finer =
      static_cast<double>(machine_epsilon<long double>() / machine_epsilon<double>());
  for (std::vector<double>& widths : precise.widths) {
    for (double& width : widths) {
      width *= finer;
    }
  }
  return precise;
}

/// How far rounding of what those lanes add may move the target.
template <class Real>
double SlicedUse<Real>::rounding_of(std::span<const EntryLanes::Lane> moved) const {
  double variance = 0;
  for (std::size_t s = 0; s < widths.size(); ++s) {
    for (const EntryLanes::Lane& lane : moved) {
      const double width = weights[s] * widths[s][lane.row];
      variance += width * width;
    }
  }
  return std::sqrt(variance);
}

template <class Real>
std::vector<Quotient> SlicedUse<Real>::quotients(std::span<const EntryLanes::Lane> moved,
                                                 const std::vector<std::vector<Real>>& changes,
                                                 std::size_t first, const Stencil& stencil,
                                                 std::span<const Real> apart) const {
  const double rounding = rounding_of(moved);
  std::vector<Quotient> all(stencil.pairs.size());
  for (std::size_t k = 0; k < all.size(); ++k) {
    const Stencil::Pair& pair = stencil.pairs[k];
    const double distance = static_cast<double>(apart[k]);
    all[k].step = distance / (pair.above - pair.below) * pair.above;
    all[k].rounding = 4 * rounding / std::abs(distance);
    for (std::size_t s = 0; s < changes.size(); ++s) {
      const Real* above = changes[s].data() + first;
      const Real* below = above + moved.size();
      AccurateSum<Real> difference;
      for (std::size_t l = 0; l < moved.size(); ++l) {
        difference.add(pair.below == 0 ? above[l] : above[l] - below[l]);
      }
      const Real slope = difference.value() / apart[k];
      all[k].slope += static_cast<long double>(weights[s]) * slope;
      all[k].rounding += weight_errors[s] * std::abs(static_cast<double>(slope));
    }
    first += pair.probes() * moved.size();
  }
  return all;
}

template struct SlicedUse<double>;
template struct SlicedUse<long double>;

}  // namespace gradcheck
