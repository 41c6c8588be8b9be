#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <span>
#include <vector>

#include <gradcheck/numeric/sweep/layer_response.hpp>
#include <gradcheck/numeric/sweep/row_layout.hpp>

namespace gradcheck {

/// A value in many variations side by side. A *lane* is one row of the batch in one variation: it
/// has the value's base features, except where it says otherwise.
template <class Real>
struct Variation {
  std::vector<std::uint32_t> feature;  ///< a lane each: the only feature that differs; or empty
  TensorOf<Real> values;               ///< (lanes): that feature; or (lanes, features): all of them
  bool narrow() const { return !feature.empty(); }
};

/// The part of a network between one value and a target in which the rows of a batch are
/// independent of each other, until they are summed up. It evaluates any number of variations of
/// the rows at once: only what is downstream, only what changes, and as a few large operations.
///
/// What it does with a layer follows from the layer's `Structure`, and uses `forward` alone.
template <class Real>
class RowNetwork {
 public:
  /// Graph, values and held must outlive it.
  RowNetwork(const Graph& graph, const Values<Real>& values, const Held& held)
      : graph_(graph), values_(values), held_(held) {}

  /// Prepares the way from `from`, whose rows lie along `axis`, to `target`. False where some layer
  /// on the way does not keep the rows apart, or does not say so.
  bool aim(ValueId from, ValueId target, RowAxis axis);

  /// How the aimed value is read.
  const RowLayout& layout() const { return layouts_[from_]; }

  /// The nodes on the way, in order.
  std::vector<std::size_t> path() const;

  /// The values that are sums over rows, where the way ends.
  const std::vector<ValueId>& sums() const { return sums_; }

  /// What is done to every variation on the way.
  using Touch = std::function<void(TensorOf<Real>&)>;

  /// By how much each lane moves each of `sums()`, where `rows[l]` is the row of lane l and `start`
  /// the variation of the aimed value. None where a layer refuses what it reads.
  std::optional<std::vector<std::vector<Real>>> run(const std::vector<std::uint32_t>& rows,
                                                    Variation<Real> start, const Touch& touch = {});

  /// The size of what each row adds to one of `sums()`.
  std::vector<Real> row_sizes(std::size_t sum) const;

  /// The aimed value as it is, in those lanes.
  TensorOf<Real> base(const std::vector<std::uint32_t>& rows) const;

  /// Numbers that the widest value on the way takes for one lane: what a block is measured by.
  std::size_t widest() const { return widest_; }

 private:
  /// Where an input's entries are found for a feature of the output.
  struct Slot {
    ValueId id = 0;
    bool varied = false;
    bool by_row = false;                   ///< by_rows and terms: follows the lanes' rows
    std::vector<std::uint32_t> positions;  ///< elementwise: flat entry for (row, feature)
    std::vector<std::uint32_t> features;   ///< elementwise, varied: the input's feature
    bool same_features = false;
    bool side_by_side = false;  ///< elementwise: a row's entries follow each other
  };
  struct Step {
    std::size_t node = 0;
    Structure structure;
    std::vector<Slot> slots;
    ValueId output = 0;
    std::size_t features = 0;    ///< of the output
    TensorOf<Real> weights;      ///< product: (in, out)
    std::size_t inner_rows = 1;  ///< product: rows within one lane
    std::size_t moving = 0;      ///< product: the varied operand's slot
    std::size_t sum = 0;         ///< terms: position in `sums_`
  };

  bool add(std::size_t node, const std::vector<bool>& varied);
  bool add_elementwise(Step& step, const Graph::Node& node);
  bool add_product(Step& step, const Graph::Node& node);
  bool add_by_rows(Step& step, const Graph::Node& node);
  bool add_terms(Step& step, const Graph::Node& node);
  bool place(Slot& slot, RowAxis axis, const Shape& output);
  bool set_layout(ValueId id, RowAxis axis, std::size_t rows);

  std::vector<std::vector<Real>> changes(const std::vector<std::uint32_t>& rows,
                                         Variation<Real> start, const Touch& touch);
  Variation<Real> elementwise(const Step& step) const;
  Variation<Real> product(const Step& step) const;
  Variation<Real> by_rows(const Step& step) const;
  std::vector<Real> terms(const Step& step) const;
  std::vector<Real> terms_by_entry(const Step& step) const;
  std::vector<Real> terms_by_row(const Step& step) const;
  bool change_terms(const Step& step, std::span<Real> changes) const;
  std::vector<Real> changes_of_lanes(const Step& step, const TensorOf<Real>& there) const;
  std::size_t terms_of_row(const Step& step) const;
  std::size_t place_of_term(const Step& step, std::size_t row, std::size_t m) const;
  TensorOf<Real> terms_along(const Step& step, const Mixture& held, Inputs<Real> x) const;
  void find_base_terms(const Step& step);

  /// What a step reads: values that are there already, and those that had to be made.
  struct Reads {
    std::vector<const TensorOf<Real>*> x;
    std::list<TensorOf<Real>> made;
    void make(TensorOf<Real> t) { x.push_back(&made.emplace_back(std::move(t))); }
  };
  Reads by_entry(const Step& step, bool narrow) const;
  Reads by_row(const Step& step) const;
  void read_varied(ValueId id, bool narrow, Reads& reads) const;
  void read_rows(const Slot& slot, Reads& reads) const;
  TensorOf<Real> one_of_each(const Step& step, const Slot& slot) const;
  TensorOf<Real> all_of_each(const Step& step, const Slot& slot) const;

  bool stays_narrow(const Step& step) const;
  const std::vector<std::uint32_t>& narrow_features(const Step& step) const;
  Mixture held_by_entry(const Step& step, bool narrow) const;
  Mixture held_by_row(const Step& step) const;
  TensorOf<Real> wide(ValueId id) const;
  TensorOf<Real> from_narrow(const Step& step, const Variation<Real>& x) const;
  TensorOf<Real> from_wide(const Step& step, const Variation<Real>& x) const;

  const Graph& graph_;
  const Values<Real>& values_;
  const Held& held_;
  ValueId from_ = 0;
  std::vector<RowLayout> layouts_;
  std::vector<Step> steps_;
  std::vector<ValueId> sums_;
  Tensors<Real> base_terms_;  ///< by sum: its summands where nothing is moved
  std::size_t widest_ = 1;
  std::vector<bool> narrow_;  ///< by ValueId: one feature of it moves where one does at first
  std::vector<Variation<Real>> variations_;  ///< by ValueId
  const std::vector<std::uint32_t>* rows_ = nullptr;
};

}  // namespace gradcheck
