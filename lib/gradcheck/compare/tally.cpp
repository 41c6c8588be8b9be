#include <algorithm>
#include <cmath>

#include <gradcheck/compare/tally.hpp>

namespace gradcheck {

namespace {

/// The larger; NaN if a is.
double largest(double a, double b) { return std::isnan(a) || a > b ? a : b; }

}  // namespace

Tally::Tally(TensorCheck& check, const CheckOptions& options)
    : check_(check), rtol_(options.rtol) {}

void Tally::add(std::size_t place, const Analytic& analytic, const Estimate& numeric,
                const Judgement& judgement) {
  TensorReport& report = check_.report;
  ++report.entries;
  check_.numeric.data()[place] = static_cast<double>(numeric.value);
  check_.bound.data()[place] = static_cast<double>(numeric.bound());
  check_.verdicts[place] = judgement.verdict;
  report.unresolved += judgement.unresolved ? 1 : 0;
  report.inconclusive += judgement.verdict == Verdict::inconclusive ? 1 : 0;
  report.disagreeing += judgement.verdict == Verdict::disagree ? 1 : 0;
  const double difference = static_cast<double>(std::abs(analytic.value - numeric.value));
  const double relative = judgement.unresolved ? 0 : relative_error(analytic.value, numeric.value);
  report.max_absolute_error = largest(report.max_absolute_error, difference);
  report.max_relative_error = largest(report.max_relative_error, relative);
  report.max_bound = largest(report.max_bound, static_cast<double>(numeric.bound()));
  nonzero_ = nonzero_ || !(std::abs(analytic.value) <= analytic.rounding);
  consider_worst(place, analytic, numeric, judgement);
}

void Tally::finish() {
  TensorReport& report = check_.report;
  if (report.verdict == Verdict::agree && nonzero_ && report.unresolved == report.entries) {
    report.verdict = Verdict::inconclusive;
    report.reason =
        "every entry is below what arithmetic can see of the loss: scale the loss up or leave "
        "out what "
        "it has in common at all points";
  }
}

void Tally::consider_worst(std::size_t place, const Analytic& analytic, const Estimate& numeric,
                           const Judgement& judgement) {
  TensorReport& report = check_.report;
  const long double how_bad = severity(analytic, numeric, rtol_);
  const bool graver = judgement.verdict > report.verdict;
  const auto at = [&] { return unravel(shape_of(check_.analytic), place); };
  const auto before = [&] { return how_bad == worst_ && how_bad > 0 && at() < report.worst.index; };
  if (!graver && !(judgement.verdict == report.verdict &&
                   (report.entries == 1 || how_bad > worst_ || before()))) {
    return;
  }
  worst_ = how_bad;
  report.verdict = judgement.verdict;
  report.worst = {at(), static_cast<double>(analytic.value), static_cast<double>(numeric.value),
                  static_cast<double>(numeric.bound())};
}

TensorReport compare_with(const TensorCheck& found, const Tensor& claimed, const Tensor& rounding,
                          const CheckOptions& options) {
  TensorCheck check = found;
  check.report = TensorReport{};
  check.report.name = found.report.name;
  check.report.role = found.report.role;
  check.report.shape = found.report.shape;
  check.report.line = found.report.line;
  check.report.column = found.report.column;
  check.analytic = claimed;
  Tally tally(check, options);
  for (std::size_t i = 0; i < claimed.size(); ++i) {
    const Analytic analytic{claimed.data()[i], rounding.data()[i]};
    const Estimate numeric{found.numeric.data()[i], 0, found.bound.data()[i]};
    tally.add(i, analytic, numeric,
              judge(analytic, numeric, {options.rtol, numeric.rounding, false}));
  }
  tally.finish();
  return check.report;
}

}  // namespace gradcheck
