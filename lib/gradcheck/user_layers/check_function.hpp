#pragma once

#include <tuple>
#include <type_traits>

#include <gradcheck/user_layers/check_layer.hpp>

namespace gradcheck {

namespace detail {

template <class X>
struct Arguments {
  using type = Types<X>;
  static std::vector<InputTensor> inputs(const X& x) { return {InputTensor(x)}; }
};
template <class... X>
struct Arguments<std::tuple<X...>> {
  using type = Types<X...>;
  static std::vector<InputTensor> inputs(const std::tuple<X...>& x) {
    return std::apply(
        [](const auto&... each) { return std::vector<InputTensor>{InputTensor(each)...}; }, x);
  }
};

/// f and its gradient as a layer without state.
template <class F, class G>
struct FunctionPair {
  const F& f;
  const G& gradient;

  template <class... X>
  auto forward(const X&... x) const {
    return f(x...);
  }
  /// gradient(x...), of an f that is one number.
  template <class Dy, class... X>
  requires std::is_invocable_v<const G&, const X&...> && std::is_arithmetic_v<Dy> Tensors<double>
  backward(const Dy& dy, const X&... x)
  const {
    Tensors<double> dx;
    each_tensor(gradient(x...), sizeof...(X) > 1, [&](const auto& t) {
      dx.push_back(TraitsOf<decltype(t)>::tensor(t));
      for (double& d : entries(dx.back())) {
        d *= static_cast<double>(dy);
      }
    });
    return dx;
  }
  /// gradient(dy, x...)
  template <class Dy, class... X>
  requires(sizeof...(X) > 0 && std::is_invocable_v<const G&, const Dy&, const X&...>) auto backward(
      const Dy& dy, const X&... x) const {
    return gradient(dy, x...);
  }
};

}  // namespace detail

/// Checks the gradient of a plain function: gradient_of_f(x) of an f that is one number, or
/// gradient_of_f(dy, x), the product of dy and the Jacobian, of any f. Several arguments are given
/// as a std::tuple, and passed one by one; their gradients are returned as a tuple or container.
///
///   check_function([](double x) { return x * x; }, [](double x) { return 2 * x; }, 3.0)
template <class F, class G, class X>
Report check_function(const F& f, const G& gradient_of_f, const X& x, LayerOptions options = {}) {
  options.inputs = detail::Arguments<X>::inputs(x);
  options.name = options.name.empty() ? "function" : options.name;
  const detail::FunctionPair<F, G> pair{f, gradient_of_f};
  return [&]<class... T>(Types<T...>) {
    return check_layer<T...>(pair, options);
  }(typename detail::Arguments<X>::type{});
}

}  // namespace gradcheck
