#pragma once

#include <functional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <gradcheck/user_layers/tensor_traits.hpp>

namespace gradcheck {

/// A parameter in its owner's memory, and the gradient beside it. Both must outlive it; views
/// (std::span, TensorView) are kept as they are.
struct ParameterRef {
  template <class Value, class Gradient>
  requires TensorLike<Value> && TensorLike<Gradient> ParameterRef(std::string its_name,
                                                                  Value&& its_value,
                                                                  Gradient&& its_gradient)
      : name(std::move(its_name)),
        value(reader<Value>(its_value)),
        set_value(writer<Value>(its_value)),
        gradient(reader<Gradient>(its_gradient)),
        set_gradient(writer<Gradient>(its_gradient)),
        single_precision(std::is_same_v<NumberOf<Value>, float>) {}

  std::string name;
  std::function<Tensor()> value;
  std::function<void(const Tensor&)> set_value;
  std::function<Tensor()> gradient;
  std::function<void(const Tensor&)> set_gradient;
  bool single_precision;

 private:
  /// A view refers to others' memory by itself; anything else must be somebody's.
  template <class T>
  static constexpr bool is_view = !std::is_same_v<OwnedOf<T>, std::remove_cvref_t<T>>;

  template <class T>
  static std::function<Tensor()> reader(std::remove_reference_t<T>& t) {
    static_assert(is_view<T> || std::is_lvalue_reference_v<T>,
                  "a parameter and its gradient are referred to, not copied");
    if constexpr (is_view<T>) {
      return [t] { return TraitsOf<T>::tensor(t); };
    } else {
      return [p = &t] { return TraitsOf<T>::tensor(*p); };
    }
  }
  template <class T>
  static std::function<void(const Tensor&)> writer(std::remove_reference_t<T>& t) {
    static_assert(!std::is_const_v<std::remove_reference_t<T>> || is_view<T>,
                  "a parameter and its gradient must not be const");
    if constexpr (is_view<T>) {
      return [t](const Tensor& from) mutable { TraitsOf<T>::assign(t, from); };
    } else {
      return [p = &t](const Tensor& from) { TraitsOf<T>::assign(*p, from); };
    }
  }
};

namespace detail {

/// What a pointer, smart pointer or std::reference_wrapper refers to; anything else is itself.
template <class T>
decltype(auto) referred(T&& t) {
  if constexpr (TensorLike<T>) {
    return std::forward<T>(t);
  } else if constexpr (requires { *t; }) {
    return *t;
  } else if constexpr (requires { t.get(); }) {
    return t.get();
  } else {
    return std::forward<T>(t);
  }
}

template <class T>
concept TupleLike = requires {
  std::tuple_size<std::remove_cvref_t<T>>::value;
};

template <class T>
concept Text = std::is_convertible_v<T, std::string>;

using ParameterList = std::vector<ParameterRef>;

template <class Listed>
void add_parameters(ParameterList& out, Listed&& listed);

template <class Value, class Gradient>
void add_parameter(ParameterList& out, std::string name, Value&& value, Gradient&& gradient) {
  out.emplace_back(name.empty() ? "p" + std::to_string(out.size()) : std::move(name),
                   referred(std::forward<Value>(value)),
                   referred(std::forward<Gradient>(gradient)));
}

/// A tuple: (value, gradient), (name, value, gradient), (name, what holds both), or a list of such.
template <class Tuple>
void add_tuple(ParameterList& out, Tuple&& tuple) {
  using Type = std::remove_cvref_t<Tuple>;
  constexpr std::size_t size = std::tuple_size_v<Type>;
  if constexpr (size == 3 && Text<std::tuple_element_t<0, Type>>) {
    add_parameter(out, std::get<0>(tuple), std::get<1>(std::forward<Tuple>(tuple)),
                  std::get<2>(std::forward<Tuple>(tuple)));
  } else if constexpr (size == 2 &&
                       TensorLike<decltype(referred(std::get<0>(std::declval<Tuple>())))>) {
    add_parameter(out, "", std::get<0>(std::forward<Tuple>(tuple)),
                  std::get<1>(std::forward<Tuple>(tuple)));
  } else if constexpr (size == 2 && Text<std::tuple_element_t<0, Type>>) {
    const std::size_t first = out.size();
    add_parameters(out, std::get<1>(std::forward<Tuple>(tuple)));
    for (std::size_t k = first; k < out.size(); ++k) {
      out[k].name = std::get<0>(tuple);
    }
  } else {
    std::apply(
        [&](auto&&... each) { (add_parameters(out, std::forward<decltype(each)>(each)), ...); },
        std::forward<Tuple>(tuple));
  }
}

template <class T>
std::string name_in(const T& t) {
  if constexpr (requires { std::string(t.name); }) {
    return t.name;
  } else {
    return "";
  }
}

/// A struct with `value` and `gradient` (or `grad`), and perhaps `name`.
template <class Struct>
void add_struct(ParameterList& out, Struct&& one) {
  if constexpr (requires { one.gradient; }) {
    add_parameter(out, name_in(one), std::forward<Struct>(one).value,
                  std::forward<Struct>(one).gradient);
  } else {
    add_parameter(out, name_in(one), std::forward<Struct>(one).value,
                  std::forward<Struct>(one).grad);
  }
}

template <class Listed>
void add_parameters(ParameterList& out, Listed&& listed) {
  using Type = std::remove_cvref_t<Listed>;
  if constexpr (std::is_same_v<Type, ParameterRef>) {
    out.push_back(listed);
  } else if constexpr (requires { listed.value; }) {
    add_struct(out, std::forward<Listed>(listed));
  } else if constexpr (TupleLike<Listed>) {
    add_tuple(out, std::forward<Listed>(listed));
  } else if constexpr (requires { listed.begin(); }) {
    for (auto&& each : listed) {
      if constexpr (std::is_lvalue_reference_v<Listed>) {
        add_parameters(out, each);
      } else {
        add_parameters(out, std::move(each));
      }
    }
  } else {
    add_parameters(out, referred(std::forward<Listed>(listed)));
  }
}

}  // namespace detail

/// The parameters that a layer's `parameters()` lists: a container or tuple of
/// (value, gradient), (name, value, gradient), structs with `value` and `gradient` or `grad` (and
/// `name`), ParameterRefs, or pointers to any of these. None where there is no such member.
template <class Layer>
std::vector<ParameterRef> parameters_of(Layer& layer) {
  std::vector<ParameterRef> out;
  if constexpr (requires { layer.parameters(); }) {
    detail::add_parameters(out, layer.parameters());
  }
  return out;
}

}  // namespace gradcheck
