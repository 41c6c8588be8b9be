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
  /// Whether the entry sits on a kink of a layer that cannot say its branches.
  bool at_kink() const { return at_kink_; }
  /// Why something is inconclusive, or what is wrong beyond the numbers; may be empty.
  const std::string& reason() const { return reason_; }

 private:
  void judge_all();
  bool settled() const;
  void settle();
  bool disagrees(std::size_t output) const;
  bool any_disagreement() const;
  bool confirmed();
  bool shown_again(std::size_t output, const Estimate& second) const;
  void accept_one_sided();
  void withdraw_disagreement();

  Differentiator& differentiator_;
  double rtol_;
  const std::vector<Analytic>& analytic_;
  Difference difference_;
  std::vector<Judgement> judgements_;
  bool at_kink_ = false;
  std::string reason_;
};

}  // namespace gradcheck
