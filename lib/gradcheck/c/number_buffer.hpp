#pragma once

#include <cstddef>
#include <vector>

#include <gradcheck/layers/forward.hpp>
#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// Bytes of one number of that arithmetic.
std::size_t bytes_of(Precision precision);

/// Writes a tensor's entries to memory that holds numbers of that arithmetic, and reads them.
void write_numbers(const Tensor& from, Precision precision, void* to);
Tensor read_numbers(const void* from, Precision precision, const Shape& shape);

/// Memory for a tensor, of double or float, to be handed to foreign code: it begins as NaN, and is
/// followed by guards, which tell whether somebody wrote beyond its end.
class NumberBuffer {
 public:
  NumberBuffer(Precision precision, const Shape& shape);
  NumberBuffer(Precision precision, const Tensor& values);

  void* data() { return bytes_.data(); }
  const void* data() const { return bytes_.data(); }
  Tensor tensor() const;

  const Shape& shape() const { return shape_; }

  /// Whether nothing was written beyond the end.
  bool guarded() const;
  /// Whether it holds those values, bit by bit.
  bool holds(const Tensor& values) const;

 private:
  Precision precision_;
  Shape shape_;
  std::size_t size_;  ///< in bytes, without the guards
  std::vector<unsigned char> bytes_;
};

}  // namespace gradcheck
