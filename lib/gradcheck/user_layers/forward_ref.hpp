#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/user_layers/each_tensor.hpp>
#include <gradcheck/user_layers/parameter_ref.hpp>
#include <gradcheck/user_layers/signature.hpp>
#include <gradcheck/user_layers/user_layer.hpp>

namespace gradcheck {

namespace detail {

template <class F>
struct CalledForward {
  using Inputs = typename ArgumentsOf<decltype(&F::operator())>::type;
  template <class... X>
  static decltype(auto) call(F& f, X&... x) {
    return f(x...);
  }
};
template <HasOneForward F>
struct CalledForward<F> {
  using Inputs = typename ArgumentsOf<decltype(&F::forward)>::type;
  template <class... X>
  static decltype(auto) call(F& f, X&... x) {
    return f.forward(x...);
  }
};

/// A UserLayer of a forward alone: that of an object, or a callable.
template <class F, class InputTypes>
class ForwardOnly;
template <class F, class... X>
class ForwardOnly<F, Types<X...>> final : public UserLayer {
 public:
  explicit ForwardOnly(std::shared_ptr<F> f)
      : f_(std::move(f)), parameters_(parameters_of(*f_)), name_(type_name(typeid(F))) {}

  const std::string& name() const override { return name_; }
  std::vector<std::string> parameter_names() const override {
    std::vector<std::string> names;
    for (const ParameterRef& parameter : parameters_) {
      names.push_back(parameter.name);
    }
    return names;
  }
  Tensor parameter(std::size_t k) const override { return parameters_.at(k).value(); }
  void set_parameter(std::size_t k, const Tensor& value) override {
    parameters_.at(k).set_value(value);
  }
  Tensor parameter_gradient(std::size_t k) const override { return parameters_.at(k).gradient(); }
  void set_parameter_gradient(std::size_t k, const Tensor& value) override {
    parameters_.at(k).set_gradient(value);
  }

  Tensors<double> forward(Inputs<double> x) override {
    if (x.size() != sizeof...(X)) {
      throw_value(name_, "forward", std::to_string(x.size()) + " inputs",
                  std::to_string(sizeof...(X)));
    }
    return run(x, std::index_sequence_for<X...>{});
  }
  Tensors<double> backward(const Tensors<double>&) override {
    throw_value(name_, "backward", "none", "that of the layer whose reference it is");
  }

 private:
  template <std::size_t... I>
  Tensors<double> run(Inputs<double> x, std::index_sequence<I...>) {
    Tensors<double> y;
    auto owned = std::tuple(TraitsOf<X>::owned(*x[I])...);
    each_tensor(CalledForward<F>::call(*f_, std::get<I>(owned)...), false,
                [&](const auto& t) { y.push_back(TraitsOf<decltype(t)>::tensor(t)); });
    return y;
  }

  std::shared_ptr<F> f_;
  std::vector<ParameterRef> parameters_;
  std::string name_;
};

}  // namespace detail

/// Anything with the forward of a layer, to be differentiated in its place: an object with one
/// `forward`, which must outlive it, or a callable. What is handed over as a temporary is kept.
struct ForwardRef {
  ForwardRef() = default;
  ForwardRef(std::shared_ptr<UserLayer> its_layer) : layer(std::move(its_layer)) {}
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, ForwardRef> &&
           !std::is_convertible_v<F, std::shared_ptr<UserLayer>>) ForwardRef(F&& f)
      : layer(layer_of(std::forward<F>(f))) {}

  explicit operator bool() const { return layer != nullptr; }

  std::shared_ptr<UserLayer> layer{};  ///< of which nothing but forward and parameters is used

 private:
  template <class F>
  static std::shared_ptr<UserLayer> layer_of(F&& f) {
    using Own = std::remove_reference_t<F>;
    using Only = detail::ForwardOnly<Own, typename detail::CalledForward<Own>::Inputs>;
    if constexpr (std::is_lvalue_reference_v<F>) {
      return std::make_shared<Only>(std::shared_ptr<Own>(&f, [](Own*) {}));
    } else {
      return std::make_shared<Only>(std::make_shared<Own>(std::forward<F>(f)));
    }
  }
};

}  // namespace gradcheck
