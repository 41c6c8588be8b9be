#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <gradcheck/numeric/point/active_pieces.hpp>

namespace gradcheck {

/// What a node's layer declares for its inputs.
Structure structure_of(const Graph& graph, const Graph::Node& node);

/// Of a layer that only moves entries about: where the outputs' entries come from that are not 0.
/// Found from forward, by numbering the entries of all inputs that gradients flow to; of a kinked
/// layer along its branches.
struct Origins {
  /// An entry of an input, and the entry of an output that it becomes.
  struct Move {
    std::uint32_t entry;
    std::uint32_t output;  ///< which of the node's
    std::uint32_t to;
  };
  double weight = 1;                       ///< of these branches
  std::vector<std::vector<Move>> by_slot;  ///< of the input
};
/// A part for each of the node's active pieces.
std::vector<Origins> origins(const Graph::Node& node, const ConvexCombination& active,
                             const Values<double>& values);

/// Whether a node is held between several choices of branches.
inline bool is_mixed(const ConvexCombination& active) { return active.parts.size() > 1; }

/// One layer, taken out of its network, as a function of one of the values that it reads. The
/// value is seen as *rows* of *features*: an output depends on the entries of a single row, so that
/// one feature of every row may be moved at once. What the rows are follows from the layer's
/// `Structure`: each entry is one where it works entry by entry, and where nothing is declared, the
/// whole value is.
///
/// The outputs are those of the layer one after another or, of a sum, its terms. Where the layer
/// tells what each entry of its input alone changes (`Forward::change_terms`), these changes are
/// the outputs, and each entry is a row.
template <class Real>
class LayerResponse {
 public:
  /// `values` are those of the whole graph; all must outlive it.
  LayerResponse(const Graph& graph, const Graph::Node& node, const ConvexCombination& active,
                const Values<Real>& values, ValueId value);

  std::size_t rows() const { return rows_; }
  std::size_t features() const { return features_; }
  /// Flat position in the value.
  std::size_t entry(std::size_t row, std::size_t feature) const {
    return row * features_ + feature;
  }
  /// The row that each output depends on.
  const std::vector<std::uint32_t>& row_of_output() const { return row_of_output_; }
  /// Whether the layer is smooth; else it is held on pieces, of which one may be constant.
  bool smooth() const { return active_.parts.empty(); }
  /// Whether the outputs are the terms of a sum.
  bool is_sum() const { return sum_; }

  const TensorOf<Real>& value() const { return *values_[value_]; }
  std::size_t inputs() const { return values_.size(); }
  /// Whether a slot is read by gradients.
  bool differentiable(std::size_t slot) const { return node_.layer->differentiable(slot); }

  /// The outputs with the value replaced by `x`. None if the layer refuses it.
  std::optional<TensorOf<Real>> outputs(const TensorOf<Real>& x) const;
  /// The same with all inputs replaced.
  std::optional<TensorOf<Real>> outputs(const std::vector<const TensorOf<Real>*>& x) const;
  /// The outputs for `x` in place of the value among `inputs`; the changes that lead there. None if
  /// the layer refuses it.
  std::optional<TensorOf<Real>> changing_outputs(const std::vector<const TensorOf<Real>*>& inputs,
                                                 const TensorOf<Real>& x) const;
  /// How far rounding may move one of those, of that value, where an entry of its row was moved by
  /// `delta`; for outputs as they are, besides what the layer's own steps do.
  Real rounding_of_change(Real change, Real delta) const;
  /// Whether the outputs are changes that the layer tells, 0 where nothing is moved.
  bool tells_changes() const { return tells_changes_; }
  /// The entry of the layer's output that each output of a reduction belongs to.
  const std::vector<std::uint32_t>& reduced_to() const { return reduced_to_; }
  /// The layer's inputs as they are.
  const std::vector<const TensorOf<Real>*>& originals() const { return values_; }
  /// Whether the value stands in that slot.
  bool moves(std::size_t slot) const { return moved_[slot]; }

  /// The sum whose terms the outputs are, of the same inputs.
  std::optional<Real> sum(const TensorOf<Real>& x) const;

 private:
  void see_as_entries(const Shape& outputs);
  bool see_as_rows(const Structure& structure, const Graph& graph);
  void see_as_one(const Graph& graph);
  bool see_alone(const Structure& structure);
  std::vector<const TensorOf<Real>*> with(std::vector<const TensorOf<Real>*> inputs,
                                          const TensorOf<Real>& x) const;
  bool tell(const std::vector<const TensorOf<Real>*>& inputs, const TensorOf<Real>& x,
            TensorOf<Real>& changes) const;
  TensorOf<Real> terms(const std::vector<const TensorOf<Real>*>& x) const;

  const Graph::Node& node_;
  const ConvexCombination& active_;
  std::vector<const TensorOf<Real>*> values_;  ///< by slot
  std::size_t value_ = 0;                      ///< the first slot in which the value stands
  std::vector<bool> moved_;                    ///< by slot: whether it is moved with the value
  bool sum_ = false;
  bool tells_changes_ = false;
  double divisor_ = 1;
  std::size_t rows_ = 1;
  std::size_t features_ = 1;
  std::vector<std::uint32_t> row_of_output_;
  std::vector<std::uint32_t> reduced_to_;
};

}  // namespace gradcheck
