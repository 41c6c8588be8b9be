#pragma once

#include <string>
#include <vector>

#include <gradcheck/check/options.hpp>
#include <gradcheck/compare/judge.hpp>
#include <gradcheck/numeric/differentiator.hpp>

namespace gradcheck {

/// Settles one entry: asks the numeric side for better values until the comparison is sure, for
/// every entry of the target at once.
class Settler {
 public:
  /// `analytic` holds d(target)/d(entry), an entry of the target each.
  Settler(Differentiator& differentiator, const CheckOptions& options,
          const std::vector<Analytic>& analytic);

  void run(std::size_t entry);

  const std::vector<Judgement>& judgements() const { return judgements_; }
  const std::vector<Estimate>& estimates() const { return difference_.estimates; }
  /// Why something is inconclusive, or what is wrong beyond the numbers; may be empty.
  const std::string& reason() const { return reason_; }

 private:
  void judge_all();
  bool settled() const;
  void settle();
  bool disagrees(std::size_t output) const;
  bool any_disagreement() const;
  bool confirmed();
  long double resolution() const;
  bool contradicts(const std::vector<Estimate>& other) const;
  void adopt(const std::vector<Estimate>& estimates);
  bool all_shown_again(const std::vector<Estimate>& second) const;
  bool chain_shows_twice(const std::vector<Estimate>& chained);
  bool shown_again(std::size_t output, const Estimate& second) const;
  void withdraw_disagreement();

  Differentiator& differentiator_;
  double rtol_;
  const std::vector<Analytic>& analytic_;
  Difference difference_;
  std::vector<Judgement> judgements_;
  std::string reason_;
};

}  // namespace gradcheck
