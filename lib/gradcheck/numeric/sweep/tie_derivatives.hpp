#pragma once

#include <cstddef>
#include <vector>

#include <gradcheck/numeric/derivative/one_sided_derivatives.hpp>

namespace gradcheck {

/// The one-sided derivatives (see OneSidedDerivatives) at all tied sites of one node. Where each
/// site governs an output of its own, as structures `elementwise` and `selection` say, all of them
/// take their pieces together; else each is evaluated by itself.
class TieDerivatives {
 public:
  /// All must outlive it.
  TieDerivatives(const Graph& graph, const EvaluationPoint& point, std::size_t node,
                 const std::vector<Tie>& ties, const Tensors<double>& upstream);

  OneSidedDerivatives at(const Tie& tie) const;

  /// Of Σ upstream·y with respect to an entry, along the branches that forward takes.
  long double along_own_branches(const InputEntry& entry) const;

 private:
  /// Of each output: which entry of a slot it depends on, and the derivative of upstream·output
  /// with respect to that.
  struct Paths {
    std::vector<std::size_t> entry;
    std::vector<long double> derivative;

    long double at(std::size_t output, std::size_t from) const {
      return entry[output] == from ? derivative[output] : 0;
    }
  };
  using PathsOfSlots = std::vector<Paths>;

  bool together() const { return !own_.empty(); }
  Branches with_pieces(std::size_t rank) const;
  PathsOfSlots paths(const Branches& branches) const;
  Paths selected(std::size_t slot, const Branches& branches) const;
  Paths moved(std::size_t slot, const Branches& branches) const;
  LongTensor outputs(std::size_t slot, const Branches& branches,
                     const std::vector<long double>& steps, int direction) const;
  bool only_tied_outputs_change(const PathsOfSlots& paths) const;
  void sum_up();

  const Graph& graph_;
  const EvaluationPoint& point_;
  std::size_t node_;
  const std::vector<Tie>& ties_;
  const Tensors<double>& upstream_;
  PathsOfSlots own_;                            ///< along the branches that forward takes
  std::vector<PathsOfSlots> by_rank_;           ///< with every tied site on its k-th piece
  std::vector<std::vector<long double>> sums_;  ///< of `own_`, by slot and entry
};

}  // namespace gradcheck
