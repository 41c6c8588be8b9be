#pragma once

#include <string>
#include <vector>

#include <gradcheck/compare/judge.hpp>
#include <gradcheck/numeric/derivative/differentiator.hpp>
#include <gradcheck/result/options.hpp>

namespace gradcheck {

/// Settles one entry: asks the numeric side for better values until the comparison is sure, for
/// every entry of the target at once.
class EntryRefinement {
 public:
  /// `analytic` holds d(target)/d(entry), an entry of the target each.
  EntryRefinement(Differentiator& differentiator, const CheckOptions& options,
                  const std::vector<Analytic>& analytic);

  void run(std::size_t entry);

  const std::vector<Judgement>& judgements() const { return judgements_; }
  const std::vector<Estimate>& estimates() const { return difference_.estimates; }
  /// What both sides look like, an entry of the target each; empty unless something was in doubt.
  const std::vector<Sides>& sides() const { return sides_; }
  /// Whether the entry sits on a kink of a layer that cannot say its branches.
  bool at_kink() const;
  /// Why something is inconclusive, or what is wrong beyond the numbers; may be empty.
  const std::string& reason() const { return reason_; }

 private:
  void judge_all();
  bool settled() const;
  void refine_until_sure();
  bool disagrees(std::size_t output) const;
  bool any_disagreement() const;
  bool confirm_or_replace();
  long double resolution() const;
  bool contradicts(const std::vector<Estimate>& other) const;
  void adopt(const std::vector<Estimate>& estimates);
  bool only_chain_sees_zero(const std::vector<Estimate>& chained,
                            const std::vector<Estimate>& second) const;
  bool all_shown_again(const std::vector<Estimate>& second) const;
  bool chain_shows_twice(const std::vector<Estimate>& chained);
  bool shown_again(std::size_t output, const Estimate& second) const;
  bool accept_combined();
  void withdraw_disagreement();
  void look_at_sides();
  void judge_at_kink(std::size_t output, const Sides& sides);

  Differentiator& differentiator_;
  double rtol_;
  const std::vector<Analytic>& analytic_;
  Difference difference_;
  std::vector<Estimate> shown_;  ///< of the last family that was replaced by another
  std::vector<Judgement> judgements_;
  std::vector<Sides> sides_;
  std::string reason_;
};

}  // namespace gradcheck
