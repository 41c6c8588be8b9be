#pragma once

#include <algorithm>
#include <span>

#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/layers/windows.hpp>
#include <gradcheck/tensor/linalg.hpp>

namespace gradcheck {

/// What the convolutions of 1, 2 and 3 axes have in common.
struct ConvolutionSettings {
  std::string name;
  std::size_t axes;
  WindowSteps steps;
  std::size_t groups;
  bool same = false;  ///< padding="same": as much in all as leaves the extents (stride 1)
  std::vector<std::size_t> output_padding{};  ///< of a transposed convolution
};

/// A convolution as products of matrices: each group of channels is one product, of patches (a row
/// for each sample and window) and a filter that all of them share.
struct ConvolutionPlan {
  Planes image;     ///< the side that the windows slide over
  Planes response;  ///< the other side: a place for each window
  std::size_t groups;
  Windows windows;

  std::size_t patch() const { return image.channels / groups * windows.size(); }
  Channels image_channels(std::size_t group) const { return part(image, group); }
  Channels response_channels(std::size_t group) const { return part(response, group); }

 private:
  Channels part(const Planes& planes, std::size_t group) const {
    const std::size_t count = planes.channels / groups;
    return {planes.samples, planes.channels, group * count, count, planes.places()};
  }
};

/// The rows of W that belong to a group, as a matrix of that many columns.
template <class Real>
TensorOf<Real> filter_of(const TensorOf<Real>& W, std::size_t group, std::size_t groups,
                         std::size_t columns) {
  const std::size_t size = W.size() / groups;
  TensorOf<Real> filter = empty<Real>({size / columns, columns});
  std::copy_n(W.data() + group * size, size, filter.data());
  return filter;
}

/// Calls f(plane, c) for the plane of each channel c of each sample.
template <class Real, class Function>
void for_each_plane(std::span<Real> y, std::size_t samples, std::size_t channels, Function f) {
  const std::size_t places = y.size() / std::max<std::size_t>(samples * channels, 1);
  for (std::size_t plane = 0; plane < samples * channels; ++plane) {
    f(y.subspan(plane * places, places), plane % channels);
  }
}

/// b[c] added to every entry of channel c.
template <class Real>
void add_bias(TensorOf<Real>& y, const TensorOf<Real>& b, std::size_t samples) {
  for_each_plane(entries(y), samples, b.size(), [&](std::span<Real> plane, std::size_t c) {
    for (Real& each : plane) {
      each += b.data()[c];
    }
  });
}

/// Its gradient: the sum of dy over all samples and places of each channel.
template <class Real>
TensorOf<Real> bias_gradient(const TensorOf<Real>& dy, const Shape& b, std::size_t samples) {
  TensorOf<Real> db = zeros<Real>(b);
  for_each_plane(entries(dy), samples, db.size(), [&](std::span<const Real> plane, std::size_t c) {
    for (const Real each : plane) {
      db.data()[c] += each;
    }
  });
  return db;
}

/// Convolution (cross-correlation) over 1, 2 or 3 axes:
/// y[n, c, o] = b[c] + Σ_j Σ_k x[n, j, o stride + k dilation − padding] W[c, j, k], where j runs
/// over the channels of c's group, and x is 0 outside.
/// As a product: Y = P Wᵀ + b, P the patches of x (windows.hpp).
/// Shapes: x (N, C, in...) or (C, in...), W (out channels, C / groups, kernel...), b (out
/// channels); y (N, out channels, out...), out = ⌊(in + 2 padding − dilation (kernel − 1) − 1) /
/// stride⌋ + 1.
/// Gradients: dW = dYᵀ P, dP = dY W, added to the places of x that P was cut from; db = Σ dy over
/// samples and places.
/// Throws ShapeError if groups do not divide the channels, the kernel is larger than the padded
/// input, or the shapes do not fit together.
/// Source: V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep learning", 2016.
struct Convolution {
  static constexpr std::size_t arity = variadic;
  ConvolutionSettings settings;

  Shape shape(std::span<const Shape> x) const;
  ConvolutionPlan plan(const Shape& x, const Shape& W) const;
  std::optional<Composition> composition(std::span<const Shape> in) const;

