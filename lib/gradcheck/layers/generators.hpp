#pragma once

#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/library.hpp>

namespace gradcheck {

/// Constants: functions of no tensor.

/// y = a tensor of that shape with one value everywhere.
struct Filled {
  static constexpr std::size_t arity = 0;
  Shape extents;
  double value;

  Shape shape() const { return extents; }

  template <class Real>
  TensorOf<Real> forward() const {
    entries_of(extents);
    return full<Real>(extents, Real(value));
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>&, const TensorOf<Real>&) const {
    return {};
  }
};

/// y[i, j] = 1 where i = j, else 0.
/// Shapes: y (n, m).
struct Eye {
  static constexpr std::size_t arity = 0;
  std::size_t rows;
  std::size_t columns;

  Shape shape() const { return {rows, columns}; }

  template <class Real>
  TensorOf<Real> forward() const {
    entries_of(shape());
    TensorOf<Real> y = zeros<Real>(shape());
    for (std::size_t i = 0; i < std::min(rows, columns); ++i) {
      y.data()[i * columns + i] = Real(1);
    }
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>&, const TensorOf<Real>&) const {
    return {};
  }
};

/// y[..., c] = 1 where t = c, else 0.
/// Shapes: t of any shape, class indices from 0 to C − 1 with C = num_classes; y (t's shape, C).
/// Held constant: no gradient flows to t.
/// Throws ValueError for a label that is no class.
struct OneHot {
  static constexpr std::size_t arity = 1;
  std::size_t classes;

  bool differentiable(std::size_t) const { return false; }
  Shape shape(Shape t) const {
    t.push_back(classes);
    entries_of(t);  // throws where there are too many
    return t;
  }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& t) const;
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>&, const TensorOf<Real>& t,
                         const TensorOf<Real>&) const {
    return pack<Real>(zeros<Real>(shape_of(t)));
  }
};

/// zeros ones full eye one_hot
void add_generator_layers(LayerLibrary& library);

}  // namespace gradcheck
