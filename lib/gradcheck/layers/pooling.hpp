#pragma once

#include <cmath>
#include <optional>

#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/layers/windows.hpp>

namespace gradcheck {

/// How pooling windows slide. Without `stride`, windows stand side by side.
struct PoolingSettings {
  std::string name;
  std::size_t axes;
  std::vector<std::size_t> kernel;
  WindowSteps steps;
  bool ceil_mode;  ///< a last window may reach beyond the padded input, if it begins inside

  /// The extents of y for those of a plane of x. Throws ShapeError if no window fits.
  Shape extents(const Shape& plane) const;
  Shape shape(const Shape& x) const;
};

/// y = the largest entry that each window sees (padding is never the largest).
/// Gradient: dy flows to the first largest entry of its window, added up where windows overlap.
/// A NaN in a window comes through.
/// Shapes: x (N, C, in...) or (C, in...), y with out = ⌊(in + 2 padding − dilation (kernel − 1) −
/// 1) / stride⌋ + 1 (⌈⌉ with ceil_mode, if the last window begins inside).
/// Sites: the entries of y; a piece is a place of the window; a tie where other entries are within
/// their widths of the largest.
/// Throws ShapeError if no window fits, or one sees nothing but padding.
struct MaxPool {
  static constexpr std::size_t arity = 1;
  PoolingSettings settings;

  Shape shape(const Shape& x) const;
  Structure structure(std::span<const Shape>) const { return {.kind = Structure::Kind::selection}; }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    const Windows windows = windows_of(shape_of(x));
    return along(x, windows, [&](const Real* plane, std::size_t w, std::size_t) {
      return winner(plane, windows, w);
    });
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    const Windows windows = windows_of(shape_of(x));
    const std::size_t places = places_of(shape_of(x));
    TensorOf<Real> dx = zeros<Real>(shape_of(x));
    for (std::size_t i = 0; i < dy.size(); ++i) {
      const std::size_t start = i / windows.count() * places;
      const std::size_t w = i % windows.count();
      const std::size_t k = winner(x.data() + start, windows, w);
      dx.data()[start + static_cast<std::size_t>(windows.place(w, k))] += dy.data()[i];
    }
    return pack<Real>(std::move(dx));
  }

  Branches branches(const Tensor& x) const;
  template <class Real>
  TensorOf<Real> forward_along(const Branches& pieces, const TensorOf<Real>& x) const {
    return along(x, windows_of(shape_of(x)), [&](const Real*, std::size_t, std::size_t i) {
      return static_cast<std::size_t>(pieces[i]);
    });
  }
  std::vector<Tie> ties(Inputs<double> x, Inputs<double> widths) const;

 private:
  Windows windows_of(const Shape& x) const;
  std::size_t places_of(const Shape& x) const;

  /// y[i] = what window w of its plane sees at the place choose(plane, w, i).
  template <class Real, class Choose>
  TensorOf<Real> along(const TensorOf<Real>& x, const Windows& windows, Choose choose) const {
    const std::size_t places = places_of(shape_of(x));
    TensorOf<Real> y = empty<Real>(settings.shape(shape_of(x)));
    for (std::size_t i = 0; i < y.size(); ++i) {
      const Real* plane = x.data() + i / windows.count() * places;
      const std::size_t w = i % windows.count();
      y.data()[i] = plane[windows.place(w, choose(plane, w, i))];
    }
    return y;
  }

  /// The place in window w of the first largest entry; of the first NaN, if there is one.
  template <class Real>
  static std::size_t winner(const Real* plane, const Windows& windows, std::size_t w) {
    std::size_t best = windows.size();
    for (std::size_t k = 0; k < windows.size(); ++k) {
      if (windows.place(w, k) == Windows::outside) {
        continue;
      }
      const Real value = plane[windows.place(w, k)];
      const bool first = best == windows.size();
      const Real largest = first ? value : plane[windows.place(w, best)];
      if (first || (!std::isnan(largest) && (std::isnan(value) || value > largest))) {
        best = k;
      }
    }
    return best;
  }
};

/// max_pool1d max_pool2d avg_pool1d avg_pool2d adaptive_avg_pool2d global_avg_pool
void add_pooling_layers(LayerLibrary& library);

}  // namespace gradcheck
