#include <algorithm>
#include <cmath>

#include <gradcheck/numeric/derivative/differentiator.hpp>
#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

// How much a step shrinks when a probe is not finite, and how often.
constexpr double shrink = 0x1p-4;
constexpr int shrinks = 12;

}  // namespace

template <class Real>
std::optional<std::vector<Real>> Differentiator::probe(Evaluator<Real>& evaluator,
                                                       std::size_t entry, Real position) {
  ++probes_;
  const Value& moved = graph_.values[from_];
  const auto with = [&] {
    return " with " + (moved.name.empty() ? "it" : moved.name) + index_text(moved.shape, entry) +
           " = " + std::to_string(static_cast<double>(position));
  };
  try {
    const std::span<const Real> values = entries(evaluator.at(entry, position));
    if (std::ranges::all_of(values, [](Real v) { return std::isfinite(v); })) {
      return std::vector<Real>(values.begin(), values.end());
    }
    failure_ = "not finite" + with();
  } catch (const Error& error) {
    failure_ = "refused" + with() + ": " + error.what();
  }
  return std::nullopt;
}

/// Besides the target's own rounding counts that of what the probes are away from it: two large
/// distances may cancel.
Quotient Differentiator::quotient_of(const Probed& y, long double step, long double distance,
                                     std::size_t output, long double epsilon) const {
  const long double precision = epsilon / machine_epsilon<double>();
  const long double noise =
      2 * static_cast<long double>(rounding_errors_.data()[output]) * precision;
  const long double away = std::abs(y.above - y.here) + std::abs(y.here - y.below);
  return {step, (y.above - y.below) / distance, (noise + 4 * epsilon * away) / distance};
}

template <class Real>
std::optional<std::vector<Quotient>> Differentiator::quotients_in(Evaluator<Real>& evaluator,
                                                                  const Values<Real>& base,
                                                                  const Difference& difference,
                                                                  double step) {
  const Real x = base[from_].data()[difference.entry];
  const Real right = difference.side < 0 ? x : x + static_cast<Real>(step);
  const Real left = difference.side > 0 ? x : x - static_cast<Real>(step);
  const Real distance = right - left;
  if (!(distance > 0)) {
    failure_ = "the same at both ends of the step: " + graph_.values[from_].name + " + h is " +
               graph_.values[from_].name;
    return std::nullopt;
  }
  const auto above = probe(evaluator, difference.entry, right);
  const auto below = above ? probe(evaluator, difference.entry, left) : std::nullopt;
  if (!below) {
    return std::nullopt;
  }
  std::vector<Quotient> quotients;
  for (std::size_t j = 0; j < above->size(); ++j) {
    const long double here = base[target_].data()[j];
    const Probed y{(*above)[j], here, (*below)[j]};
    quotients.push_back(quotient_of(y, step, distance, j, machine_epsilon<Real>()));
    if (difference.side == 0) {
      quotients.back().second_difference =
          ((*above)[j] - here) / (right - x) - (here - (*below)[j]) / (x - left);
    }
  }
  return quotients;
}

bool Differentiator::add(Difference& difference, double step) {
  auto quotients = difference.in_long_double
                       ? quotients_in(long_evaluator_, point_.long_values(), difference, step)
                       : quotients_in(evaluator_, point_.values, difference, step);
  if (!quotients) {
    return false;
  }
  const auto place = std::ranges::find_if(
      difference.quotients, [&](const auto& row) { return row.empty() || row[0].step < step; });
  difference.quotients.insert(place, std::move(*quotients));
  return true;
}

/// Quotients at `largest`, half of it, a quarter ...; none if a probe is not finite.
bool Differentiator::fill(Difference& difference, double largest, int count) {
  difference.quotients.clear();
  for (int k = 0; k < count; ++k) {
    if (!add(difference, std::ldexp(largest, -k))) {
      return false;
    }
  }
  return true;
}

/// The same with smaller steps, and at last from one side, where probes are not finite.
bool Differentiator::begin(Difference& difference, double largest, int count) {
  failure_.clear();
  std::string first_failure;
  const int first_side = options_.forward_difference ? 1 : difference.side;
  for (const int side : {first_side, 1, -1}) {
    difference.side = side;
    double step = largest;
    for (int k = 0; k < shrinks; ++k, step *= shrink) {
      if (fill(difference, step, count)) {
        return true;
      }
      first_failure = first_failure.empty() ? failure_ : first_failure;
      if (options_.step) {
        break;
      }
    }
    if (options_.forward_difference || options_.step) {
      break;
    }
  }
  difference.failure = first_failure;
  return false;
}

template std::optional<std::vector<double>> Differentiator::probe(Evaluator<double>&, std::size_t,
                                                                  double);
template std::optional<std::vector<long double>> Differentiator::probe(Evaluator<long double>&,
                                                                       std::size_t, long double);

}  // namespace gradcheck
