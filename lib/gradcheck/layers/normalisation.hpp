#pragma once

#include <functional>
#include <string>

#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/layers/standardise.hpp>

namespace gradcheck {

/// How a normalisation groups the entries of x, and how its weight lies over them.
struct NormGroups {
  Shape view;         ///< the shape under which x is looked at
  Shape kept;         ///< of the view, with the axes of a group as 1
  Shape scale;        ///< of weight and bias
  Shape laid;         ///< the same, as it broadcasts onto x
  std::size_t inner;  ///< neighbouring entries that share an entry of weight
};

/// y = x̂ weight + bias, where x̂ has mean 0 and variance 1 in each group of entries:
/// x̂ = (x − μ) / √(σ² + ε), σ² the mean of (x − μ)². Without `centre` (RMS norm) x̂ = x / √(mean x²
/// + ε).
/// Gradients, with d = dy ⊙ weight: dx = (d − mean d − x̂ mean(d ⊙ x̂)) / √(σ² + ε), without centre
/// mean d stays; dweight = Σ dy ⊙ x̂, dbias = Σ dy over the entries that share them.
/// Shapes: y is x. Groups: the axes of weight (layer norm, RMS norm), channels / num_groups
/// channels of a sample (group norm). Throws ShapeError where weight or bias do not fit x, or a
/// group is empty. Sources: J. Ba et al., "Layer normalization", 2016; Y. Wu, K. He, "Group
/// normalization", 2018; B. Zhang, R. Sennrich, "Root mean square layer normalization", 2019.
struct GroupedNorm {
  static constexpr std::size_t arity = variadic;
  std::function<NormGroups(std::span<const Shape> in)> groups;
  ScaledBy scaled;
  double epsilon;
  bool centre = true;

  Shape shape(std::span<const Shape> in) const {
    groups(in);
    return in[0];
  }
  std::optional<Composition> composition(std::span<const Shape> in) const;

  template <class Real>
  TensorOf<Real> forward(Inputs<Real> in) const {
    const NormGroups by = groups_of(in);
    const Standardised<Real> s(*in[0], Groups(by.view, by.kept), epsilon, centre);
    return scaled.of(in, by.inner).forward(s.xhat);
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, Inputs<Real> in, const TensorOf<Real>&) const {
    const NormGroups by = groups_of(in);
    const Groups members(by.view, by.kept);
    const Standardised<Real> s(*in[0], members, epsilon, centre);
    const Scaling<Real> scaling = scaled.of(in, by.inner);
    Tensors<Real> gradients = pack<Real>(s.backward(scaling.upstream(dy), members, centre));
    scaling.append_gradients(dy, s.xhat, gradients);
    return gradients;
  }

 private:
  template <class Real>
  NormGroups groups_of(Inputs<Real> in) const {
    std::vector<Shape> shapes;
    for (const TensorOf<Real>* each : in) {
      shapes.push_back(shape_of(*each));
    }
    return groups(shapes);
  }
};

/// y = x / (k + α/size Σ x²)^β, where Σ runs over `size` neighbouring channels, those that there
/// are: from c − ⌊size / 2⌋ to c + ⌊(size − 1) / 2⌋. Gradient, with s the sum's bracket: dx_j =
/// dy_j s_j^−β − 2 α β / size · x_j Σ dy_c x_c s_c^(−β−1) over the channels c that see j. Shapes: x
/// and y (N, C, ...). Throws ShapeError where x has less than three axes. Source: A. Krizhevsky et
/// al., "ImageNet classification with deep convolutional neural networks", 2012, section 3.3 (there
/// without the division by size).
struct LocalResponseNorm {
  static constexpr std::size_t arity = 1;
  std::size_t size;
  double alpha, beta, k;

  Shape shape(const Shape& x) const;
  std::optional<Composition> composition(std::span<const Shape> in) const;

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    const TensorOf<Real> m = units(x), b = brackets(x, m);
    TensorOf<Real> y = empty_like(x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      y.data()[i] = x.data()[i] / m.data()[i] * std::pow(m.data()[i], Real(1 - 2 * beta)) *
                    std::pow(b.data()[i], Real(-beta));
    }
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    const TensorOf<Real> m = units(x), b = brackets(x, m);
    const auto scale = [&](std::size_t i) { return std::pow(m.data()[i], Real(-2 * beta)); };
    TensorOf<Real> dx = empty_like(x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      dx.data()[i] = dy.data()[i] * scale(i) * std::pow(b.data()[i], Real(-beta));
    }
    const Real factor = 2 * Real(alpha) * Real(beta) / Real(size);
    for_neighbours(shape_of(x), [&](std::size_t i, std::size_t j) {
      dx.data()[j] -= factor * (x.data()[j] / m.data()[i]) * dy.data()[i] *
                      (x.data()[i] / m.data()[i]) * scale(i) *
                      std::pow(b.data()[i], Real(-beta - 1));
    });
    return pack<Real>(std::move(dx));
  }

 private:
  /// Squares of more than this are not far from overflowing.
  static constexpr double large = 0x1p500;

  /// Units m of the brackets: 1, or the largest value that a bracket sees, where that is large.
  template <class Real>
  TensorOf<Real> units(const TensorOf<Real>& x) const {
    TensorOf<Real> m = full<Real>(shape_of(x), 1);
    for_neighbours(shape_of(x), [&](std::size_t i, std::size_t j) {
      const Real seen = std::abs(x.data()[j]);
      m.data()[i] = seen > Real(large) ? std::max(m.data()[i], seen) : m.data()[i];
    });
    return m;
  }
  /// The brackets s / m².
  template <class Real>
  TensorOf<Real> brackets(const TensorOf<Real>& x, const TensorOf<Real>& m) const {
    TensorOf<Real> b = zeros<Real>(shape_of(x));
    for_neighbours(shape_of(x), [&](std::size_t i, std::size_t j) {
      const Real part = x.data()[j] / m.data()[i];
      b.data()[i] += part * part;
    });
    for (std::size_t i = 0; i < x.size(); ++i) {
      b.data()[i] = Real(k) / m.data()[i] / m.data()[i] + Real(alpha) / Real(size) * b.data()[i];
    }
    return b;
  }
  /// f(i, j) for every entry i and each entry j of the channels that it sees.
  template <class Function>
  void for_neighbours(const Shape& x, Function f) const {
    const Lanes lanes(x, 1);
    for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
      for (std::size_t c = 0; c < lanes.extent; ++c) {
        const std::size_t first = c < size / 2 ? 0 : c - size / 2;
        const std::size_t last = std::min(c + (size - 1) / 2 + 1, lanes.extent);
        for (std::size_t j = first; j < last; ++j) {
          f(lanes.start(lane) + c * lanes.inner, lanes.start(lane) + j * lanes.inner);
        }
      }
    }
  }
};

/// layer_norm group_norm rms_norm local_response_norm
void add_normalisation_layers(LayerLibrary& library);

}  // namespace gradcheck
