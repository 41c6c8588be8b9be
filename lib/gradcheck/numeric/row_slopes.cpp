#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <type_traits>

#include <gradcheck/numeric/precision.hpp>
#include <gradcheck/numeric/rounding.hpp>
#include <gradcheck/numeric/row_slopes.hpp>
#include <gradcheck/numeric/sizes.hpp>

namespace gradcheck {

namespace {

/// The smallest step, as a fraction of an entry's scale: where the search for the best begins, how
/// it goes on, and how far. The other steps are two, four and eight times as large.
constexpr double first_fraction = 0x1p-7;
constexpr double fraction_ratio = 4;
constexpr double smallest_fraction = 0x1p-21;
constexpr double largest_fraction = 0x1p-3;
/// Long double, with less rounding, takes steps that are smaller by this.
constexpr double nearer = 8;
/// Features on which they are tried.
constexpr std::size_t tried_features = 2;
/// Positions of the probes, in steps.
constexpr std::array<double, 8> nodes{8, -8, 4, -4, 2, -2, 1, -1};
/// What makes a slope well above its rounding.
constexpr double resolved = 1e7;
/// Entries of the widest value of one block: what fits into a core's own cache.
constexpr std::size_t block_entries = std::size_t{1} << 15;
/// Disturbed evaluations that measure rounding.
constexpr int samples = 3;
/// Neville's scheme in h² over the quotients at h, 2h, 4h and 8h, and over the first three alone.
/// Of a width w the value carries (4096 + 1344/2 + 84/4 + 1/8)/2835 · w/h.
constexpr double carried = 1.69;
double extrapolated(double d1, double d2, double d4, double d8) {
  return (4096 * d1 - 1344 * d2 + 84 * d4 - d8) / 2835;
}
double extrapolated(double d1, double d2, double d4) { return (64 * d1 - 20 * d2 + d4) / 45; }

/// What the steps leave out may cancel in the sum over the rows, in one order and not in the next:
/// so much of each row's estimate counts like rounding. The next order is smaller by about 4³.
constexpr double truncation_share = 1.0 / 8;

}  // namespace

template <class Real>
RowDifferentiator<Real>::RowDifferentiator(RowNetwork<Real>& network, const TensorOf<Real>& value,
                                           SumWeights weights, std::uint64_t seed)
    : network_(network),
      value_(value),
      weights_(std::move(weights)),
      seed_(seed),
      layout_(network.layout()),
      scales_(cast<double>(value)) {
  const double mean = mean_size(scales_);
  for (double& s : entries(scales_)) {
    s = std::max(std::abs(s), mean);
  }
}

/// How far rounding moves each row's summands: every value on the way is disturbed, around the
/// point and around one a step away (a function that is flat here is not flat where the probes
/// are).
template <class Real>
void RowDifferentiator<Real>::measure_widths() {
  std::vector<std::uint32_t> rows(layout_.rows);
  std::iota(rows.begin(), rows.end(), 0u);
  steps_.widths.assign(network_.sums().size(), std::vector<double>(layout_.rows, 0.0));
  Disturbance disturbance(seed_);
  Tensor reach = empty<double>({layout_.rows, layout_.features});
  for (std::size_t n = 0; n < layout_.rows; ++n) {
    for (std::size_t m = 0; m < layout_.features; ++m) {
      reach.data()[n * layout_.features + m] = 2 * steps_.fraction *
                                               scales_.data()[layout_.at(n, m)] /
                                               std::sqrt(double(layout_.features));
    }
  }
  for (const bool away : {false, true}) {
    Tensor start = cast<double>(network_.base(rows));
    if (away) {
      disturbance.displace(start, reach);
    }
    const auto base = network_.run(rows, {{}, cast<Real>(start)});
    for (int sample = 0; sample < samples; ++sample) {
      const auto there = network_.run(rows, {{}, cast<Real>(start)}, [&](TensorOf<Real>& y) {
        Tensor t = cast<double>(y);
        disturbance.apply(t);
        y = cast<Real>(t);
      });
      for (std::size_t s = 0; s < base.size(); ++s) {
        for (std::size_t n = 0; n < layout_.rows; ++n) {
          const double moved_by = static_cast<double>(std::abs(there[s][n] - base[s][n]));
          const double own = static_cast<double>(std::abs(base[s][n]));
          steps_.widths[s][n] = std::max(steps_.widths[s][n], Disturbance::width(moved_by, own));
        }
      }
    }
    probes_ += samples + 1;
  }
}

/// One block of features, each moved in all rows at once, to four places.
template <class Real>
void RowDifferentiator<Real>::differentiate(std::size_t first, std::size_t last, double fraction,
                                            Slopes& slopes) {
  constexpr bool precise = !std::is_same_v<Real, double>;
  const std::size_t rows = layout_.rows;
  const std::size_t lanes = (last - first) * nodes.size() * rows;
  std::vector<std::uint32_t> row(lanes);
  Variation<Real> start{std::vector<std::uint32_t>(lanes), empty<Real>({lanes})};
  std::size_t l = 0;
  for (std::size_t j = first; j < last; ++j) {
    for (const double node : nodes) {
      for (std::size_t n = 0; n < rows; ++n, ++l) {
        const std::size_t i = layout_.at(n, j);
        row[l] = static_cast<std::uint32_t>(n);
        start.feature[l] = static_cast<std::uint32_t>(j);
        start.values.data()[l] =
            value_.data()[i] + static_cast<Real>(node * fraction * scales_.data()[i]);
      }
    }
  }
  const TensorOf<Real> positions = start.values;
  const auto summands = network_.run(row, std::move(start));
  probes_ += (last - first) * nodes.size();
  for (std::size_t j = first; j < last; ++j) {
    for (std::size_t n = 0; n < rows; ++n) {
      const std::size_t at = (j - first) * nodes.size() * rows + n;
      const auto quotient = [&](const std::vector<Real>& summand, std::size_t pair) {
        const std::size_t above = at + 2 * pair * rows;
        return static_cast<double>((summand[above] - summand[above + rows]) /
                                   (positions.data()[above] - positions.data()[above + rows]));
      };
      const std::size_t i = layout_.at(n, j);
      const double step = fraction * scales_.data()[i];
      for (std::size_t s = 0; s < summands.size(); ++s) {
        const double d8 = quotient(summands[s], 0);
        const double d4 = quotient(summands[s], 1);
        const double d2 = quotient(summands[s], 2);
        const double d1 = quotient(summands[s], 3);
        const double value = extrapolated(d1, d2, d4, d8);
        const double rounding = weights_.slope[s] * carried * steps_.widths[s][n] / step;
        const double coarser = extrapolated(d1, d2, d4);
        const double truncation = truncation_share * weights_.slope[s] * (value - coarser);
        slopes.value.data()[i] += weights_.slope[s] * value;
        slopes.coarser.data()[i] += weights_.slope[s] * coarser;
        slopes.variance.data()[i] += (precise ? 0 : rounding * rounding) + truncation * truncation;
        slopes.floor.data()[i] +=
            (precise ? std::abs(rounding) : 0) + weights_.error[s] * std::abs(value);
      }
    }
  }
}

/// The mean bound of a feature's slopes at that step; infinite where a probe is not finite.
template <class Real>
double RowDifferentiator<Real>::badness(std::size_t feature, double fraction) {
  Slopes slopes = no_slopes();
  differentiate(feature, feature + 1, fraction, slopes);
  double sum = 0;
  for (std::size_t n = 0; n < layout_.rows; ++n) {
    const std::size_t i = layout_.at(n, feature);
    sum += std::abs(slopes.value.data()[i] - slopes.coarser.data()[i]) +
           std::sqrt(slopes.variance.data()[i]) + slopes.floor.data()[i];
  }
  return std::isfinite(sum) ? sum : std::numeric_limits<double>::infinity();
}

/// Climbs from one step to the next as long as the bounds become smaller.
template <class Real>
void RowDifferentiator<Real>::choose_fraction() {
  const auto bounds = [this](double fraction) {
    double sum = 0;
    for (std::size_t k = 0; k < std::min(tried_features, layout_.features); ++k) {
      sum += badness(k * (layout_.features - 1), fraction);
    }
    return sum;
  };
  steps_.fraction = first_fraction;
  double best = bounds(steps_.fraction);
  for (const double ratio : {fraction_ratio, 1 / fraction_ratio}) {
    const double start = steps_.fraction;
    for (double next = steps_.fraction * ratio;
         next >= smallest_fraction && next <= largest_fraction; next *= ratio) {
      const double there = bounds(next);
      if (!(there < best) && std::isfinite(best)) {
        break;
      }
      best = there;
      steps_.fraction = next;
    }
    if (steps_.fraction != start) {
      break;
    }
  }
}

template <class Real>
Slopes RowDifferentiator<Real>::no_slopes() const {
  const Tensor none = zeros<double>(shape_of(value_));
  return {none, none, none, none};
}

template <class Real>
Slopes RowDifferentiator<Real>::run() {
  steps_.fraction = first_fraction;
  measure_widths();
  choose_fraction();
  Slopes slopes = no_slopes();
  const std::size_t one = nodes.size() * layout_.rows * network_.widest();
  const std::size_t block = std::max<std::size_t>(1, block_entries / std::max<std::size_t>(1, one));
  for (std::size_t j = 0; j < layout_.features; j += block) {
    differentiate(j, std::min(j + block, layout_.features), steps_.fraction, slopes);
  }
  return slopes;
}

template <class Real>
void RowDifferentiator<Real>::replace(const std::vector<std::size_t>& features,
                                      const RowSteps& found, Slopes& slopes) {
  const double finer = static_cast<double>(machine_epsilon<Real>() / machine_epsilon<double>());
  steps_ = {found.fraction / nearer, found.widths};
  for (std::vector<double>& widths : steps_.widths) {
    for (double& width : widths) {
      width *= finer;
    }
  }
  for (const std::size_t j : features) {
    for (std::size_t n = 0; n < layout_.rows; ++n) {
      for (Tensor* part : {&slopes.value, &slopes.coarser, &slopes.variance, &slopes.floor}) {
        part->data()[layout_.at(n, j)] = 0;
      }
    }
    differentiate(j, j + 1, steps_.fraction, slopes);
  }
}

std::vector<std::size_t> unresolved_features(const Slopes& slopes, const RowLayout& layout) {
  std::vector<std::size_t> features;
  for (std::size_t j = 0; j < layout.features; ++j) {
    double largest = 0, rounding = 0;
    for (std::size_t n = 0; n < layout.rows; ++n) {
      const std::size_t i = layout.at(n, j);
      largest = std::max(largest, std::abs(slopes.value.data()[i]));
      rounding = std::max(rounding, std::sqrt(slopes.variance.data()[i]));
    }
    if (rounding > 0 && largest < resolved * rounding) {
      features.push_back(j);
    }
  }
  return features;
}

template class RowDifferentiator<double>;
template class RowDifferentiator<long double>;

}  // namespace gradcheck
