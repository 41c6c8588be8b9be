#include <algorithm>
#include <cmath>
#include <limits>

#include <gradcheck/compare/judge.hpp>

namespace gradcheck {

namespace {

/// The bound is at its floor if truncation adds no more to it than rounding does.
constexpr long double attainable_factor = 2;
/// Beyond this share of the value, the bound and backward's own rounding leave no digit of it.
constexpr long double unresolved_share = 0.1L;

long double scale_of(const Analytic& analytic, const Estimate& numeric) {
  return std::max(std::abs(analytic.value), std::abs(numeric.value));
}

}  // namespace

Judgement judge(const Analytic& analytic, const Estimate& numeric, const Strictness& strictness) {
  if (!std::isfinite(numeric.value) || std::isnan(numeric.bound())) {
    return {Verdict::inconclusive, false};
  }
  if (!std::isfinite(analytic.value)) {
    return {Verdict::disagree, false};
  }
  const long double scale = scale_of(analytic, numeric);
  const long double bound = numeric.bound();
  const long double relative = strictness.rtol * scale;
  const bool unresolved = bound + analytic.rounding > unresolved_share * scale;
  if (std::abs(analytic.value - numeric.value) > bound + analytic.rounding + relative) {
    return {Verdict::disagree, false};
  }
  if (strictness.fixed ||
      bound <= std::max({relative, attainable_factor * strictness.attainable, analytic.rounding})) {
    return {Verdict::agree, unresolved || scale == 0};
  }
  return {Verdict::inconclusive, unresolved};
}

double relative_error(long double analytic, long double numeric) {
  const long double scale = std::max(std::abs(analytic), std::abs(numeric));
  if (std::isnan(analytic) || std::isnan(numeric)) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (std::isinf(scale)) {
    return analytic == numeric ? 0 : std::numeric_limits<double>::infinity();
  }
  return scale == 0 ? 0 : static_cast<double>(std::abs(analytic - numeric) / scale);
}

long double severity(const Analytic& analytic, const Estimate& numeric, double rtol) {
  const long double difference = std::abs(analytic.value - numeric.value);
  if (!std::isfinite(difference)) {
    return std::numeric_limits<long double>::infinity();
  }
  const long double tolerance =
      numeric.bound() + analytic.rounding + rtol * scale_of(analytic, numeric);
  return difference == 0 ? 0 : difference / tolerance;
}

}  // namespace gradcheck
