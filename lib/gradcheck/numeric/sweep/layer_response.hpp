#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <gradcheck/numeric/point/active_pieces.hpp>

namespace gradcheck {

/// What a node's layer declares for its inputs.
Structure structure_of(const Graph& graph, const Graph::Node& node);

/// Of a layer that only moves entries about: which entry of the input in a slot each entry of the
/// outputs is, one output after another; beyond its size where it is another's. Found from forward,
/// by numbering them; of a kinked layer on its active pieces.
std::vector<std::size_t> origins(const Graph::Node& node, const ConvexCombination& active,
                                 const Values<double>& values, std::size_t slot);

/// Whether a node is held between several choices of branches.
inline bool is_mixed(const ConvexCombination& active) { return active.parts.size() > 1; }

/// By how much the summands of a node (its terms over `divisor`) change where row `rows[l]` of its
/// first input becomes row l of `moved`, as its layer tells it (`Forward::change_terms`). False
/// where it does not, or not in this precision.
template <class Real>
bool told_changes(const Graph::Node& node, double divisor, Inputs<Real> x,
                  std::span<const std::uint32_t> rows, const TensorOf<Real>& moved,
                  std::span<Real> changes);

/// One layer, taken out of its network, as a function of one of the values that it reads. The
/// value is seen as *rows* of *features*: an output depends on the entries of a single row, so that
/// one feature of every row may be moved at once. What the rows are follows from the layer's
/// `Structure`: each entry is one where it works entry by entry, and where nothing is declared, the
/// whole value is.
///
/// The outputs are those of the layer one after another or, of a sum, its terms.
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
  /// The outputs with the value replaced by `x`, each less a constant of its own: its value where
  /// nothing is moved, if the layer tells by how much its terms change, else 0. So differences of
  /// them are those of the outputs, without what is lost to what the outputs have in common.
  std::optional<TensorOf<Real>> changing_outputs(const TensorOf<Real>& x) const;
  /// How far rounding may move one of those, of that value, where an entry of its row was moved by
  /// `delta`; for outputs as they are, besides what the layer's own steps do.
  Real rounding_of_change(Real change, Real delta) const;
  /// Whether the layer tells by how much its terms change.
  bool tells_changes() const { return tells_changes_; }
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
  std::vector<const TensorOf<Real>*> with(const TensorOf<Real>& x) const;
  bool change_terms(const TensorOf<Real>& x, std::span<Real> changes) const;
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
};

}  // namespace gradcheck
