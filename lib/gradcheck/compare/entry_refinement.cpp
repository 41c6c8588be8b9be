#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <gradcheck/compare/entry_refinement.hpp>

namespace gradcheck {

namespace {

/// How often a nearer look may take the place of the one before.
constexpr int max_estimates = 4;
/// The chain rule's second family of steps begins this much nearer.
constexpr long double nearer_chain = 0x1.6p-5L;
/// And a third from beside the first.
constexpr long double beside_chain = 0.7L;

constexpr const char* no_derivative =
    "the difference quotients grow as the step shrinks: a jump or a cusp, where there is no "
    "derivative; move the point away from it";
constexpr const char* infinite_derivative =
    "the difference quotients grow as the step shrinks: the derivative is infinite here, as "
    "backward "
    "says; move the point away from it";

constexpr const char* hidden_share =
    "larger shares of the loss absorb what this entry adds to it; make the loss of values of one "
    "size";

}  // namespace

EntryRefinement::EntryRefinement(Differentiator& differentiator, const CheckOptions& options,
                                 const std::vector<Analytic>& analytic)
    : differentiator_(differentiator), rtol_(options.rtol), analytic_(analytic) {}

void EntryRefinement::run(std::size_t entry) {
  difference_ = differentiator_.start(entry);
  bool sure = false;
  for (int look = 0; look < max_estimates && !sure; ++look) {
    refine_until_sure();
    sure = differentiator_.fixed() || !any_disagreement() || confirm_or_replace();
  }
  if (!sure && !accept_combined()) {
    withdraw_disagreement();
  }
  if (!differentiator_.fixed()) {
    look_at_sides();
  }
}

bool EntryRefinement::at_kink() const {
  return std::ranges::any_of(sides_, [](const Sides& s) { return s.feature == Feature::kink; });
}

/// Where something does not agree, rounding hides it, or the function bends: a kink of a
/// layer that cannot say its branches, which makes any derivative between those of its sides right,
/// or a jump or a cusp, which has none? Steps that alias do not tell.
void EntryRefinement::look_at_sides() {
  if (difference_.aliased) {
    return;
  }
  std::vector<bool> doubtful;
  for (std::size_t j = 0; j < judgements_.size(); ++j) {
    const bool hidden =
        judgements_[j].unresolved && std::abs(analytic_[j].value) > analytic_[j].rounding;
    const bool bent = j < difference_.bent.size() && difference_.bent[j];
    doubtful.push_back(judgements_[j].verdict != Verdict::agree || hidden || bent);
  }
  if (std::ranges::count(doubtful, true) == 0 || !difference_.failure.empty()) {
    return;
  }
  sides_ = differentiator_.sides(difference_.entry);
  for (std::size_t j = 0; j < sides_.size(); ++j) {
    // Near the edge of a domain, quotients of steps that are wider than the way to it grow as well.
    const bool edge = std::isnan(sides_[j].left.value) || std::isnan(sides_[j].right.value);
    if (!doubtful[j] || std::isnan(analytic_[j].value) ||
        (edge && std::isfinite(analytic_[j].value))) {
      continue;
    }
    if (sides_[j].feature == Feature::jump) {
      judgements_[j] = {};
      reason_ = std::isinf(analytic_[j].value) ? infinite_derivative : no_derivative;
    } else if (sides_[j].feature == Feature::kink && std::isfinite(analytic_[j].value)) {
      judge_at_kink(j, sides_[j]);
    }
  }
}

/// The derivative between those of both sides that is nearest to the analytic one takes the place
/// of the numeric value.
void EntryRefinement::judge_at_kink(std::size_t output, const Sides& sides) {
  const long double low = std::min(sides.left.value, sides.right.value);
  const long double high = std::max(sides.left.value, sides.right.value);
  const Analytic& analytic = analytic_[output];
  Estimate nearest;
  nearest.value = std::clamp(analytic.value, low, high);
  nearest.truncation = std::max(sides.left.truncation, sides.right.truncation);
  nearest.rounding = std::max(sides.left.rounding, sides.right.rounding);
  difference_.estimates[output] = nearest;
  judgements_[output] = judge(analytic, nearest, {rtol_, nearest.bound(), false});
  reason_ = judgements_[output].verdict == Verdict::disagree
                ? "at a kink, the gradient is outside of the derivatives of both sides"
                : "";
}

void EntryRefinement::refine_until_sure() {
  judge_all();
  while (!settled() && differentiator_.refine(difference_)) {
    judge_all();
  }
  judge_all();
}

void EntryRefinement::judge_all() {
  judgements_.assign(analytic_.size(), {});
  if (!difference_.failure.empty()) {
    reason_ = "the loss is " + difference_.failure;
    const Estimate none{std::numeric_limits<long double>::quiet_NaN(), 0, 0};
    difference_.estimates.assign(analytic_.size(), none);
    difference_.attainable.assign(analytic_.size(), 0);
  }
  for (std::size_t j = 0; j < analytic_.size(); ++j) {
    const Strictness strictness{rtol_, difference_.attainable[j], differentiator_.fixed()};
    judgements_[j] = judge(analytic_[j], difference_.estimates[j], strictness);
    if (!std::isfinite(analytic_[j].value)) {
      reason_ = "the analytic gradient is not finite";
    }
  }
}

/// Whether no output asks for more work: it agrees, or disagrees after more than a first look.
bool EntryRefinement::settled() const {
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

bool EntryRefinement::disagrees(std::size_t output) const {
  return judgements_[output].verdict == Verdict::disagree && std::isfinite(analytic_[output].value);
}

bool EntryRefinement::any_disagreement() const {
  for (std::size_t j = 0; j < analytic_.size(); ++j) {
    if (disagrees(j)) {
      return true;
    }
  }
  return false;
}

/// The smallest difference that is called a disagreement.
long double EntryRefinement::resolution() const {
  long double least = std::numeric_limits<long double>::infinity();
  for (std::size_t j = 0; j < analytic_.size(); ++j) {
    if (disagrees(j)) {
      least = std::min(least, std::abs(analytic_[j].value - difference_.estimates[j].value));
    }
  }
  return least;
}

/// A disagreement counts if two families of steps show it that agree with each other: another one
/// of the whole, from nearer, to which the chain rule consents; or, where that sees too little, the
/// chain rule at two families of its own. Where it contradicts the first family, it takes its place
/// (steps of the whole may be wider than what the function does); else what is nearer does.
bool EntryRefinement::confirm_or_replace() {
  const std::vector<Estimate> chained = differentiator_.layer_by_layer(difference_.entry);
  if (!chained.empty() && contradicts(chained)) {
    adopt(chained);
    return false;
  }
  Difference look = differentiator_.independent_estimate(difference_, resolution());
  if (!look.failure.empty()) {
    withdraw_disagreement();
    reason_ = "a second family of steps found no usable value: the loss is " + look.failure;
    return true;
  }
  if (only_chain_sees_zero(chained, look.estimates)) {
    withdraw_disagreement();
    reason_ = hidden_share;
    return true;
  }
  const bool blind = !chained.empty() && !std::isfinite(chained[0].bound());
  if ((all_shown_again(look.estimates) && !blind) ||
      (!contradicts(look.estimates) && chain_shows_twice(chained))) {
    return true;
  }
  shown_ = std::exchange(difference_, std::move(look)).estimates;
  return false;
}

/// A layer that absorbs what moves it shows no derivative either: a zero that nothing else sees is
/// none to accuse by.
bool EntryRefinement::only_chain_sees_zero(const std::vector<Estimate>& chained,
                                           const std::vector<Estimate>& second) const {
  for (std::size_t j = 0; j < chained.size(); ++j) {
    if (disagrees(j) && chained[j].value == 0 && !(second[j].bound() <= resolution())) {
      return true;
    }
  }
  return false;
}

bool EntryRefinement::all_shown_again(const std::vector<Estimate>& second) const {
  for (std::size_t j = 0; j < analytic_.size(); ++j) {
    if (disagrees(j) && !shown_again(j, second[j])) {
      return false;
    }
  }
  return true;
}

/// Whether these estimates agree where the first disagree.
bool EntryRefinement::contradicts(const std::vector<Estimate>& other) const {
  for (std::size_t j = 0; j < analytic_.size(); ++j) {
    const bool consents =
        judge(analytic_[j], other[j], {rtol_, 0, false}).verdict == Verdict::disagree;
    const bool sees = other[j].bound() <= resolution() / 2;
    if (disagrees(j) && !consents && sees) {
      return true;
    }
  }
  return false;
}

void EntryRefinement::adopt(const std::vector<Estimate>& estimates) {
  difference_.estimates = estimates;
  difference_.aliased = true;
  for (std::size_t j = 0; j < estimates.size(); ++j) {
    difference_.attainable[j] = std::max(difference_.attainable[j], estimates[j].rounding);
  }
}

/// From nearer; or, where rounding hides it there, from about the same distance.
bool EntryRefinement::chain_shows_twice(const std::vector<Estimate>& chained) {
  if (chained.empty() || !all_shown_again(chained)) {
    return false;
  }
  const auto from = [&](long double nearness) {
    return differentiator_.layer_by_layer(difference_.entry, nearness);
  };
  const std::vector<Estimate> nearer = from(nearer_chain);
  if (nearer.empty() || contradicts(nearer)) {
    return false;
  }
  if (all_shown_again(nearer)) {
    return true;
  }
  const std::vector<Estimate> beside = from(beside_chain);
  return !beside.empty() && all_shown_again(beside);
}

/// Whether both estimates, which must be of one value, disagree by more than they are apart.
bool EntryRefinement::shown_again(std::size_t output, const Estimate& second) const {
  const Estimate& first = difference_.estimates[output];
  const long double apart = std::abs(first.value - second.value);
  const auto disagrees_by_more = [&](const Estimate& each) {
    const Estimate wider{each.value, each.truncation + apart, each.rounding};
    return judge(analytic_[output], wider, {rtol_, 0, false}).verdict == Verdict::disagree;
  };
  return compatible(first, second) && disagrees_by_more(first) && disagrees_by_more(second);
}

/// Where families never show a disagreement alike, but are of one value, and the last, which sees
/// none, is about as sharp: whether that value, with the room for both, agrees.
bool EntryRefinement::accept_combined() {
  for (std::size_t j = 0; j < analytic_.size(); ++j) {
    if (!disagrees(j)) {
      continue;
    }
    if (j >= shown_.size()) {
      return false;
    }
    const Estimate& last = difference_.estimates[j];
    if (!compatible(shown_[j], last) || !(last.bound() <= 2 * shown_[j].bound())) {
      return false;
    }
    const long double apart = std::abs(shown_[j].value - last.value);
    const Estimate both{(shown_[j].value + last.value) / 2, 0,
                        apart / 2 + std::max(shown_[j].bound(), last.bound())};
    const Judgement judgement = judge(analytic_[j], both, {rtol_, both.bound(), false});
    if (judgement.verdict != Verdict::agree) {
      return false;
    }
    difference_.estimates[j] = both;
    judgements_[j] = judgement;
  }
  return true;
}

void EntryRefinement::withdraw_disagreement() {
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
