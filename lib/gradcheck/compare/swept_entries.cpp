#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include <gradcheck/compare/sample_to_confirm.hpp>
#include <gradcheck/compare/swept_entries.hpp>

namespace gradcheck {

namespace {

/// How much larger than assumed the rounding of the analytic side may be, before it is measured.
constexpr double rounding_doubt = 1024;

}  // namespace

SweptEntries::SweptEntries(const std::vector<Analytic>& analytic, std::size_t entries,
                           const CheckOptions& options)
    : analytic_(analytic), columns_(entries), options_(options), entries_(analytic.size()) {}

Verdict SweptEntries::judge_entry(std::size_t output, std::size_t i, const Swept& swept) {
  const std::size_t place = output * columns_ + i;
  const Estimate estimate = swept.estimate(i);
  entries_[place] = {
      estimate, judge(analytic_[place], estimate, {options_.rtol, swept.attainable(i), false})};
  return entries_[place].judgement.verdict;
}

std::vector<std::size_t> SweptEntries::judge_output(std::size_t output, const Swept& swept) {
  std::vector<std::size_t> all(columns_);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return judge_again(output, all, swept);
}

std::vector<std::size_t> SweptEntries::judge_again(std::size_t output,
                                                   const std::vector<std::size_t>& entries,
                                                   const Swept& swept) {
  std::vector<std::size_t> open;
  for (const std::size_t i : entries) {
    if (judge_entry(output, i, swept) == Verdict::inconclusive) {
      open.push_back(i);
    }
  }
  return open;
}

bool SweptEntries::choose() {
  std::vector<std::size_t> disagreeing;
  for (std::size_t place = 0; place < entries_.size(); ++place) {
    const Verdict verdict = entries_[place].judgement.verdict;
    if (verdict == Verdict::disagree) {
      disagreeing.push_back(place);
    } else if (verdict != Verdict::agree) {
      chosen_.push_back(place);
    }
  }
  disagreeing_ = disagreeing.size();
  choose_disagreeing(std::move(disagreeing));
  return !chosen_.empty();
}

void SweptEntries::choose_disagreeing(std::vector<std::size_t> disagreeing) {
  const auto how_bad = [this](std::size_t place) {
    return severity(analytic_[place], entries_[place].estimate, options_.rtol);
  };
  for (const std::size_t place :
       sample_to_confirm(std::move(disagreeing), how_bad, options_.seed)) {
    chosen_.push_back(place);
  }
  std::ranges::sort(chosen_);
}

bool SweptEntries::accused(std::size_t place) const {
  return entries_[place].judgement.verdict == Verdict::disagree;
}

/// Whether an entry, moved alone, has the derivative that the sweep says, and disagrees by it as
/// well: by so much that its analytic rounding need not be known better.
bool SweptEntries::disagrees_alone(LoneEntries& alone, std::size_t place) const {
  const std::optional<Estimate> found = alone.derivative(place % columns_, place / columns_);
  const Analytic doubted{analytic_[place].value, rounding_doubt * analytic_[place].rounding};
  return found && compatible(*found, entries_[place].estimate) &&
         judge(doubted, *found, {options_.rtol, 0, false}).verdict == Verdict::disagree;
}

bool SweptEntries::confirm(LoneEntries& alone) {
  const std::size_t shown = std::erase_if(
      chosen_, [&](std::size_t place) { return accused(place) && disagrees_alone(alone, place); });
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
  for (std::size_t place = i; place < analytic_.size(); place += columns_) {
    column.push_back(analytic_[place]);
  }
  EntryRefinement refinement(differentiator, options_, column);
  refinement.run(i);
  reason_ = reason_.empty() ? refinement.reason() : reason_;
  for (const std::size_t place : places) {
    const bool before = accused(place);
    const std::size_t output = place / columns_;
    entries_[place] = {refinement.estimates()[output], refinement.judgements()[output]};
    looked_at_ += before ? 1 : 0;
    confirmed_ += before && accused(place) ? 1 : 0;
  }
}

std::string SweptEntries::confirmation() const {
  return disagreeing_ == looked_at_
             ? ""
             : fmt::format(
                   "of {} disagreeing entries, {} were looked at one by one: {} of {} confirmed",
                   disagreeing_, looked_at_, confirmed_, looked_at_);
}

}  // namespace gradcheck
