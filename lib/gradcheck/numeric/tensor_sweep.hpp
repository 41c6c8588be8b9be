#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gradcheck/numeric/extrapolate.hpp>
#include <gradcheck/numeric/point.hpp>
#include <gradcheck/numeric/row_slopes.hpp>

namespace gradcheck {

/// d(target)/d(from) for every entry of a tensor, found all together.
struct Swept {
  Slopes slopes;
  Estimate estimate(std::size_t entry) const;
  /// The entry's rounding, if no better precision would lessen it; else 0.
  double floor(std::size_t entry) const;
};

/// Differentiates a whole tensor at once where the structure of forward allows, at the cost of a
/// few evaluations for each feature instead of each entry.
///
/// A weight enters through a product, z = x W + b, so with the slopes G = d(target)/dz of the rows
/// (RowDifferentiator), d(target)/dW = xᵀ G and d(target)/db = Σ_n G[n]: what is used several times
/// adds up over its uses. Inputs, and values between layers, have slopes of their own. Only facts
/// about forward enter (Structure), and each is tested in every run: rows that do not see each
/// other, uses that are linear, and a sample of the entries.
class TensorSweep {
 public:
  /// Graph and point must outlive it.
  TensorSweep(const Graph& graph, const Point& point, std::uint64_t seed);

  /// None where the structure between the two is unknown, or is not what a layer says.
  std::optional<Swept> run(ValueId from, ValueId target);

  /// The same with those entries in long double, after `run` for that value.
  Swept refine(ValueId from, const std::vector<std::size_t>& entries);

  /// What a layer declares about forward and its values contradict; empty if nothing.
  const std::string& broken_promise() const { return broken_promise_; }

  /// Perturbed evaluations so far.
  std::uint64_t probes() const { return probes_; }

 private:
  struct RowWay {
    RowAxis axis = RowAxis::none;
    RowSteps steps;
  };

  const std::optional<Slopes>& slopes(ValueId value);
  std::optional<Slopes> slopes_of(ValueId value);
  std::optional<Slopes> behind_identity(ValueId value);
  std::optional<Slopes> by_rows(ValueId value);
  void clear_flat(ValueId value, Slopes& slopes) const;
  void resolve(ValueId value, const std::vector<std::size_t>& features, Slopes& slopes);
  void refine_value(ValueId value, const std::set<std::size_t>& entries);
  std::set<std::size_t> outputs_of(const Graph::Node& node, std::size_t slot,
                                   const std::set<std::size_t>& entries) const;
  std::optional<Slopes> by_uses(ValueId value);
  std::optional<Slopes> by_use(const Graph::Node& node, std::size_t slot);
  SumWeights sum_weights(const std::vector<ValueId>& sums);
  Estimate sum_slope(ValueId sum);
  std::vector<std::size_t> uses(ValueId value) const;

  bool keeps(const std::string& wrong);
  bool rows_independent(RowNetwork<double>& network, ValueId value);
  bool use_is_linear(const Graph::Node& node, std::size_t slot);
  bool sample_agrees(ValueId from, const Swept& swept);

  const Graph& graph_;
  const Point& point_;
  std::mt19937_64 random_;
  std::uint64_t seed_;
  ValueId target_ = 0;
  std::vector<bool> needed_;  ///< by value: whether the target depends on it
  std::map<ValueId, std::optional<Slopes>> known_;
  std::map<ValueId, RowWay> ways_;          ///< of the values whose rows were differentiated
  std::map<ValueId, Estimate> sum_slopes_;  ///< ∂(target)/∂(sum)
  std::string broken_promise_;
  std::uint64_t probes_ = 0;
};

}  // namespace gradcheck
