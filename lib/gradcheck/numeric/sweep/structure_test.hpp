#pragma once

#include <cstdint>
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

  /// Some random entries of a value, moved alone: an entry of the target must move as these
  /// derivatives say. A fault in a share s of the entries is missed with probability (1 − s)^3.
  std::string sample_agrees(ValueId from, ValueId target, std::size_t output,
                            const NumericGradient<double>& derivatives);

  /// Evaluations of the network so far.
  std::uint64_t probes() const { return probes_; }

 private:
  std::string rows_are_apart(const Graph::Node& node, const LayerResponse<double>& response);
  std::string sum_is_that_of_its_terms(const Graph::Node& node,
                                       const LayerResponse<double>& response);
  std::string terms_change_as_said(const Graph::Node& node, const LayerResponse<double>& response);
  std::string is_linear(const Graph::Node& node, const ConvexCombination& active, std::size_t slot);
  Tensor predicted(const Graph::Node& node, const ConvexCombination& active, std::size_t slot,
                   const Tensor& change) const;
  double displacement(double typical);

  const Graph& graph_;
  const EvaluationPoint& point_;
  std::mt19937_64 random_;
  std::uint64_t probes_ = 0;
};

}  // namespace gradcheck