  template <class Real>
  TensorOf<Real> forward(Inputs<Real> in) const {
    const TensorOf<Real>&x = *in[0], &W = *in[1];
    const ConvolutionPlan p = plan(shape_of(x), shape_of(W));
    TensorOf<Real> y = empty<Real>(output_shape(shape_of(x), p));
    for (std::size_t g = 0; g < p.groups; ++g) {
      const TensorOf<Real> P = patches(x, p.windows, p.image_channels(g));
      const TensorOf<Real> filter = filter_of(W, g, p.groups, p.patch());
      from_rows(matmul(P, swap_last_axes(filter)), p.response_channels(g), y);
    }
    if (in.size() == 3) {
      add_bias(y, *in[2], p.image.samples);
    }
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, Inputs<Real> in, const TensorOf<Real>&) const {
    const TensorOf<Real>&x = *in[0], &W = *in[1];
    const ConvolutionPlan p = plan(shape_of(x), shape_of(W));
    Tensors<Real> gradients = pack<Real>(zeros<Real>(shape_of(x)), empty_like(W));
    for (std::size_t g = 0; g < p.groups; ++g) {
      const TensorOf<Real> P = patches(x, p.windows, p.image_channels(g));
      const TensorOf<Real> dY = as_rows(dy, p.response_channels(g));
      const TensorOf<Real> dW = matmul(swap_last_axes(dY), P);
      std::copy_n(dW.data(), dW.size(), gradients[1].data() + g * dW.size());
      const TensorOf<Real> dP = matmul(dY, filter_of(W, g, p.groups, p.patch()));
      add_patches(dP, p.windows, p.image_channels(g), gradients[0]);
    }
    if (in.size() == 3) {
      gradients.push_back(bias_gradient(dy, shape_of(*in[2]), p.image.samples));
    }
    return gradients;
  }

 private:
  static Shape output_shape(const Shape& x, const ConvolutionPlan& plan);
};

/// The adjoint of a convolution in x: each entry of x adds the whole filter, times itself, to y:
/// y[n, c, i stride + k dilation − padding] += Σ_j x[n, j, i] W[j, c, k]; y is b[c] before.
/// As a product: P = X W, each row added to the window of y that it stands for.
/// Shapes: x (N, C, in...) or (C, in...), W (C, out channels / groups, kernel...), b (out
/// channels); y (N, out channels, out...), out = (in − 1) stride − 2 padding + dilation (kernel −
/// 1) + output_padding + 1.
/// Gradients: with dP the patches of dy, dX = dP Wᵀ, dW = Xᵀ dP; db = Σ dy over samples and places.
/// Throws ShapeError if groups do not divide the channels, y would have no entries, or the shapes
/// do not fit together.
struct TransposedConvolution {
  static constexpr std::size_t arity = variadic;
  ConvolutionSettings settings;

  Shape shape(std::span<const Shape> x) const;
  ConvolutionPlan plan(const Shape& x, const Shape& W) const;
  std::optional<Composition> composition(std::span<const Shape> in) const;

  template <class Real>
  TensorOf<Real> forward(Inputs<Real> in) const {
    const TensorOf<Real>&x = *in[0], &W = *in[1];
    const ConvolutionPlan p = plan(shape_of(x), shape_of(W));
    TensorOf<Real> y = zeros<Real>(output_shape(shape_of(x), p));
    for (std::size_t g = 0; g < p.groups; ++g) {
      const TensorOf<Real> X = as_rows(x, p.response_channels(g));
      const TensorOf<Real> P = matmul(X, filter_of(W, g, p.groups, p.patch()));
      add_patches(P, p.windows, p.image_channels(g), y);
    }
    if (in.size() == 3) {
      add_bias(y, *in[2], p.image.samples);
    }
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, Inputs<Real> in, const TensorOf<Real>&) const {
    const TensorOf<Real>&x = *in[0], &W = *in[1];
    const ConvolutionPlan p = plan(shape_of(x), shape_of(W));
    Tensors<Real> gradients = pack<Real>(empty_like(x), empty_like(W));
    for (std::size_t g = 0; g < p.groups; ++g) {
      const TensorOf<Real> X = as_rows(x, p.response_channels(g));
      const TensorOf<Real> dP = patches(dy, p.windows, p.image_channels(g));
      const TensorOf<Real> filter = filter_of(W, g, p.groups, p.patch());
      from_rows(matmul(dP, swap_last_axes(filter)), p.response_channels(g), gradients[0]);
      const TensorOf<Real> dW = matmul(swap_last_axes(X), dP);
      std::copy_n(dW.data(), dW.size(), gradients[1].data() + g * dW.size());
    }
    if (in.size() == 3) {
      gradients.push_back(bias_gradient(dy, shape_of(*in[2]), p.image.samples));
    }
    return gradients;
  }

 private:
  static Shape output_shape(const Shape& x, const ConvolutionPlan& plan);
};

/// conv1d conv2d conv3d conv_transpose1d conv_transpose2d
void add_convolution_layers(LayerLibrary& library);

}  // namespace gradcheck
