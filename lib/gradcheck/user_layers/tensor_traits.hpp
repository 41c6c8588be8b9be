#pragma once

#include <array>
#include <concepts>
#include <span>
#include <type_traits>
#include <vector>

#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/user_layers/tensor_view.hpp>

namespace gradcheck {

/// How a type is read and made as a tensor. A specialisation has:
///
///   using Number = double;                   // its entries' type; integers are labels
///   using Owned = std::vector<double>;       // a value that can be passed where T is expected
///   static Tensor tensor(const T&);          // a copy, row-major, in double
///   static Owned owned(const Tensor&);       // throws ShapeError if T cannot have that shape
///   static void assign(T&, const Tensor&);   // replaces the entries
///   static const void* memory(const T&);     // where its entries are
///
/// There are some for numbers, std::vector (also of std::vector: a matrix), std::array, std::span
/// (1-D), TensorView (a pointer or span with a shape), xtensor, and in gradcheck/eigen.hpp for
/// Eigen.
template <class T>
struct TensorTraits;

template <class T>
concept TensorLike = requires {
  typename TensorTraits<std::remove_cvref_t<T>>::Number;
};

template <class T>
using TraitsOf = TensorTraits<std::remove_cvref_t<T>>;
template <class T>
using NumberOf = typename TraitsOf<T>::Number;
template <class T>
using OwnedOf = typename TraitsOf<T>::Owned;

/// Throws ShapeError "tensor: it has shape ..., expected ...".
[[noreturn]] void throw_unfit(const Shape& shape, const std::string& wanted);

/// Copies numbers of any kind.
template <class From, class To>
void copy_numbers(const From& from, To to) {
  for (const auto& number : from) {
    *to++ = static_cast<std::remove_reference_t<decltype(*to)>>(number);
  }
}

template <class T>
requires std::is_arithmetic_v<T>
struct TensorTraits<T> {
  using Number = T;
  using Owned = T;
  static Tensor tensor(const T& t) { return scalar(static_cast<double>(t)); }
  static T owned(const Tensor& t) {
    require_entries(1, shape_of(t));
    return static_cast<T>(t.data()[0]);
  }
  static void assign(T& to, const Tensor& t) { to = owned(t); }
  static const void* memory(const T& t) { return &t; }
};

template <class T>
requires std::is_arithmetic_v<T>
struct TensorTraits<std::vector<T>> {
  using Number = T;
  using Owned = std::vector<T>;
  static Tensor tensor(const Owned& t) {
    Tensor out = empty<double>({t.size()});
    copy_numbers(t, out.data());
    return out;
  }
  static Owned owned(const Tensor& t) {
    Owned out(t.size());
    copy_numbers(entries(t), out.begin());
    return out;
  }
  static void assign(Owned& to, const Tensor& t) { to = owned(t); }
  static const void* memory(const Owned& t) {
    if constexpr (std::is_same_v<T, bool>) {
      return nullptr;
    } else {
      return t.data();
    }
  }
};

/// A matrix, row by row.
template <class T>
requires std::is_arithmetic_v<T>
struct TensorTraits<std::vector<std::vector<T>>> {
  using Number = T;
  using Owned = std::vector<std::vector<T>>;
  static Tensor tensor(const Owned& t) {
    Tensor out = empty<double>({t.size(), t.empty() ? 0 : t[0].size()});
    double* to = out.data();
    for (const std::vector<T>& row : t) {
      if (row.size() != t[0].size()) {
        throw_unfit({row.size()}, "rows of one length");
      }
      copy_numbers(row, to);
      to += row.size();
    }
    return out;
  }
  static Owned owned(const Tensor& t) {
    if (t.dimension() != 2) {
      throw_unfit(shape_of(t), "a matrix");
    }
    Owned out(t.shape()[0], std::vector<T>(t.shape()[1]));
    for (std::size_t i = 0; i < out.size(); ++i) {
      copy_numbers(std::span(t.data() + i * out[i].size(), out[i].size()), out[i].begin());
    }
    return out;
  }
  static void assign(Owned& to, const Tensor& t) { to = owned(t); }
  static const void* memory(const Owned&) { return nullptr; }
};

template <class T, std::size_t N>
requires std::is_arithmetic_v<T>
struct TensorTraits<std::array<T, N>> {
  using Number = T;
  using Owned = std::array<T, N>;
  static Tensor tensor(const Owned& t) {
    Tensor out = empty<double>({N});
    copy_numbers(t, out.data());
    return out;
  }
  static Owned owned(const Tensor& t) {
    require_entries(N, shape_of(t));
    Owned out{};
    copy_numbers(entries(t), out.begin());
    return out;
  }
  static void assign(Owned& to, const Tensor& t) { to = owned(t); }
  static const void* memory(const Owned& t) { return t.data(); }
};

template <class T>
requires std::is_arithmetic_v<std::remove_const_t<T>>
struct TensorTraits<std::span<T>> {
  using Number = std::remove_const_t<T>;
  using Owned = std::vector<Number>;
  static Tensor tensor(std::span<T> t) {
    Tensor out = empty<double>({t.size()});
    copy_numbers(t, out.data());
    return out;
  }
  static Owned owned(const Tensor& t) { return TensorTraits<Owned>::owned(t); }
  static void assign(std::span<T> to, const Tensor& t) {
    require_entries(to.size(), shape_of(t));
    copy_numbers(entries(t), to.begin());
  }
  static const void* memory(std::span<T> t) { return t.data(); }
};

/// Numbers with a shape that can be viewed.
template <class Number>
struct OwnedNumbers {
  std::vector<Number> numbers;
  Shape shape;
  template <class T>
  requires std::same_as<std::remove_const_t<T>, Number>
  operator TensorView<T>() { return {numbers.data(), shape}; }
};

template <class T>
struct TensorTraits<TensorView<T>> {
  using Number = std::remove_const_t<T>;
  using Owned = OwnedNumbers<Number>;
  static Tensor tensor(const TensorView<T>& t) {
    Tensor out = empty<double>(t.shape);
    copy_numbers(t, out.data());
    return out;
  }
  static Owned owned(const Tensor& t) {
    return {TensorTraits<std::vector<Number>>::owned(t), shape_of(t)};
  }
  static void assign(const TensorView<T>& to, const Tensor& t) {
    require_entries(to.size(), shape_of(t));
    copy_numbers(entries(t), to.begin());
  }
  static const void* memory(const TensorView<T>& t) { return t.data; }
};

template <class Number>
struct TensorTraits<OwnedNumbers<Number>> : TensorTraits<TensorView<Number>> {
  static Tensor tensor(const OwnedNumbers<Number>& t) {
    Tensor out = empty<double>(t.shape);
    copy_numbers(t.numbers, out.data());
    return out;
  }
  static const void* memory(const OwnedNumbers<Number>& t) { return t.numbers.data(); }
};

/// xtensor's containers of any layout, its views and lazy expressions.
template <class T>
requires xt::is_xexpression<T>::value struct TensorTraits<T> {
  using Number = typename T::value_type;
  static constexpr bool container = std::is_default_constructible_v<T> && requires(T t) {
    t.storage();
  };
  using Owned = std::conditional_t<container, T, xt::xarray<Number>>;
  static Tensor tensor(const T& t) {
    Tensor out = empty<double>(Shape(t.shape().begin(), t.shape().end()));
    double* to = out.data();
    const auto last = t.template end<xt::layout_type::row_major>();
    for (auto it = t.template begin<xt::layout_type::row_major>(); it != last; ++it) {
      *to++ = static_cast<double>(*it);
    }
    return out;
  }
  static Owned owned(const Tensor& t) {
    Owned out;
    assign(out, t);
    return out;
  }
  template <class To>
  static void assign(To& to, const Tensor& t) {
    if constexpr (requires { to.resize(t.shape()); }) {
      using Extents = std::remove_cvref_t<decltype(to.shape())>;
      Extents extents = to.shape();
      if constexpr (requires { extents.resize(t.dimension()); }) {
        extents.resize(t.dimension());
      }
      if (extents.size() != t.dimension()) {
        throw_unfit(shape_of(t), std::to_string(extents.size()) + " axes");
      }
      std::copy(t.shape().begin(), t.shape().end(), extents.begin());
      to.resize(extents);
    } else if (Shape(to.shape().begin(), to.shape().end()) != shape_of(t)) {
      throw_unfit(shape_of(t), to_string(Shape(to.shape().begin(), to.shape().end())));
    }
    copy_numbers(entries(t), to.template begin<xt::layout_type::row_major>());
  }
  static const void* memory(const T& t) {
    if constexpr (requires { t.data(); }) {
      return t.data();
    } else {
      return nullptr;
    }
  }
};

}  // namespace gradcheck
