#pragma once

#include <gradcheck/numeric/point/active_pieces.hpp>

namespace gradcheck {

/// How much of the network a probe re-evaluates.
enum class ProbeScope {
  moves,       ///< as downstream, and first of all by `Forward::move`, where a layer offers it
  downstream,  ///< only what lies between the moved value and the target
  everything,  ///< the whole network from its leaves: the slow and simple reference
};

/// Evaluates a graph at points where one entry of one value is moved, with the branches of kinked
/// nodes held. The base values are only read: it keeps what a probe computes and, where a layer has
/// to see it, the moved value.
template <class Real>
class Evaluator {
 public:
  /// Graph, values and held must outlive the evaluator.
  Evaluator(const Graph& graph, const Values<Real>& values, const ActivePieces& active,
            ProbeScope reach);
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  /// What is moved and what is read from now on.
  void aim(ValueId from, ValueId target);
  /// The same, where the nodes between the two are known.
  void aim(ValueId from, ValueId target, const std::vector<std::size_t>& nodes);

  /// Frees what probes have computed; it is to be aimed again then.
  void clear();

  /// The target with entry `entry` of the aimed value at `position`. Valid until the next call.
  /// Throws what a layer throws that refuses what it is given; the base values are put back then as
  /// well.
  const TensorOf<Real>& at(std::size_t entry, Real position);

  /// The target with the whole aimed value replaced by another of its shape.
  const TensorOf<Real>& with(const TensorOf<Real>& value);

  /// Any value that is not moved itself, at the point of the last call of `at`.
  const TensorOf<Real>& value(ValueId id) const { return computed_[id] ? own_[id] : base_[id]; }

  /// How much is re-evaluated from now on; takes effect with the next `aim`.
  void set_scope(ProbeScope reach) { scope_ = reach; }

  /// The nodes that a probe re-evaluates, in order.
  const std::vector<std::size_t>& path() const { return path_; }

 private:
  std::vector<const TensorOf<Real>*> inputs(const Graph::Node& node) const;
  bool move(const Graph::Node& node, std::size_t entry, Real delta);
  void evaluate(std::size_t position);
  void place(std::size_t entry, Real position);
  const TensorOf<Real>& target();

  const Graph& graph_;
  const Values<Real>& base_;
  const ActivePieces& active_;
  ProbeScope scope_;
  Values<Real> own_;            ///< what the nodes of path_ have computed, and the moved value
  std::vector<bool> computed_;  ///< by value: by a node of path_
  bool placed_ = false;         ///< whether the moved value stands in own_
  TensorOf<Real> itself_;       ///< the target, where it is the aimed value itself
  ValueId from_ = 0;
  ValueId target_ = 0;
  std::vector<std::size_t> path_;
  std::vector<std::vector<const TensorOf<Real>*>> inputs_;  ///< by position in path_
  std::vector<bool> reads_;  ///< by position in path_: it reads the moved value
  std::vector<bool>
      first_;  ///< by position in path_: the moved value is its only moved input, in one slot
};

}  // namespace gradcheck
