#pragma once

#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/library.hpp>

namespace gradcheck {

/// Channels become places: each group of r² channels is an r × r block of one channel of y:
/// y[n, c, h r + i, w r + j] = x[n, c r² + i r + j, h, w].
/// Shapes: x (N, C r², H, W) or (C r², H, W), y (N, C, H r, W r).
/// Gradient: dy moved back.
/// Throws ShapeError if r² does not divide the channels.
/// Source: W. Shi et al., "Real-time single image and video super-resolution using an efficient
/// sub-pixel convolutional neural network", CVPR 2016.
struct PixelShuffle {
  static constexpr std::size_t arity = 1;
  std::size_t factor;

  Shape shape(const Shape& x) const;
  /// For each entry of y, its flat position in x.
  std::vector<std::size_t> positions(const Shape& x) const;
  Structure structure(std::span<const Shape>) const { return {.kind = Structure::Kind::selection}; }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    const std::vector<std::size_t> from = positions(shape_of(x));
    TensorOf<Real> y = empty<Real>(shape(shape_of(x)));
    for (std::size_t i = 0; i < from.size(); ++i) {
      y.data()[i] = x.data()[from[i]];
    }
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    const std::vector<std::size_t> from = positions(shape_of(x));
    TensorOf<Real> dx = empty_like(x);
    for (std::size_t i = 0; i < from.size(); ++i) {
      dx.data()[from[i]] = dy.data()[i];
    }
    return pack<Real>(std::move(dx));
  }
};

/// interpolate pad pixel_shuffle
void add_resizing_layers(LayerLibrary& library);

}  // namespace gradcheck
