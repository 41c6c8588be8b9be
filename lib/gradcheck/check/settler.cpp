#include <algorithm>
#include <cmath>
#include <limits>

#include <gradcheck/check/settler.hpp>

namespace gradcheck {

namespace {

/// How often a nearer look may take the place of the one before.
constexpr int most_looks = 4;

}  // namespace

Settler::Settler(Differentiator& differentiator, const CheckOptions& options,
                 const std::vector<Analytic>& analytic)
    : differentiator_(differentiator), rtol_(options.rtol), analytic_(analytic) {}

void Settler::run(std::size_t entry) {
  difference_ = differentiator_.start(entry);
  for (int look = 0; look < most_looks; ++look) {
    settle();
    if (differentiator_.fixed() || !any_disagreement() || confirmed()) {
      accept_one_sided();
      return;
    }
  }
  withdraw_disagreement();
}

void Settler::settle() {
  judge_all();
  while (!settled() && differentiator_.refine(difference_)) {
    judge_all();
  }
  judge_all();
}

void Settler::judge_all() {
  judgements_.assign(analytic_.size(), {});
  if (!difference_.trouble.empty()) {
    reason_ = "the loss is " + difference_.trouble;
    const Estimate none{std::numeric_limits<long double>::quiet_NaN(), 0, 0};
    difference_.estimates.assign(analytic_.size(), none);
    difference_.floors.assign(analytic_.size(), 0);
  }
  for (std::size_t j = 0; j < analytic_.size(); ++j) {
    const Strictness strictness{rtol_, difference_.floors[j], differentiator_.fixed()};
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
    const bool looked = difference_.refinements > 0 && difference_.estimates[j].converged();
    const bool sure =
        verdict == Verdict::disagree && (looked || !std::isfinite(analytic_[j].value));
    if (verdict != Verdict::agree && !sure) {
      return false;
    }
  }
  return true;
}

bool Settler::disagrees(std::size_t output) const {
  return judgements_[output].verdict == Verdict::disagree && std::isfinite(analytic_[output].value);
}

bool Settler::any_disagreement() const {
  for (std::size_t j = 0; j < analytic_.size(); ++j) {
    if (disagrees(j)) {
      return true;
    }
  }
  return false;
}

/// A disagreement counts if another family of steps, from nearer, shows it too, and both agree with
/// each other. If not, the nearer one takes the place of the first.
bool Settler::confirmed() {
  long double resolution = std::numeric_limits<long double>::infinity();
  for (std::size_t j = 0; j < analytic_.size(); ++j) {
    if (disagrees(j)) {
      const long double apart = std::abs(analytic_[j].value - difference_.estimates[j].value);
      resolution = std::min(resolution, apart);
    }
  }
  Difference look = differentiator_.second_look(difference_, resolution);
  if (!look.trouble.empty()) {
    withdraw_disagreement();
    reason_ = "a second family of steps found no usable value: the loss is " + look.trouble;
    return true;
  }
  bool all = true;
  for (std::size_t j = 0; j < analytic_.size(); ++j) {
    all = all && (!disagrees(j) || shown_again(j, look.estimates[j]));
  }
  if (!all) {
    difference_ = std::move(look);
  }
  return all;
}

bool Settler::shown_again(std::size_t output, const Estimate& second) const {
  return compatible(difference_.estimates[output], second) &&
         judge(analytic_[output], second, {rtol_, 0, false}).verdict == Verdict::disagree;
}

/// At a kink of a layer that cannot say its branches, any slope between the one-sided ones is
/// right.
void Settler::accept_one_sided() {
  if (!any_disagreement()) {
    return;
  }
  const std::vector<OneSidedSlopes> slopes = differentiator_.one_sided(difference_);
  for (std::size_t j = 0; j < slopes.size(); ++j) {
    const auto [low, high] = std::minmax(slopes[j].left.value, slopes[j].right.value);
    if (!disagrees(j) || !slopes[j].kink(rtol_)) {
      continue;
    }
    Estimate nearest = difference_.estimates[j];
    nearest.value = std::clamp(analytic_[j].value, low, high);
    nearest.truncation = std::max(slopes[j].left.bound(), slopes[j].right.bound());
    nearest.rounding = 0;
    at_kink_ = true;
    if (judge(analytic_[j], nearest, {rtol_, 0, true}).verdict == Verdict::agree) {
      difference_.estimates[j] = nearest;
      judgements_[j] = {Verdict::agree, false};
    }
  }
}

void Settler::withdraw_disagreement() {
  for (std::size_t j = 0; j < analytic_.size(); ++j) {
    if (disagrees(j)) {
      judgements_[j] = {};
    }
  }
  reason_ =
      "difference quotients at several families of steps do not agree with each other: a jump, a "
      "cusp or a very narrow feature near this point";
}

}  // namespace gradcheck
