#include <algorithm>
#include <cmath>
#include <random>

#include <fmt/format.h>

#include <gradcheck/check/swept_entries.hpp>

namespace gradcheck {

namespace {

/// Disagreeing entries that are looked at one by one: so many of the worst, and so many random
/// ones.
constexpr std::size_t looked_at_each = 16;

}  // namespace

SweptEntries::SweptEntries(const Swept& swept, const std::vector<Analytic>& analytic,
                           const CheckOptions& options)
    : analytic_(analytic), options_(options) {
  std::vector<std::size_t> disagreeing;
  for (std::size_t i = 0; i < analytic.size(); ++i) {
    const Estimate estimate = swept.estimate(i);
    const Judgement judgement = judge(analytic[i], estimate, {options.rtol, swept.floor(i), false});
    entries_.push_back({estimate, judgement});
    if (judgement.verdict == Verdict::disagree) {
      disagreeing.push_back(i);
    } else if (judgement.verdict != Verdict::agree) {
      inconclusive_.push_back(i);
    }
  }
  chosen_ = inconclusive_;
  disagreeing_ = disagreeing.size();
  choose_disagreeing(std::move(disagreeing));
}

void SweptEntries::choose_disagreeing(std::vector<std::size_t> disagreeing) {
  if (disagreeing.size() > 2 * looked_at_each) {
    const auto worse = [this](std::size_t a, std::size_t b) {
      return severity(analytic_[a], entries_[a].estimate, options_.rtol) >
             severity(analytic_[b], entries_[b].estimate, options_.rtol);
    };
    const auto rest = disagreeing.begin() + looked_at_each;
    std::ranges::partial_sort(disagreeing, rest, worse);
    std::mt19937_64 random(options_.seed);
    for (std::size_t k = looked_at_each; k < 2 * looked_at_each; ++k) {
      std::swap(disagreeing[k], disagreeing[k + random() % (disagreeing.size() - k)]);
    }
    disagreeing.resize(2 * looked_at_each);
  }
  chosen_.insert(chosen_.end(), disagreeing.begin(), disagreeing.end());
  std::ranges::sort(chosen_);
}

bool SweptEntries::settle(Differentiator& differentiator) {
  for (const std::size_t i : chosen_) {
    const bool accused = entries_[i].judgement.verdict == Verdict::disagree;
    const std::vector<Analytic> one{analytic_[i]};
    Settler settler(differentiator, options_, one);
    settler.run(i);
    entries_[i] = {settler.estimates()[0], settler.judgements()[0]};
    reason_ = reason_.empty() ? settler.reason() : reason_;
    looked_at_ += accused ? 1 : 0;
    confirmed_ += accused && entries_[i].judgement.verdict == Verdict::disagree ? 1 : 0;
  }
  return confirmed_ == looked_at_;
}

std::string SweptEntries::confirmation() const {
  return disagreeing_ == looked_at_
             ? ""
             : fmt::format("{} of {} disagreeing entries were looked at one by one, {} confirmed",
                           looked_at_, disagreeing_, confirmed_);
}

}  // namespace gradcheck
