#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gradcheck/numeric/point/evaluation_point.hpp>
#include <gradcheck/numeric/sweep/layer_response.hpp>
#include <gradcheck/numeric/sweep/numeric_gradient.hpp>
#include <gradcheck/numeric/sweep/opaque_gradients.hpp>

namespace gradcheck {

/// Numeric derivatives of a target with respect to whole values, layer by layer from the target
/// back:
///   d(target)/dx = Σ over the uses of x, y = layer(…, x, …), of Σ_o d(target)/dy_o · ∂y_o/∂x.
/// Each layer's own ∂y/∂x comes from forward alone: by central differences of that layer
/// (NumericalVjp) or, where it is linear in x, from the numbers that it is linear with. What is
/// declared to be so is tested (`promises`), once for each layer.
template <class Real>
class ReverseAccumulation {
 public:
  /// `values` are the point's in double, in whatever type. All must outlive it. Layers that it
  /// cannot difference itself are asked of `opaque`, if that is given.
  ReverseAccumulation(const Graph& graph, const EvaluationPoint& point, const Values<Real>& values,
                      std::uint64_t seed, OpaqueGradients* opaque = nullptr);

  /// Which values are differentiated from now on: Σ seed · value over all of `seeds`.
  void aim(std::map<ValueId, Tensor> seeds);

  /// The derivatives of one value. None where a layer between the two cannot be differentiated as a
  /// whole, or would cost more than its values entry by entry.
  const std::optional<NumericGradient<Real>>& derivatives(ValueId value);

  /// Finds what they are made from; false where there are none.
  bool reach(ValueId value);

  /// Hands the same on, some entries from `first` on at a time, and keeps none of them where the
  /// value is an operand of products alone; then up to `jobs` threads find them. To be reached
  /// before.
  using TakeBlock = std::function<void(std::size_t first, const NumericGradient<Real>& block)>;
  void hand_on(ValueId value, const TakeBlock& take, std::size_t jobs = 1);

  /// Some entries of the same; none where there are none.
  std::vector<Estimate> estimates(ValueId value, const std::vector<std::size_t>& entries);

  /// A node and a value that it reads; of nodes that only move entries about, `every_input` for
  /// all that they read.
  using Use = std::pair<std::size_t, ValueId>;
  static constexpr ValueId every_input = static_cast<ValueId>(-1);
  /// The uses through which derivatives came to a value, from the target on, since they were
  /// forgotten.
  const std::set<Use>& uses() const { return used_; }
  void forget_uses() { used_.clear(); }

  /// Evaluations of layers so far.
  std::uint64_t probes() const { return probes_; }

 private:
  std::optional<NumericGradient<Real>> sum_over_uses(ValueId value);
  void find_readers();
  const Structure& structure(std::size_t k);
  Use use_of(std::size_t k, ValueId value);
  std::optional<NumericGradient<Real>> through(const Graph::Node& node, std::size_t k,
                                               ValueId value);
  std::optional<NumericGradient<Real>> through_linear(const Graph::Node& node,
                                                      const Structure& structure, std::size_t slot);
  std::optional<NumericGradient<Real>> through_selection(const Graph::Node& node, std::size_t k,
                                                         std::size_t slot);
  std::optional<NumericGradient<Real>> by_differences(const Graph::Node& node, std::size_t k,
                                                      ValueId value);
  std::optional<NumericGradient<Real>> through_opaque(const Graph::Node& node, std::size_t k,
                                                      ValueId value);
  std::optional<NumericGradient<Real>> of_outputs(const Graph::Node& node) const;
  bool worthwhile(const LayerResponse<Real>& response, ValueId value) const;
  std::set<std::size_t> unknown_nodes_behind(ValueId value) const;
  void find_what_is_behind(ValueId value);
  bool only_operand(ValueId value);
  std::vector<ProductGradient<Real>> products(ValueId value) const;
  ProductGradient<Real> product(const Graph::Node& node, std::size_t slot) const;

  const Graph& graph_;
  const EvaluationPoint& point_;
  const Values<Real>& values_;
  std::uint64_t seed_;
  OpaqueGradients* opaque_;
  std::map<ValueId, Tensor> seeds_;
  std::vector<bool> needed_;                       ///< by value: whether a seed depends on it
  std::vector<std::vector<std::size_t>> readers_;  ///< by value: nodes that it moves a seed through
  std::map<ValueId, std::optional<NumericGradient<Real>>> known_;
  std::set<Use> used_;
  std::map<std::size_t, Structure> structures_;          ///< by node: those asked for
  std::map<std::size_t, std::vector<Origins>> origins_;  ///< by node: the same
  std::uint64_t probes_ = 0;
};

/// Whether a layer of that structure, on its active pieces, is linear in that input, with numbers
/// that are known.
bool linear_in(const Structure& structure, std::size_t slot);

}  // namespace gradcheck
