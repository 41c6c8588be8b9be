#pragma once

#include <cstddef>
#include <memory>

#include <gradcheck/tensor/number_type.hpp>
#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// Writes a tensor's entries to memory that holds numbers of that type, and reads them.
void write_numbers(const Tensor& from, NumberType type, void* to);
Tensor read_numbers(const void* from, NumberType type, const Shape& shape);

/// Memory for a tensor, of numbers of a type, to be handed to foreign code: it begins as NaN, and
/// is followed by guards, which tell whether somebody wrote beyond its end.
class NumberBuffer {
 public:
  NumberBuffer(NumberType type, const Shape& shape);
  NumberBuffer(NumberType type, const Tensor& values);

  void* data() { return bytes_.get(); }
  const void* data() const { return bytes_.get(); }
  Tensor tensor() const;

  const Shape& shape() const { return shape_; }

  /// Whether nothing was written beyond the end.
  bool guarded() const;
  /// Whether it holds those values, bit by bit.
  bool holds(const Tensor& values) const;

 private:
  NumberBuffer(NumberType type, const Shape& shape, std::size_t size);

  NumberType type_;
  Shape shape_;
  std::size_t size_;  ///< in bytes, without the guards
  std::unique_ptr<unsigned char[]> bytes_;
};

}  // namespace gradcheck
