#pragma once

#include <vector>

#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/library.hpp>

namespace gradcheck {

/// Running sums and products along one axis. F makes of a lane of numbers the running ones, and of
/// their gradients those of the lane.

/// y_i = Σ_{j≤i} x_j; dx_j = Σ_{i≥j} dy_i.
struct RunningSum {
  static constexpr const char* name = "cumsum";
  template <class Real>
  static void run(std::vector<Real>& lane) {
    for (std::size_t i = 1; i < lane.size(); ++i) {
      lane[i] += lane[i - 1];
    }
  }
  template <class Real>
  static std::vector<Real> back(std::vector<Real> dy, const std::vector<Real>&) {
    for (std::size_t i = dy.size(); i-- > 1;) {
      dy[i - 1] += dy[i];
    }
    return dy;
  }
};

/// y_i = Π_{j≤i} x_j; dx_j = Σ_{i≥j} dy_i Π_{k≤i, k≠j} x_k: nothing is divided, so it is right
/// where some are 0.
struct RunningProduct {
  static constexpr const char* name = "cumprod";
  template <class Real>
  static void run(std::vector<Real>& lane) {
    for (std::size_t i = 1; i < lane.size(); ++i) {
      lane[i] *= lane[i - 1];
    }
  }
  template <class Real>
  static std::vector<Real> back(const std::vector<Real>& dy, const std::vector<Real>& x) {
    std::vector<Real> dx(x.size(), Real(0));
    Real before = 1;
    for (std::size_t j = 0; j < x.size(); ++j) {
      Real others = before;
      for (std::size_t i = j; i < x.size(); ++i) {
        others *= i > j ? x[i] : Real(1);
        dx[j] += dy[i] * others;
      }
      before *= x[j];
    }
    return dx;
  }
};

/// Shapes: x and y of one shape, at least one axis.
/// Throws ValueError for an axis that x does not have.
template <class F>
struct Scan {
  static constexpr std::size_t arity = 1;
  long long axis;

  Shape shape(const Shape& x) const {
    axis_of(F::name, axis, x.size());
    return x;
  }
  Structure structure(std::span<const Shape> x) const {
    return axis_of(F::name, axis, x[0].size()) == 0
               ? Structure{}
               : Structure{.kind = Structure::Kind::by_rows, .rows = {true}};
  }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    const Lanes lanes = lanes_of(x);
    TensorOf<Real> y = empty_like(x);
    for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
      std::vector<Real> numbers = gathered(x, lanes, lane);
      F::run(numbers);
      scatter(numbers, lanes, lane, y);
    }
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    const Lanes lanes = lanes_of(x);
    TensorOf<Real> dx = empty_like(x);
    for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
      scatter(F::back(gathered(dy, lanes, lane), gathered(x, lanes, lane)), lanes, lane, dx);
    }
    return pack<Real>(std::move(dx));
  }

 private:
  template <class Real>
  Lanes lanes_of(const TensorOf<Real>& x) const {
    return Lanes(x, axis_of(F::name, axis, x.dimension()));
  }
};

/// cumsum cumprod
void add_scan_layers(LayerLibrary& library);

}  // namespace gradcheck
