#include <bit>

#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/files/numbers.hpp>
#include <gradcheck/tensor/number_type.hpp>

namespace gradcheck {

namespace {

double floating(std::uint64_t bits, std::size_t bytes) {
  return bytes == 2   ? half_value(static_cast<std::uint16_t>(bits), NumberType::float16)
         : bytes == 4 ? static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)))
                      : std::bit_cast<double>(bits);
}

/// The bits of a negative number of fewer than 8 bytes, extended.
std::int64_t sign_extended(std::uint64_t bits, std::size_t bytes) {
  const auto unused = static_cast<unsigned>(64 - 8 * bytes);
  return static_cast<std::int64_t>(bits << unused) >> unused;
}

/// Integers beyond this are not all doubles.
constexpr std::int64_t exact_integers = std::int64_t{1} << 53;

/// For each entry in row-major order, its place in Fortran's.
std::vector<std::size_t> fortran_order(const Shape& shape) {
  std::vector<std::size_t> places(entries_of(shape));
  for (std::size_t i = 0; i < places.size(); ++i) {
    const std::vector<std::size_t> index = unravel(shape, i);
    std::size_t place = 0;
    for (std::size_t k = shape.size(); k-- > 0;) {
      place = place * shape[k] + index[k];
    }
    places[i] = place;
  }
  return places;
}

}  // namespace

std::uint64_t integer_in(std::string_view bytes, bool big_endian) {
  std::uint64_t value = 0;
  for (std::size_t k = 0; k < bytes.size(); ++k) {
    const char byte = bytes[big_endian ? k : bytes.size() - 1 - k];
    value = value << 8U | static_cast<unsigned char>(byte);
  }
  return value;
}

std::string little_endian(std::uint64_t value, std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t k = 0; k < bytes; ++k) {
    text[k] = static_cast<char>(value >> 8 * k & 0xFFU);
  }
  return text;
}

std::optional<double> number_in(std::string_view bytes, const StoredType& type) {
  const std::uint64_t bits = integer_in(bytes, type.big_endian);
  switch (type.kind) {
    case StoredType::Kind::floating:
      return floating(bits, type.bytes);
    case StoredType::Kind::bfloat:
      return half_value(static_cast<std::uint16_t>(bits), NumberType::bfloat16);
    case StoredType::Kind::boolean:
      return bits > 1 ? std::nullopt : std::optional<double>(static_cast<double>(bits));
    case StoredType::Kind::natural:
      return bits > static_cast<std::uint64_t>(exact_integers)
                 ? std::nullopt
                 : std::optional<double>(static_cast<double>(bits));
    case StoredType::Kind::integer:
      break;
  }
  const std::int64_t value = sign_extended(bits, type.bytes);
  return value > exact_integers || value < -exact_integers
             ? std::nullopt
             : std::optional<double>(static_cast<double>(value));
}

void require_shape(const std::string& where, const Shape& shape) {
  if (shape.size() > max_rank) {
    throw_value(where, "shape", std::to_string(shape.size()) + " axes",
                std::to_string(max_rank) + " at most");
  }
  try {
    entries_of(shape);
  } catch (const ShapeError&) {
    throw_value(where, "shape", to_string(shape),
                "at most " + std::to_string(max_entries) + " entries");
  }
}

Tensor tensor_from(std::string_view bytes, const StoredType& type, const Shape& shape,
                   bool transposed, const std::string& where) {
  require_shape(where, shape);
  const std::size_t entries = entries_of(shape);
  if (bytes.size() != entries * type.bytes) {
    throw_value(where, "data", std::to_string(bytes.size()) + " bytes",
                std::to_string(entries * type.bytes) + ", for shape " + to_string(shape));
  }
  const std::vector<std::size_t> places =
      transposed ? fortran_order(shape) : std::vector<std::size_t>();
  Tensor t = empty<double>(shape);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t place = transposed ? places[i] : i;
    const std::optional<double> number =
        number_in(bytes.substr(place * type.bytes, type.bytes), type);
    if (!number) {
      throw_value(where, "entry " + std::to_string(i), "a value that no double holds",
                  "integers up to 2^53 in size, booleans of 0 and 1");
    }
    t.data()[i] = *number;
  }
  return t;
}

}  // namespace gradcheck
