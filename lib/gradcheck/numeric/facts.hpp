#pragma once

#include <cstdint>
#include <random>
#include <string>

#include <gradcheck/numeric/point.hpp>
#include <gradcheck/numeric/row_network.hpp>

namespace gradcheck {

struct Swept;

/// Tests in each run what layers declare about forward (`Structure`), by evaluating forward as it
/// is. Each test returns what is wrong, or nothing.
class FactCheck {
 public:
  FactCheck(const Graph& graph, const Point& point, std::uint64_t seed)
      : graph_(graph), point_(point), random_(seed) {}

  /// One row moved leaves all others as they are, bit for bit; and with all rows moved, once in all
  /// their features and once in one, the sums are those of the summands.
  std::string rows_independent(RowNetwork<double>& network, ValueId value) const;

  /// An input of a linear layer moved, once in all its entries and once in one, moves the output as
  /// is declared.
  std::string use_is_linear(const Graph::Node& node, std::size_t slot) const;

  /// Some random entries, differentiated one by one. A fault in a share s of the entries is missed
  /// with probability (1 − s)^3.
  std::string sample_agrees(ValueId from, ValueId target, const Swept& swept) const;

 private:
  Values<double> along(const std::vector<std::size_t>& path, ValueId from, Tensor moved) const;
  std::string one_row_alone(RowNetwork<double>& network, ValueId value) const;
  std::string sums_of_summands(RowNetwork<double>& network, ValueId value, bool all) const;
  Tensor predicted(const Graph::Node& node, std::size_t slot, const Tensor& change) const;
  double displacement(double typical) const;

  const Graph& graph_;
  const Point& point_;
  mutable std::mt19937_64 random_;
};

}  // namespace gradcheck
