#pragma once

#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/layers/standardise.hpp>

namespace gradcheck {

/// Batch normalisation: each channel with mean 0 and variance 1, then scaled: y = x̂ weight + bias.
/// Training: x̂ = (x − μ) / √(σ² + ε), μ and σ² of the channel over samples and places; the running
/// statistics r become (1 − m) r + m · (μ, σ² n / (n − 1)), m = momentum, n entries of a channel;
/// without running statistics the batch's own are returned.
/// Evaluation: x̂ = (x − running_mean) / √(running_var + ε); the running statistics come through.
/// Shapes: x and y (N, C, ...), all others (C).
/// Gradients, with d = dy ⊙ weight; training: dx = (d − mean d − x̂ mean(d ⊙ x̂)) / √(σ² + ε), and
/// m/n dmean + 2 m (x − μ) / (n − 1) dvar from the running statistics, whose own are (1 − m) times
/// theirs; evaluation: dx = d / √(var + ε), drunning_mean = −Σ dx, drunning_var = −½ Σ d ⊙ x̂ / (var
/// + ε), and those of the outputs; dweight = Σ dy ⊙ x̂, dbias = Σ dy.
/// Throws ShapeError where the shapes do not fit, or a channel has no two entries in training;
/// ValueError where running_var + ε is not positive.
/// Source: S. Ioffe, C. Szegedy, "Batch normalization", ICML 2015.
struct BatchNorm {
  static constexpr std::size_t arity = variadic;
  bool running_mean, running_var;  ///< whether they are given
  ScaledBy scaled;
  bool training;
  double momentum, epsilon;

  std::vector<Shape> shapes(std::span<const Shape> in) const;
  std::optional<Composition> composition(std::span<const Shape> in) const;

  template <class Real>
  Tensors<Real> forward(Inputs<Real> in) const {
    return training ? forward_training(in) : forward_evaluation(in);
  }
  template <class Real>
  Tensors<Real> backward(const Tensors<Real>& dy, Inputs<Real> in, const Tensors<Real>&) const {
    return training ? backward_training(dy, in) : backward_evaluation(dy, in);
  }

 private:
  template <class Real>
  static Groups channels(const TensorOf<Real>& x) {
    Shape kept(x.dimension(), 1);
    kept[1] = x.shape()[1];
    return Groups(shape_of(x), kept);
  }
  template <class Real>
  static std::size_t places(const TensorOf<Real>& x) {
    return Lanes(x, 1).inner;
  }

  template <class Real>
  Tensors<Real> forward_training(Inputs<Real> in) const {
    const TensorOf<Real>& x = *in[0];
    const Groups groups = channels(x);
    const Standardised<Real> s(x, groups, epsilon);
    const Real n = Real(groups.count);
    TensorOf<Real> mean = empty<Real>({groups.groups()});
    TensorOf<Real> variance = empty_like(mean);
    std::size_t slot = 1;
    const auto moved = [&](bool running, TensorOf<Real>& to, std::size_t c, Real batch) {
      const Real m = running ? Real(momentum) : Real(1);
      to.data()[c] = running ? (1 - m) * in[slot]->data()[c] + m * batch : batch;
    };
    for (std::size_t c = 0; c < groups.groups(); ++c) {
      moved(running_mean, mean, c, s.mean[c]);
    }
    slot += running_mean ? 1 : 0;
    for (std::size_t c = 0; c < groups.groups(); ++c) {
      moved(running_var, variance, c, s.variance[c] * (n / (n - 1)));
    }
    return pack<Real>(scaled.of(in, places(x)).forward(s.xhat), std::move(mean),
                      std::move(variance));
  }

  template <class Real>
  Tensors<Real> backward_training(const Tensors<Real>& dy, Inputs<Real> in) const {
    const TensorOf<Real>& x = *in[0];
    const Groups groups = channels(x);
    const Standardised<Real> s(x, groups, epsilon);
    const Scaling<Real> scaling = scaled.of(in, places(x));
    const Real n = Real(groups.count);
    const Real to_mean = running_mean ? Real(momentum) : Real(1);
    const Real to_variance = running_var ? Real(momentum) : Real(1);
    Tensors<Real> gradients = pack<Real>(s.backward(scaling.upstream(dy[0]), groups));
    for (std::size_t c = 0; c < groups.groups(); ++c) {
      for (std::size_t m = 0; m < groups.count; ++m) {
        const std::size_t i = groups.member(c, m);
        const Real centred = s.xhat.data()[i] / s.inverse[c];
        gradients[0].data()[i] +=
            to_mean / n * dy[1].data()[c] + 2 * to_variance * centred / (n - 1) * dy[2].data()[c];
      }
    }
    for (const std::size_t k : {std::size_t{1}, std::size_t{2}}) {
      if (k == 1 ? running_mean : running_var) {
        gradients.push_back(map(dy[k], [this](Real d) { return (1 - Real(momentum)) * d; }));
      }
    }
    scaling.append_gradients(dy[0], s.xhat, gradients);
    return gradients;
  }

  /// 1 / √(running_var + ε). Throws ValueError where that is no number.
  template <class Real>
  std::vector<Real> inverse_deviation(const TensorOf<Real>& variance) const {
    std::vector<Real> inverse(variance.size());
    for (std::size_t c = 0; c < inverse.size(); ++c) {
      const Real v = variance.data()[c] + Real(epsilon);
      if (v <= 0) {
        refuse_variance(static_cast<double>(variance.data()[c]));
      }
      inverse[c] = 1 / std::sqrt(v);
    }
    return inverse;
  }
  [[noreturn]] static void refuse_variance(double variance);

  template <class Real>
  TensorOf<Real> standardised_by(const TensorOf<Real>& mean, const std::vector<Real>& inverse,
                                 const TensorOf<Real>& x) const {
    const std::size_t inner = places(x);
    TensorOf<Real> xhat = empty_like(x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t c = i / inner % inverse.size();
      xhat.data()[i] = (x.data()[i] - mean.data()[c]) * inverse[c];
    }
    return xhat;
  }

  template <class Real>
  Tensors<Real> forward_evaluation(Inputs<Real> in) const {
    const TensorOf<Real> xhat = standardised_by(*in[1], inverse_deviation(*in[2]), *in[0]);
    return pack<Real>(scaled.of(in, places(*in[0])).forward(xhat), *in[1], *in[2]);
  }

  template <class Real>
  Tensors<Real> backward_evaluation(const Tensors<Real>& dy, Inputs<Real> in) const {
    const std::size_t inner = places(*in[0]);
    const std::vector<Real> inverse = inverse_deviation(*in[2]);
    const TensorOf<Real> xhat = standardised_by(*in[1], inverse, *in[0]);
    const Scaling<Real> scaling = scaled.of(in, inner);
    const TensorOf<Real> d = scaling.upstream(dy[0]);
    Tensors<Real> gradients = pack<Real>(empty_like(d), dy[1], dy[2]);
    for (std::size_t i = 0; i < d.size(); ++i) {
      const std::size_t c = i / inner % inverse.size();
      gradients[0].data()[i] = d.data()[i] * inverse[c];
      gradients[1].data()[c] -= d.data()[i] * inverse[c];
      gradients[2].data()[c] -= d.data()[i] * xhat.data()[i] * inverse[c] * inverse[c] / 2;
    }
    scaling.append_gradients(dy[0], xhat, gradients);
    return gradients;
  }
};

/// batch_norm
void add_batch_norm(LayerLibrary& library);

}  // namespace gradcheck
