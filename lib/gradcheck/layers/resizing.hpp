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
  std::size_t factor;

  Shape shape(const Shape& x) const;
  std::vector<std::size_t> positions(const Shape& x) const;
};

/// interpolate pad pixel_shuffle
void add_resizing_layers(LayerLibrary& library);

}  // namespace gradcheck
