#pragma once

#include <span>

#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// Throws ShapeError if that many numbers do not fill the shape.
void require_entries(std::size_t numbers, const Shape& shape);

/// Numbers in row-major order that somebody else owns, with their shape: how a raw pointer or a
/// std::span becomes a tensor.
template <class T>
struct TensorView {
  T* data = nullptr;
  Shape shape{};

  std::size_t size() const { return entries_of(shape); }
  T& operator[](std::size_t flat) const { return data[flat]; }
  T* begin() const { return data; }
  T* end() const { return data + size(); }
  std::span<T> span() const { return {data, size()}; }
};

/// Throws ShapeError if the span does not have as many numbers as the shape.
template <class T>
TensorView<T> view(std::span<T> numbers, Shape shape) {
  require_entries(numbers.size(), shape);
  return {numbers.data(), std::move(shape)};
}

template <class T>
TensorView<T> view(T* numbers, Shape shape) {
  return {numbers, std::move(shape)};
}

}  // namespace gradcheck
