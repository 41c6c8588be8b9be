#pragma once

#include <string>
#include <tuple>
#include <type_traits>
#include <typeinfo>

namespace gradcheck {

/// A list of types.
template <class... T>
struct Types {
  static constexpr std::size_t size = sizeof...(T);
};

/// The arguments of a member function, without const and references.
template <class Member>
struct ArgumentsOf;
template <class R, class C, class... A>
struct ArgumentsOf<R (C::*)(A...)> {
  using type = Types<std::remove_cvref_t<A>...>;
};
template <class R, class C, class... A>
struct ArgumentsOf<R (C::*)(A...) const> : ArgumentsOf<R (C::*)(A...)> {};
template <class R, class C, class... A>
struct ArgumentsOf<R (C::*)(A...) noexcept> : ArgumentsOf<R (C::*)(A...)> {};
template <class R, class C, class... A>
struct ArgumentsOf<R (C::*)(A...) const noexcept> : ArgumentsOf<R (C::*)(A...)> {};

/// Whether `forward` is one function, whose arguments can be read off; not so for templates and
/// overloads.
template <class Layer>
concept HasOneForward = requires {
  typename ArgumentsOf<decltype(&Layer::forward)>::type;
};

/// The types of forward's inputs: as given, or as its declaration says.
template <class Layer, class... Given>
struct ForwardInputs {
  using type = Types<Given...>;
};
template <class Layer>
struct ForwardInputs<Layer> {
  static_assert(HasOneForward<Layer>,
                "forward is a template or overloaded: name its input types, as in "
                "check_layer<Tensor, Tensor>(layer, ...)");
  using type = typename ArgumentsOf<decltype(&Layer::forward)>::type;
};

/// "Affine" for mynet::Affine: how a type is called in reports.
std::string type_name(const std::type_info& type);

}  // namespace gradcheck
