#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include <defects/float32_layers.hpp>

#include <gradcheck/layers/activations.hpp>
#include <gradcheck/layers/classification.hpp>
#include <gradcheck/layers/elementwise.hpp>
#include <gradcheck/layers/linear.hpp>
#include <gradcheck/layers/normalisers.hpp>
#include <gradcheck/layers/reductions.hpp>
#include <gradcheck/layers/regression.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck::defects {

namespace {

/// y[n, j] = (x[n, j] − mean_n) / sqrt(var_n + 10⁻⁵) over each row of a matrix, var with 1/n.
/// Gradient, with s = 1 / sqrt(var + 10⁻⁵): dx = s (dy − mean(dy) − y mean(dy ⊙ y)).
struct LayerNorm {
  static constexpr std::size_t arity = 1;
  static constexpr float epsilon = 1e-5F;

  Shape shape(const Shape& x) const { return x; }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    TensorOf<Real> y = empty<Real>(shape_of(x));
    const std::size_t n = x.shape().back();
    for (std::size_t start = 0; start < x.size(); start += n) {
      const Real mean = mean_of(x.data() + start, n);
      const Real scale = scale_of(x.data() + start, n, mean);
      for (std::size_t i = start; i < start + n; ++i) {
        y.data()[i] = (x.data()[i] - mean) * scale;
      }
    }
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>& y) const {
    TensorOf<Real> dx = empty<Real>(shape_of(x));
    const std::size_t n = x.shape().back();
    for (std::size_t start = 0; start < x.size(); start += n) {
      const Real scale = scale_of(x.data() + start, n, mean_of(x.data() + start, n));
      const Real mean = mean_of(dy.data() + start, n);
      Real along = 0;
      for (std::size_t i = start; i < start + n; ++i) {
        along += dy.data()[i] * y.data()[i] / static_cast<Real>(n);
      }
      for (std::size_t i = start; i < start + n; ++i) {
        dx.data()[i] = scale * (dy.data()[i] - mean - y.data()[i] * along);
      }
    }
    return pack<Real>(std::move(dx));
  }

 private:
  template <class Real>
  static Real mean_of(const Real* x, std::size_t n) {
    Real sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      sum += x[i];
    }
    return sum / static_cast<Real>(n);
  }
  template <class Real>
  static Real scale_of(const Real* x, std::size_t n, Real mean) {
    Real sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      sum += (x[i] - mean) * (x[i] - mean);
    }
    return 1 / std::sqrt(sum / static_cast<Real>(n) + Real(epsilon));
  }
};

/// A kernel of one output, evaluated in float whatever it is handed.
template <class Kernel>
class Float32Layer final : public Layer {
 public:
  Float32Layer(std::string name, Kernel kernel)
      : name_(std::move(name)), kernel_(std::move(kernel)) {}

  const std::string& name() const override { return name_; }
  std::vector<Shape> output_shapes(std::span<const Shape> x) const override {
    return spread([&](auto... I) { return std::vector<Shape>{kernel_.shape(x[I]...)}; });
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
  Precision precision() const override { return Precision::float32; }

  bool kinked() const override { return false; }
  Branches branches(Inputs<double>) const override { return {}; }
  Tensors<double> forward_along(const Branches&, Inputs<double> x) const override {
    return run_forward(x);
  }
  Tensors<long double> forward_along(const Branches&, Inputs<long double> x) const override {
    return run_forward(x);
  }
  std::vector<Tie> ties(Inputs<double>, Inputs<double>) const override { return {}; }
  bool move(Inputs<double>, InputEntry, double, Tensors<double>&) const override { return false; }
  bool move(Inputs<long double>, InputEntry, long double, Tensors<long double>&) const override {
    return false;
  }

 private:
  using Float = TensorOf<float>;

  /// f(0, 1, ...) for the positions of the inputs.
  template <class Function>
  static auto spread(Function f) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return f(std::integral_constant<std::size_t, I>{}...);
    }
    (std::make_index_sequence<Kernel::arity>{});
  }

  template <class Real>
  Tensors<Real> run_forward(Inputs<Real> x) const {
    const Float y =
        spread([&](auto... I) { return kernel_.template forward<float>(cast<float>(*x[I])...); });
    return pack(cast<Real>(y));
  }

  template <class Real>
  Tensors<Real> run_backward(const Tensors<Real>& dy, Inputs<Real> x,
                             const Tensors<Real>& y) const {
    const std::vector<Float> dx = spread([&](auto... I) {
      return kernel_.template backward<float>(cast<float>(dy[0]), cast<float>(*x[I])...,
                                              cast<float>(y[0]));
    });
    Tensors<Real> result;
    for (const Float& each : dx) {
      result.push_back(cast<Real>(each));
    }
    return result;
  }

  std::string name_;
  Kernel kernel_;
};

