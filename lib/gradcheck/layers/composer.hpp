#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <gradcheck/layers/composition.hpp>
#include <gradcheck/layers/library.hpp>

namespace gradcheck {

/// Writes a Composition part by part, as one writes statements of the network language.
class Composer {
 public:
  using Id = std::size_t;

  /// The inputs have the numbers 0, 1, ...
  explicit Composer(std::span<const Shape> inputs);

  const Shape& shape(Id value) const { return made_.shapes[value]; }
  Id constant(Tensor value);
  Id constant(double value) { return constant(scalar(value)); }

  /// What a layer of the standard library makes of these; of several outputs the first.
  Id call(const std::string& layer, std::vector<Id> inputs, Settings settings = {});
  Id apply(LayerPtr layer, std::vector<Id> inputs);
  std::vector<Id> apply_all(LayerPtr layer, std::vector<Id> inputs);

  Id reshaped(Id x, const Shape& shape);
  /// The axes of x in that order.
  Id permuted(Id x, const std::vector<double>& axes);
  /// Entries `first` … `first + count − 1` along an axis.
  Id part(Id x, std::size_t axis, std::size_t first, std::size_t count);
  /// Matrix k of a stack (B, rows, columns).
  Id matrix(Id stack, std::size_t k);
  /// A tensor of that shape whose entry i is entry from[i] of x, or `fill` where that is negative.
  Id gathered(Id x, std::vector<std::int32_t> from, const Shape& shape, double fill = 0);
  /// x Wᵀ + b, the rows of x through weights; b may be missing (`none`).
  Id through(Id x, Id W, Id b);
  static constexpr Id none = static_cast<Id>(-1);

  Composition done(std::vector<Id> outputs);

 private:
  Id add_value(const Shape& shape);

  Composition made_;
};

}  // namespace gradcheck
