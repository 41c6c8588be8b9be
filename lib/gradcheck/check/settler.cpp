#include <algorithm>
#include <cmath>
#include <limits>

#include <gradcheck/check/settler.hpp>

namespace gradcheck {

Settler::Settler(Differentiator& differentiator, const CheckOptions& options,
                 const std::vector<Analytic>& analytic)
    : differentiator_(differentiator), rtol_(options.rtol), analytic_(analytic) {}

void Settler::run(std::size_t entry) {
  difference_ = differentiator_.start(entry);
  judge_all();
  while (!settled() && differentiator_.refine(difference_)) {
    judge_all();
  }
  judge_all();
  if (!differentiator_.fixed()) {
    confirm_disagreement();
  }
}

void Settler::judge_all() {
  judgements_.assign(analytic_.size(), {});
  if (!difference_.trouble.empty()) {
    reason_ = "the loss is " + difference_.trouble;
    const Estimate none{std::numeric_limits<long double>::quiet_NaN(), 0, 0};
    difference_.estimates.assign(analytic_.size(), none);
  }
  for (std::size_t j = 0; j < analytic_.size(); ++j) {
    const bool zero = difference_.refinements > 0 && difference_.estimates[j].value == 0;
    const Strictness strictness{rtol_, difference_.at_floor || zero, differentiator_.fixed()};
    judgements_[j] = judge(analytic_[j], difference_.estimates[j], strictness);
    if (!std::isfinite(analytic_[j].value)) {
      reason_ = "the analytic gradient is not finite";
    }
  }
}

/// Whether no output asks for more work: it agrees, or disagrees after more than a first look.
bool Settler::settled() const {
  for (std::size_t j = 0; j < analytic_.size(); ++j) {
    const Verdict verdict = judgements_[j].verdict;
    const bool sure = verdict == Verdict::disagree &&
                      (difference_.refinements > 0 || !std::isfinite(analytic_[j].value));
    if (verdict != Verdict::agree && !sure) {
      return false;
    }
  }
  return true;
}

bool Settler::disagrees(std::size_t output) const {
  return judgements_[output].verdict == Verdict::disagree && std::isfinite(analytic_[output].value);
}

/// A disagreement counts if another family of steps shows it too, and both agree with each other.
void Settler::confirm_disagreement() {
  long double resolution = std::numeric_limits<long double>::infinity();
  for (std::size_t j = 0; j < analytic_.size(); ++j) {
    if (disagrees(j)) {
      const long double apart = std::abs(analytic_[j].value - difference_.estimates[j].value);
      resolution = std::min(resolution, apart);
    }
  }
  if (!std::isfinite(resolution)) {
    return;
  }
  const Difference look = differentiator_.second_look(difference_, resolution);
  for (std::size_t j = 0; j < analytic_.size(); ++j) {
    if (disagrees(j)) {
      confirm(look, j);
    }
  }
}

void Settler::confirm(const Difference& look, std::size_t output) {
  if (!look.trouble.empty()) {
    judgements_[output] = {};
    reason_ = "a second family of steps found no usable value: the loss is " + look.trouble;
    return;
  }
  const Estimate& first = difference_.estimates[output];
  const Estimate& second = look.estimates[output];
  const bool consistent = std::abs(first.value - second.value) <= first.bound() + second.bound();
  const Judgement nearer = judge(analytic_[output], second, {rtol_, true, false});
  if (nearer.verdict == Verdict::disagree && consistent) {
    return;
  }
  if (nearer.verdict == Verdict::agree) {
    judgements_[output] = nearer;
    difference_.estimates[output] = second;
    return;
  }
  judgements_[output] = {};
  reason_ =
      "difference quotients at two families of steps do not agree with each other: a jump, a cusp "
      "or a very narrow feature near this point";
}

}  // namespace gradcheck
