#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include <gradcheck/compare/swept_entries.hpp>

namespace gradcheck {

namespace {

/// How much larger than assumed the rounding of the analytic side may be, before it is measured.
constexpr double rounding_doubt = 1024;

}  // namespace

SweptEntries::SweptEntries(TensorCheck& check, const Tensor& rounding, std::size_t entries,
                           const CheckOptions& options)
    : check_(check),
      rounding_(rounding),
      columns_(entries),
      options_(options),
      tally_(check, options),
      disagreeing_(options.seed) {}

Analytic SweptEntries::analytic(std::size_t place) const {
  return {check_.analytic.data()[place], rounding_.data()[place]};
}

SweptEntries::Entry SweptEntries::judged(std::size_t place, const Estimate& estimate,
                                         double attainable) const {
  return {estimate, judge(analytic(place), estimate, {options_.rtol, attainable, false})};
}

void SweptEntries::add(std::size_t place, const Entry& entry) {
  tally_.add(place, analytic(place), entry.estimate, entry.judgement);
}

void SweptEntries::judge_block(std::size_t output, const Swept& block) {
  for (std::size_t i = block.first; i < block.first + block.size(); ++i) {
    const std::size_t place = output * columns_ + i;
    keep(place, judged(place, block.estimate(i), 0));
  }
}

/// Or counts it, if it agrees, or disagrees and need not be looked at.
void SweptEntries::keep(std::size_t place, const Entry& entry) {
  const Verdict verdict = entry.judgement.verdict;
  if (verdict == Verdict::agree) {
    add(place, entry);
    return;
  }
  kept_[place] = entry;
  if (verdict == Verdict::disagree) {
    const auto left_out =
        disagreeing_.add(place, severity(analytic(place), entry.estimate, options_.rtol));
    if (left_out) {
      add(*left_out, kept_.at(*left_out));
      kept_.erase(*left_out);
    }
  }
}

std::vector<std::size_t> SweptEntries::open(std::size_t output) const {
  std::vector<std::size_t> entries;
  const auto end = kept_.lower_bound((output + 1) * columns_);
  for (auto each = kept_.lower_bound(output * columns_); each != end; ++each) {
    if (each->second.judgement.verdict != Verdict::disagree) {
      entries.push_back(each->first - output * columns_);
    }
  }
  return entries;
}

void SweptEntries::judge_again(std::size_t output, const std::vector<std::size_t>& entries,
                               const std::vector<Estimate>& estimates) {
  for (std::size_t k = 0; k < entries.size(); ++k) {
    const std::size_t place = output * columns_ + entries[k];
    kept_.erase(place);
    keep(place, judged(place, estimates[k], static_cast<double>(estimates[k].rounding)));
  }
}

bool SweptEntries::choose() {
  for (const auto& [place, entry] : kept_) {
    chosen_.push_back(place);
  }
  return !chosen_.empty();
}

void SweptEntries::finish() {
  for (const auto& [place, entry] : kept_) {
    add(place, entry);
  }
  tally_.finish();
}

/// Whether an entry, moved alone, has the derivative that the sweep says, and disagrees by it as
/// well: by so much that its analytic rounding need not be known better.
bool SweptEntries::disagrees_alone(LoneEntries& alone, std::size_t place) const {
  const std::optional<Estimate> found = alone.derivative(place % columns_, place / columns_);
  const Analytic doubted{analytic(place).value, rounding_doubt * analytic(place).rounding};
  return found && compatible(*found, kept_.at(place).estimate) &&
         judge(doubted, *found, {options_.rtol, 0, false}).verdict == Verdict::disagree;
}

bool SweptEntries::confirm(LoneEntries& alone) {
  const std::size_t shown = std::erase_if(chosen_, [&](std::size_t place) {
    return kept_.at(place).judgement.verdict == Verdict::disagree && disagrees_alone(alone, place);
  });
  looked_at_ += shown;
  confirmed_ += shown;
  return !chosen_.empty();
}

bool SweptEntries::settle(Differentiator& differentiator) {
  std::map<std::size_t, std::vector<std::size_t>> columns;
  for (const std::size_t place : chosen_) {
    columns[place % columns_].push_back(place);
  }
  for (const auto& [i, places] : columns) {
    settle_column(differentiator, i, places);
  }
  return confirmed_ == looked_at_;
}

/// One entry by all outputs; those of `places` are kept.
void SweptEntries::settle_column(Differentiator& differentiator, std::size_t i,
                                 const std::vector<std::size_t>& places) {
  std::vector<Analytic> column;
  for (std::size_t place = i; place < check_.analytic.size(); place += columns_) {
    column.push_back(analytic(place));
  }
  EntryRefinement refinement(differentiator, options_, column);
  refinement.run(i);
  reason_ = reason_.empty() ? refinement.reason() : reason_;
  for (const std::size_t place : places) {
    Entry& entry = kept_.at(place);
    const bool before = entry.judgement.verdict == Verdict::disagree;
    const std::size_t output = place / columns_;
    entry = {refinement.estimates()[output], refinement.judgements()[output]};
    const bool after = entry.judgement.verdict == Verdict::disagree;
    looked_at_ += before ? 1 : 0;
    confirmed_ += before && after ? 1 : 0;
  }
}

std::string SweptEntries::confirmation() const {
  return disagreeing_.added() == looked_at_
             ? ""
             : fmt::format(
                   "of {} disagreeing entries, {} were looked at one by one: {} of {} confirmed",
                   disagreeing_.added(), looked_at_, confirmed_, looked_at_);
}

}  // namespace gradcheck
