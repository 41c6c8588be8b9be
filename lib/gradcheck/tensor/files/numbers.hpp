#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// How numbers lie in a file.
struct StoredType {
  enum class Kind { floating, bfloat, integer, natural, boolean };
  Kind kind = Kind::floating;
  std::size_t bytes = 8;
  bool big_endian = false;
};

/// An unsigned integer of that many bytes, the lowest first (or last).
std::uint64_t integer_in(std::string_view bytes, bool big_endian = false);
/// Its bytes, the lowest first.
std::string little_endian(std::uint64_t value, std::size_t bytes);

/// One number of that type. None if it is an integer that no double holds, or a boolean that is
/// neither 0 nor 1.
std::optional<double> number_in(std::string_view bytes, const StoredType& type);

/// A tensor of that shape from the bytes of its entries, in row-major order or, for `transposed`,
/// in that of Fortran. Throws ValueError where the number of bytes is another, or an entry no
/// double.
Tensor tensor_from(std::string_view bytes, const StoredType& type, const Shape& shape,
                   bool transposed, const std::string& where);

/// Throws ValueError "where: shape has ..., expected ..." for more axes or entries than a tensor
/// may have.
void require_shape(const std::string& where, const Shape& shape);

}  // namespace gradcheck
