#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>

#include <gradcheck/numeric/point/evaluation_point.hpp>
#include <gradcheck/numeric/sweep/layer_response.hpp>
#include <gradcheck/numeric/sweep/numeric_gradient.hpp>

namespace gradcheck {

/// Tests in each run what layers declare about forward (`Structure`), by evaluating forward as it
/// is. Each test returns what is wrong, or nothing.
class StructureTest {
 public:
  StructureTest(const Graph& graph, const EvaluationPoint& point, std::uint64_t seed)
      : graph_(graph), point_(point), random_(seed) {}

  /// How a node uses a value is as its layer declares.
  std::string use_is_as_declared(std::size_t node, ValueId value);

  /// Some random entries of a value, moved alone: Σ upstream · `to` must move as its derivatives
  /// say. A fault in a share s of the entries is missed with probability (1 − s)^3.
  std::string sample_agrees(ValueId from, ValueId to, const Tensor& upstream,
                            const std::function<Estimate(std::size_t)>& derivative);

  /// All of its entries, moved at once in a few random directions: so must it then.
  std::string directions_agree(ValueId from, ValueId to, const Tensor& upstream,
                               const NumericGradient<double>& derivatives);

  /// Evaluations of the network so far.
  std::uint64_t probes() const { return probes_; }

 private:
  std::string rows_are_apart(const Graph::Node& node, const LayerResponse<double>& response);
  std::string sum_is_that_of_its_terms(const Graph::Node& node,
                                       const LayerResponse<double>& response);
  std::string changes_are_as_told(const Graph::Node& node, const LayerResponse<double>& response);
  std::vector<std::size_t> one_for_each(const LayerResponse<double>& response, std::size_t outputs);
  std::string is_linear(const Graph::Node& node, const ConvexCombination& active, std::size_t slot);
  Tensor predicted(const Graph::Node& node, std::size_t slot, const Tensor& change) const;
  double displacement(double typical);

  const Graph& graph_;
  const EvaluationPoint& point_;
  std::mt19937_64 random_;
  std::uint64_t probes_ = 0;
};

}  // namespace gradcheck