using Layers = std::map<std::string, LayerPtr>;

template <class Kernel>
void add(Layers& layers, std::string name, Kernel kernel = {}) {
  layers.emplace(name, std::make_shared<const Float32Layer<Kernel>>(name, std::move(kernel)));
}

Layers make_layers() {
  Layers layers;
  add<Binary<Add>>(layers, "add");
  add<Binary<Subtract>>(layers, "subtract");
  add<Binary<Multiply>>(layers, "multiply");
  add<Binary<Divide>>(layers, "divide");
  add<Unary<Exp>>(layers, "exp");
  add<Unary<Log>>(layers, "log");
  add<Unary<Sqrt>>(layers, "sqrt");
  add<Unary<Square>>(layers, "square");
  add<Unary<Sin>>(layers, "sin");
  add<KinkedUnary<Relu>>(layers, "relu");
  add<Unary<Sigmoid>>(layers, "sigmoid");
  add<Unary<Tanh>>(layers, "tanh");
  add<Unary<Silu>>(layers, "silu");
  add<Unary<Softplus>>(layers, "softplus", {{1}});
  add<Matmul>(layers, "matmul");
  add<Affine>(layers, "affine");
  add<Softmax>(layers, "softmax", {-1});
  add<LogSoftmax>(layers, "log_softmax", {-1});
  add<LayerNorm>(layers, "layer_norm");
  add<Sum>(layers, "sum", {{"sum", std::nullopt, false}});
  add<Mean>(layers, "mean", {{"mean", std::nullopt, false}});
  add<SoftmaxCrossEntropy>(layers, "softmax_cross_entropy", {Reduction::mean});
  add<BinaryCrossEntropyWithLogits>(layers, "binary_cross_entropy_with_logits", {Reduction::mean});
  add<HalfSquaredError>(layers, "half_squared_error", {{}, Reduction::sum});
  add<MeanSquaredError>(layers, "mean_squared_error", {{}, Reduction::mean});
  return layers;
}

const Layers& layers() {
  static const Layers all = make_layers();
  return all;
}

LayerType type_of(const std::string& name) {
  LayerType type{.name = name, .tensors = {"x"}};
  if (const LayerType* standard = standard_layers().find(name)) {
    type = *standard;
  }
  type.settings.clear();
  type.make = [name](const Settings&) { return layers().at(name); };
  return type;
}

}  // namespace

LayerLibrary with_float32(const std::vector<std::string>& names) {
  LayerLibrary library;
  for (const LayerType& type : standard_layers().types()) {
    if (std::ranges::count(names, type.name) == 0) {
      library.add(type);
    }
  }
  for (const std::string& name : names) {
    if (!layers().contains(name)) {
      throw ValueError("with_float32: there is no float32 layer '" + name + "'");
    }
    library.add(type_of(name));
  }
  return library;
}

std::vector<std::string> float32_layer_names() {
  std::vector<std::string> names;
  for (const auto& [name, layer] : layers()) {
    names.push_back(name);
  }
  return names;
}

}  // namespace gradcheck::defects
