#include <algorithm>
#include <cmath>

#include <gradcheck/compare/judge_derivative.hpp>

namespace gradcheck {

namespace {

bool within(double analytic, double rounding, double value, double bound, double rtol) {
  const double size = std::max(std::abs(analytic), std::abs(value));
  return std::abs(analytic - value) <= bound + rounding + rtol * size;
}

/// Whether a plateau that contradicts the derivative explains the analytic value.
bool explained(double analytic, double rounding, const Derivative& numeric, double rtol) {
  return std::any_of(numeric.others.begin(), numeric.others.end(), [&](const Plateau& p) {
    return std::abs(p.value - numeric.value) > p.bound() + numeric.bound() &&
           within(analytic, rounding, p.value, p.bound(), rtol);
  });
}

bool has_value(const Derivative& d) {
  return d.seen == Seen::smooth || d.seen == Seen::constant || d.seen == Seen::staircase;
}

}  // namespace

Judgement judge(double analytic, double analytic_rounding, const Derivative& numeric, double rtol,
                const DifferentiationOptions& options) {
  const bool told = has_value(numeric) && std::isfinite(numeric.bound());
  if (std::isnan(analytic) || (std::isinf(analytic) && told)) {
    return {Verdict::disagree, false};
  }
  if (!told) {  // an infinite derivative is nobody's fault
    return {Verdict::inconclusive, false};
  }
  if (!within(analytic, analytic_rounding, numeric.value, numeric.bound(), rtol)) {
    const bool vetoed = explained(analytic, analytic_rounding, numeric, rtol);
    return {vetoed ? Verdict::inconclusive : Verdict::disagree, false};
  }
  const double size = std::max(std::abs(analytic), std::abs(numeric.value));
  const double bound = numeric.bound() + analytic_rounding;
  const bool unresolved = bound > options.resolution * size || size == 0;
  const bool sharp = bound <= options.agreement * size;
  const bool sharp_numeric = numeric.bound() <= options.agreement * std::abs(numeric.value);
  if (unresolved && sharp_numeric &&
      std::abs(analytic - numeric.value) > options.resolution * size) {
    return {Verdict::inconclusive, false};  // backward's rounding alone, or a jump of backward
  }
  return {sharp || unresolved ? Verdict::agree : Verdict::inconclusive, unresolved};
}

Judgement judge(double analytic, double analytic_rounding, const Derivative& first,
                const Derivative& independent, double rtol, const DifferentiationOptions& options) {
  const Judgement one = judge(analytic, analytic_rounding, first, rtol, options);
  const Judgement other = judge(analytic, analytic_rounding, independent, rtol, options);
  if (one.verdict == other.verdict) {
    return one;
  }
  const auto agrees_sharper = [](const Judgement& j, const Derivative& d, const Derivative& than) {
    return j.verdict == Verdict::agree && d.bound() <= than.bound();
  };
  if (agrees_sharper(one, first, independent)) {
    return one;
  }
  return agrees_sharper(other, independent, first) ? other
                                                   : Judgement{Verdict::inconclusive, false};
}

}  // namespace gradcheck
