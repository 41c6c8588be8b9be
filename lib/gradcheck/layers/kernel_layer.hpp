#pragma once

#include <type_traits>
#include <utility>

#include <gradcheck/layers/layer.hpp>

namespace gradcheck {

/// Turns a *kernel*, a plain struct that reads like the textbook, into a Layer:
///
///   struct Affine {
///     static constexpr std::size_t arity = 3;   // or variadic
///     Shape shape(const Shape& x, const Shape& W, const Shape& b) const;   // checks, throws
///     ShapeError template <class Real> TensorOf<Real> forward(x, W, b) const; template <class
///     Real> Tensors<Real> backward(dy, x, W, b, y) const;
///   };
///
/// A kernel may add: `bool differentiable(slot) const` (all inputs, without it); for kinks
/// `Branches branches(x...)`, `forward_along<Real>(branches, x...)` and `std::vector<Tie>
/// ties(Inputs x, Inputs widths)`, and `bool kinked() const` where its settings decide; and
/// `move<Real>(Inputs x, InputEntry, Real delta, TensorOf<Real>& y)`; and `Structure
/// structure(std::span<const Shape>)`, with `terms<Real>(x...)` (with kinks `terms_along<Real>(
/// branches, x...)`) and `change_terms(x..., entries, moved, changes)` where the output is a sum of
/// terms; and `std::optional<Composition> composition(std::span<const Shape>)`. With several
/// outputs, `shapes` takes the place of `shape`, and forward, dy and y are Tensors<Real>. A
/// variadic kernel takes spans.
template <class Kernel>
class KernelLayer final : public Layer {
 public:
  KernelLayer(std::string name, Kernel kernel)
      : name_(std::move(name)), kernel_(std::move(kernel)) {}

  const std::string& name() const override { return name_; }

  std::vector<Shape> output_shapes(std::span<const Shape> x) const override {
    const auto shape = spread<Shape>(x, [&](const auto&... each) {
      if constexpr (several_outputs) {
        return kernel_.shapes(each...);
      } else {
        return kernel_.shape(each...);
      }
    });
    if constexpr (several_outputs) {
      return shape;
    } else {
      return {shape};
    }
  }

  Tensors<double> forward(Inputs<double> x) const override { return run_forward(x); }
  Tensors<long double> forward(Inputs<long double> x) const override { return run_forward(x); }

  Tensors<double> backward(const Tensors<double>& dy, Inputs<double> x,
                           const Tensors<double>& y) const override {
    return run_backward(dy, x, y);
  }
  Tensors<long double> backward(const Tensors<long double>& dy, Inputs<long double> x,
                                const Tensors<long double>& y) const override {
    return run_backward(dy, x, y);
  }

  bool differentiable(std::size_t slot) const override {
    if constexpr (requires { kernel_.differentiable(slot); }) {
      return kernel_.differentiable(slot);
    } else {
      return true;
    }
  }

  bool kinked() const override {
    if constexpr (requires { kernel_.kinked(); }) {
      return kernel_.kinked();
    } else {
      return has_kinks;
    }
  }

  Branches branches(Inputs<double> x) const override {
    if constexpr (has_kinks) {
      return spread(x, [&](const auto&... each) { return kernel_.branches(each...); });
    } else {
      return {};
    }
  }

  Tensors<double> forward_along(const Branches& branches, Inputs<double> x) const override {
    return run_along(branches, x);
  }
  Tensors<long double> forward_along(const Branches& branches,
                                     Inputs<long double> x) const override {
    return run_along(branches, x);
  }

  std::vector<Tie> ties(Inputs<double> x, Inputs<double> widths) const override {
    if constexpr (has_kinks) {
      return kernel_.ties(x, widths);
    } else {
      return {};
    }
  }

  bool move(Inputs<double> x, InputEntry moved, double delta, Tensors<double>& y) const override {
    return run_move(x, moved, delta, y);
  }
  bool move(Inputs<long double> x, InputEntry moved, long double delta,
            Tensors<long double>& y) const override {
    return run_move(x, moved, delta, y);
  }

