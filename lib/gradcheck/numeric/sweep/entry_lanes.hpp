#pragma once

#include <vector>

#include <gradcheck/numeric/sweep/row_network.hpp>

namespace gradcheck {

/// How one entry of a value, moved alone, moves another value, `seen`: in some rows of it, one
/// feature of each, by a factor. `seen` is the value itself, or what a layer that is linear in the
/// value makes of it: z[n, j] moves by x[n, i] with W[i, j] in z = x W + b, and by 1 with b[j].
class EntryLanes {
 public:
  struct Lane {
    std::uint32_t row = 0;
    std::uint32_t feature = 0;
    double factor = 1;
  };

  /// Of the value itself, whose rows lie along an axis.
  EntryLanes(const Graph& graph, ValueId value, RowAxis axis);
  /// Of a node that is linear in the value, in that slot; the rows are those of its output.
  EntryLanes(const Graph& graph, const Values<double>& values, const Graph::Node& node,
             std::size_t slot, RowAxis axis);

  ValueId seen() const { return seen_; }

  /// Whether no entry moves two features of a row.
  bool one_feature_a_row() const;

  /// Adds the lanes of an entry that move at all.
  void append(std::size_t entry, std::vector<Lane>& lanes) const;

 private:
  void add(std::vector<Lane>& lanes, std::size_t outer, std::size_t inner, std::size_t extent,
           double factor) const;

  ValueId seen_;
  RowLayout layout_;
  std::size_t entries_ = 0;
  bool itself_ = false;
  const Tensor* left_ = nullptr;                  ///< of a product whose right operand the value is
  const Tensor* right_ = nullptr;                 ///< of one whose left operand it is
  std::size_t inner_ = 1;                         ///< of a product
  std::size_t columns_ = 1;                       ///< of a product
  double slope_ = 1;                              ///< of a broadcast value
  std::vector<std::vector<std::size_t>> places_;  ///< of a broadcast value, by entry
};

}  // namespace gradcheck
