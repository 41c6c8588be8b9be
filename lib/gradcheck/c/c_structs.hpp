#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <gradcheck/c_api.h>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

/// The struct_size of what `given` points to. Throws ValueError for a null pointer.
std::size_t struct_size_of(const void* given, std::string_view where);

/// Throws ValueError for a struct_size below `least`, that of the first version, or absurdly large.
void require_struct_size(std::size_t size, std::size_t least, std::string_view where);

/// Throws ValueError if a struct has something in the bytes that this version does not know.
void require_zeros(const void* given, std::size_t size, std::size_t known, std::string_view where);

/// The size that a struct had in the first version of the interface.
template <class Struct>
constexpr std::size_t first_size = sizeof(Struct);
template <>
inline constexpr std::size_t first_size<gradcheck_layer> = offsetof(gradcheck_layer, forward_batch);
template <>
inline constexpr std::size_t first_size<gradcheck_options> = offsetof(gradcheck_options, reference);
template <>
inline constexpr std::size_t first_size<gradcheck_candidate> = offsetof(gradcheck_candidate,
                                                                        shards);
template <>
inline constexpr std::size_t first_size<gradcheck_plugin_layer> = offsetof(gradcheck_plugin_layer,
                                                                           make_reference);

/// Reads a struct of the C interface in whatever size the caller has it; what it lacks is zero.
/// Throws ValueError for a null pointer or a struct_size that cannot be.
template <class Struct>
Struct read_struct(const Struct* given, std::string_view where) {
  const std::size_t size = struct_size_of(given, where);
  require_struct_size(size, first_size<Struct>, where);
  if (size > sizeof(Struct)) {
    require_zeros(given, size, sizeof(Struct), where);
  }
  Struct result{};
  std::memcpy(&result, given, std::min(size, sizeof(Struct)));
  return result;
}

/// The same of an array: its elements are as far apart as the first one's struct_size says.
/// `where[k]` is how messages name an element.
template <class Struct>
std::vector<Struct> read_structs(const Struct* first, std::size_t count, const std::string& where) {
  std::vector<Struct> result;
  const char* place = reinterpret_cast<const char*>(first);
  for (std::size_t k = 0; k < count; ++k) {
    const std::string element = where + "[" + std::to_string(k) + "]";
    result.push_back(read_struct(reinterpret_cast<const Struct*>(place), element));
    if (result.back().struct_size != result.front().struct_size) {
      throw_value(element, "struct_size", "<" + std::to_string(result.back().struct_size) + ">",
                  std::to_string(result.front().struct_size) + ", as in the first element");
    }
    place += result.front().struct_size;
  }
  return result;
}

/// Throws ValueError if the pointer is null.
template <class Pointer>
void require_pointer(Pointer pointer, std::string_view where, std::string_view what) {
  if (pointer == nullptr) {
    throw_value(where, what, "<null>", "a pointer");
  }
}

}  // namespace gradcheck