  Structure structure(std::span<const Shape> inputs) const override {
    if constexpr (requires { kernel_.structure(inputs); }) {
      return kernel_.structure(inputs);
    } else {
      return {};
    }
  }
  std::optional<Composition> composition(std::span<const Shape> inputs) const override {
    if constexpr (requires { kernel_.composition(inputs); }) {
      return kernel_.composition(inputs);
    } else {
      return std::nullopt;
    }
  }
  Tensor terms(const Branches& branches, Inputs<double> x) const override {
    return run_terms(branches, x);
  }
  LongTensor terms(const Branches& branches, Inputs<long double> x) const override {
    return run_terms(branches, x);
  }
  bool change_terms(Inputs<double> x, std::span<const std::uint32_t> rows, const Tensor& moved,
                    std::span<double> changes) const override {
    if constexpr (requires { &Kernel::change_terms; }) {
      spread(x, [&](const auto&... each) { kernel_.change_terms(each..., rows, moved, changes); });
      return true;
    } else {
      return false;
    }
  }

 private:
  static constexpr bool variadic = Kernel::arity == std::size_t(-1);
  static constexpr bool several_outputs = requires { &Kernel::shapes; };
  static constexpr bool has_kinks = requires { &Kernel::ties; };

  /// Calls f with the inputs one by one (or, for a variadic kernel, with the whole span).
  template <class Real, class Function>
  static auto spread(Inputs<Real> x, Function f) {
    if constexpr (variadic) {
      return f(x);
    } else {
      return [&]<std::size_t... I>(std::index_sequence<I...>) { return f(*x[I]...); }
      (std::make_index_sequence<Kernel::arity>{});
    }
  }
  template <class S, class Function>
  requires std::is_same_v<S, Shape>
  static auto spread(std::span<const S> x, Function f) {
    if constexpr (variadic) {
      return f(x);
    } else {
      return [&]<std::size_t... I>(std::index_sequence<I...>) { return f(x[I]...); }
      (std::make_index_sequence<Kernel::arity>{});
    }
  }

  /// The outputs that `make` makes.
  template <class Real, class Make>
  static Tensors<Real> outputs(const Make& make) {
    if constexpr (several_outputs) {
      return make();
    } else {
      Tensors<Real> y;
      append(y, make);
      return y;
    }
  }
  template <class Real>
  static const auto& unwrap(const Tensors<Real>& y) {
    if constexpr (several_outputs) {
      return y;
    } else {
      return y[0];
    }
  }

  template <class Real>
  Tensors<Real> run_forward(Inputs<Real> x) const {
    return spread(x, [&](const auto&... each) {
      return outputs<Real>([&] { return kernel_.template forward<Real>(each...); });
    });
  }

  template <class Real>
  Tensors<Real> run_backward(const Tensors<Real>& dy, Inputs<Real> x,
                             const Tensors<Real>& y) const {
    return spread(x, [&](const auto&... each) {
      return kernel_.template backward<Real>(unwrap(dy), each..., unwrap(y));
    });
  }

  template <class Real>
  Tensors<Real> run_along(const Branches& branches, Inputs<Real> x) const {
    if constexpr (has_kinks) {
      return spread(x, [&](const auto&... each) {
        return outputs<Real>(
            [&] { return kernel_.template forward_along<Real>(branches, each...); });
      });
    } else {
      return run_forward(x);
    }
  }

  template <class Real>
  bool run_move(Inputs<Real> x, InputEntry moved, Real delta, Tensors<Real>& y) const {
    if constexpr (requires { kernel_.template move<Real>(x, moved, delta, y[0]); }) {
      return kernel_.template move<Real>(x, moved, delta, y[0]);
    } else {
      return false;
    }
  }

  template <class Real>
  TensorOf<Real> run_terms(const Branches& branches, Inputs<Real> x) const {
    return spread(x, [&](const auto&... each) -> TensorOf<Real> {
      if constexpr (requires { kernel_.template terms_along<Real>(branches, each...); }) {
        return kernel_.template terms_along<Real>(branches, each...);
      } else if constexpr (requires { kernel_.template terms<Real>(each...); }) {
        return kernel_.template terms<Real>(each...);
      } else {
        return {};
      }
    });
  }

  std::string name_;
  Kernel kernel_;
};

/// `Kernel::arity` of a kernel that takes any number of inputs.
inline constexpr std::size_t variadic = std::size_t(-1);

template <class Kernel>
LayerPtr make_layer(std::string name, Kernel kernel) {
  return std::make_shared<const KernelLayer<Kernel>>(std::move(name), std::move(kernel));
}

}  // namespace gradcheck
