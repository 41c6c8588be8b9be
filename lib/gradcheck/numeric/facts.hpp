#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>

#include <gradcheck/numeric/extrapolate.hpp>
#include <gradcheck/numeric/layer_response.hpp>
#include <gradcheck/numeric/point.hpp>

namespace gradcheck {

/// Tests in each run what layers declare about forward (`Structure`), by evaluating forward as it
/// is. Each test returns what is wrong, or nothing.
class FactCheck {
 public:
  FactCheck(const Graph& graph, const Point& point, std::uint64_t seed)
      : graph_(graph), point_(point), random_(seed) {}

  /// How a node uses a value is as its layer declares.
  std::string use_is_as_declared(std::size_t node, ValueId value);

  /// Some random entries of a value, moved alone: the target must move as `slope(entry)` says. A
  /// fault in a share s of the entries is missed with probability (1 − s)^3.
  template <class Slope>
  std::string sample_agrees(ValueId from, ValueId target, std::size_t output, Slope slope) {
    std::string wrong;
    const std::size_t size = point_.values[from].size();
    for (std::size_t sample = 0; sample < std::min(sampled, size) && wrong.empty(); ++sample) {
      const std::size_t entry = static_cast<std::size_t>(random_() % size);
      wrong = entry_agrees(from, entry, target, output, slope(entry));
    }
    return wrong;
  }

 private:
  static constexpr std::size_t sampled = 3;

  std::string rows_are_apart(const Graph::Node& node, const LayerResponse<double>& response);
  std::string sum_is_that_of_its_terms(const Graph::Node& node,
                                       const LayerResponse<double>& response);
  std::string is_linear(const Graph::Node& node, std::size_t slot);
  Tensor predicted(const Graph::Node& node, std::size_t slot, const Tensor& change) const;
  std::string entry_agrees(ValueId from, std::size_t entry, ValueId target, std::size_t output,
                           const Estimate& fast) const;
  double displacement(double typical);

  const Graph& graph_;
  const Point& point_;
  std::mt19937_64 random_;
};

}  // namespace gradcheck
