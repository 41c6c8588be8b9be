#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include <gradcheck/gradcheck.hpp>

namespace gradcheck::defects::opaque {

/// The arithmetic in which a layer is its own truth: 2,000 times finer than double's where long
/// double has 64 bits. Without these bits nothing is known to be attainable in float64.
using Truth = long double;

/// A tensor as a user's own project has it: numbers in row-major order and their shape.
template <class T>
struct Array {
  std::vector<T> numbers;
  Shape shape;

  std::size_t size() const { return numbers.size(); }
  T& operator[](std::size_t flat) { return numbers[flat]; }
  const T& operator[](std::size_t flat) const { return numbers[flat]; }
  /// Of a matrix: its extents and its entries.
  std::size_t rows() const { return shape.at(0); }
  std::size_t columns() const { return shape.at(1); }
  T& operator()(std::size_t i, std::size_t j) { return numbers[i * columns() + j]; }
  const T& operator()(std::size_t i, std::size_t j) const { return numbers[i * columns() + j]; }
};

template <class T>
using Arrays = std::vector<Array<T>>;

template <class T>
Array<T> zeros_of(const Shape& shape) {
  return {std::vector<T>(entries_of(shape)), shape};
}

template <class To, class From>
Array<To> cast(const Array<From>& from) {
  return {std::vector<To>(from.numbers.begin(), from.numbers.end()), from.shape};
}

template <class To, class From>
Arrays<To> cast(const Arrays<From>& from) {
  Arrays<To> to;
  for (const Array<From>& each : from) {
    to.push_back(cast<To>(each));
  }
  return to;
}

/// f of each entry.
template <class T, class F>
Array<T> map(Array<T> x, F f) {
  for (T& each : x.numbers) {
    each = f(each);
  }
  return x;
}

/// Random numbers that are the same on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : bits_(seed) {}

  double uniform(double low, double high) {
    return low + (high - low) * std::ldexp(static_cast<double>(bits_() >> 11), -53);
  }
  /// Of either sign, between ½ and 2 in size.
  double signed_number() { return (bits_() % 2 == 0 ? 1 : -1) * uniform(0.5, 2); }
  std::size_t below(std::size_t count) { return bits_() % count; }

 private:
  std::mt19937_64 bits_;
};

/// The numbers of a tensor at a point.
using Draw = std::function<std::vector<double>(Random&, std::size_t count)>;

}  // namespace gradcheck::defects::opaque

namespace gradcheck {

template <class T>
struct TensorTraits<defects::opaque::Array<T>> {
  using Number = T;
  using Owned = defects::opaque::Array<T>;
  static Tensor tensor(const Owned& t) {
    Tensor out = empty<double>(t.shape);
    copy_numbers(t.numbers, out.data());
    return out;
  }
  static Owned owned(const Tensor& t) {
    return {std::vector<T>(t.data(), t.data() + t.size()), shape_of(t)};
  }
  static void assign(Owned& to, const Tensor& t) { to = owned(t); }
  static const void* memory(const Owned& t) { return t.numbers.data(); }
};

}  // namespace gradcheck
