#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// Where a layer is checked: the sizes and settings from which it is made, and its numbers.
struct LayerPoint {
  std::map<std::string, std::size_t> sizes{};
  std::map<std::string, double> settings{};
  /// Inputs and parameters by name; a parameter that is not there keeps its own value.
  std::map<std::string, Tensor> values{};
  std::string character{};  ///< "values within 8"

  /// The size that goes by that symbol. Throws ValueError if there is none.
  std::size_t operator[](const std::string& symbol) const;
  /// The setting of that name. Throws ValueError if there is none.
  double setting(const std::string& name) const;

  /// "N = 1, in = 3, slope = 0.3"
  std::string description() const;
  /// The point as C++ that makes it again.
  std::string code() const;
};

/// An extent of a shape: a number, or a symbol whose size is varied.
struct Extent {
  Extent(const char* its_symbol) : symbol(its_symbol) {}
  Extent(std::string its_symbol) : symbol(std::move(its_symbol)) {}
  Extent(int its_size) : size(static_cast<std::size_t>(its_size)) {}

  std::string symbol{};
  std::size_t size = 0;  ///< of one without a symbol

  std::size_t in(const LayerPoint& point) const { return symbol.empty() ? size : point[symbol]; }
};

/// An input of which only the shape is given.
struct InputShape {
  std::string name;
  std::vector<Extent> extents;
  /// The domain of its numbers.
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  /// For labels and indices: integers from 0, this excluded. 0 for real numbers.
  Extent labels_below = 0;
};

/// What points are made of.
struct PointSpace {
  std::vector<InputShape> inputs{};
  /// For each setting its values, the neutral one first (a stride of 1, a slope of 0).
  std::map<std::string, std::vector<double>> settings{};
  /// Sizes to choose from, for symbols that do not take just any: {"heads", {1, 2}}.
  std::map<std::string, std::vector<std::size_t>> sizes{};
};

/// Points at which wrong backwards do not look right: batches (the first extent of the first
/// input) of 3, 1 and 5; sizes that are odd and differ from each other; numbers within 1, 8 and
/// 30; exact zeros; ties; constant rows; repeated labels; each setting off its neutral value. The
/// first one is the most ordinary. Parameters are not among their values.
std::vector<LayerPoint> points_of(const PointSpace& space, std::uint64_t seed);

/// The numbers of a tensor at such a point.
Tensor point_values(const LayerPoint& point, const Shape& shape, double low, double high,
                    std::uint64_t seed);

}  // namespace gradcheck
