#pragma once

#include <optional>
#include <vector>

#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/library.hpp>

namespace gradcheck {

/// Layers that put the entries of x elsewhere, some of them several times.

/// y[i] = x[p(i)], with the flat positions p that F makes of x's shape.
/// F has `shape(x)` and `positions(x)`.
/// Gradient: dx[p(i)] += dy[i].
template <class F>
struct Rearranged {
  static constexpr std::size_t arity = 1;
  F f{};

  Shape shape(const Shape& x) const { return f.shape(x); }
  Structure structure(std::span<const Shape>) const { return {.kind = Structure::Kind::selection}; }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    const std::vector<std::size_t> from = f.positions(shape_of(x));
    TensorOf<Real> y = empty<Real>(f.shape(shape_of(x)));
    for (std::size_t i = 0; i < y.size(); ++i) {
      y.data()[i] = x.data()[from[i]];
    }
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    const std::vector<std::size_t> from = f.positions(shape_of(x));
    TensorOf<Real> dx = zeros<Real>(shape_of(x));
    for (std::size_t i = 0; i < dy.size(); ++i) {
      dx.data()[from[i]] += dy.data()[i];
    }
    return pack<Real>(std::move(dx));
  }
};

/// The entries along these axes (all of them without a list) in reverse order.
/// Throws ValueError for an axis that x does not have, or named twice.
struct Flip {
  std::optional<std::vector<long long>> axes;
  Shape shape(const Shape& x) const;
  std::vector<std::size_t> positions(const Shape& x) const;
};

/// The entries shifted along axes, and round: y[i] = x[(i − shift) mod n]. Without axes, in
/// row-major order.
/// Throws ValueError unless there is a shift for each axis.
struct Roll {
  std::vector<long long> shifts;
  std::optional<std::vector<long long>> axes;
  Shape shape(const Shape& x) const;
  std::vector<std::size_t> positions(const Shape& x) const;
};

/// x repeated as a whole, reps[k] times along axis k; the shorter of reps and x's shape gets 1 in
/// front (NumPy).
struct Tile {
  std::vector<long long> reps;
  Shape shape(const Shape& x) const;
  std::vector<std::size_t> positions(const Shape& x) const;
};

/// Each entry repeated along an axis; without one, of x in row-major order (NumPy's repeat,
/// PyTorch's repeat_interleave).
struct Repeat {
  std::size_t repeats;
  std::optional<long long> axis;
  Shape shape(const Shape& x) const;
  std::vector<std::size_t> positions(const Shape& x) const;
};

/// flip roll tile repeat
void add_rearranging_layers(LayerLibrary& library);

}  // namespace gradcheck
