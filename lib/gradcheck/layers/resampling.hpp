#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gradcheck/layers/kernel_layer.hpp>

namespace gradcheck {

/// Along one axis: what each place of the output is made of. The output is Σ weight · input /
/// divisor.
struct AxisMap {
  struct Seen {
    std::size_t place;
    double weight = 1;
  };
  std::size_t in = 0;                   ///< extent of the input
  std::vector<std::vector<Seen>> seen;  ///< by place of the output
  std::vector<double> divisor;          ///< by place of the output
  std::size_t out() const { return seen.size(); }
};

/// Throws ShapeError where a resampled axis would be so long that its map could not be held.
void require_axis(std::string_view where, std::size_t out);

/// The same over all axes of a plane: the product of its axes' maps.
class PlaneMap {
 public:
  explicit PlaneMap(const std::vector<AxisMap>& axes);

  std::size_t in() const { return in_; }
  std::size_t out() const { return divisor_.size(); }

  /// y = the map of x; both are planes.
  template <class Real>
  void apply(const Real* x, Real* y) const {
    for (std::size_t o = 0; o < out(); ++o) {
      Real sum = 0;
      for (std::size_t m = first_[o]; m < first_[o + 1]; ++m) {
        sum += Real(weight_[m]) * x[place_[m]];
      }
      y[o] = sum / Real(divisor_[o]);
    }
  }
  /// Its adjoint: adds what y's gradient makes of x's.
  template <class Real>
  void add_transposed(const Real* dy, Real* dx) const {
    for (std::size_t o = 0; o < out(); ++o) {
      const Real share = dy[o] / Real(divisor_[o]);
      for (std::size_t m = first_[o]; m < first_[o + 1]; ++m) {
        dx[place_[m]] += Real(weight_[m]) * share;
      }
    }
  }
  bool sees_nothing(std::size_t o) const { return first_[o] == first_[o + 1]; }

  /// The same with as many places for each output: −1, of weight 0, where it sees less.
  struct Table {
    std::size_t most;
    bool plain;  ///< every weight is 1
    std::vector<std::int32_t> place;
    std::vector<double> weight;  ///< over its divisor
  };
  Table table() const;

 private:
  std::size_t in_;
  std::vector<std::size_t> first_{0};  ///< of each output, in place_ and weight_
  std::vector<std::uint32_t> place_;
  std::vector<double> weight_;
  std::vector<double> divisor_;
};

/// A linear map of each plane, the last axes of x, which the other axes only repeat:
/// y[o] = Σ_m w_om x[place_om] / d_o, and `fill` where o sees nothing.
/// Gradient: dx[place_om] += w_om dy[o] / d_o.
/// `maps` makes the map of every axis from the shape of x, one for each of its last axes; it throws
/// ShapeError where x does not fit. With `drop`, y is without these axes.
struct Resampling {
  static constexpr std::size_t arity = 1;
  std::function<std::vector<AxisMap>(const Shape& x)> maps;
  double fill = 0;
  bool drop = false;

  Shape shape(const Shape& x) const;
  std::optional<Composition> composition(std::span<const Shape> in) const;

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    const PlaneMap map(maps(shape_of(x)));
    TensorOf<Real> y = empty<Real>(shape(shape_of(x)));
    for (std::size_t start = 0; start < y.size(); start += map.out()) {
      map.apply(x.data() + start / map.out() * map.in(), y.data() + start);
      for (std::size_t o = 0; fill != 0 && o < map.out(); ++o) {
        if (map.sees_nothing(o)) {
          y.data()[start + o] = Real(fill);
        }
      }
    }
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    const PlaneMap map(maps(shape_of(x)));
    TensorOf<Real> dx = zeros<Real>(shape_of(x));
    for (std::size_t start = 0; start < dy.size(); start += map.out()) {
      map.add_transposed(dy.data() + start, dx.data() + start / map.out() * map.in());
    }
    return pack<Real>(std::move(dx));
  }
};

}  // namespace gradcheck
