#include <algorithm>

#include <gradcheck/c/c_structs.hpp>

namespace gradcheck {
namespace {

/// No struct of the C interface is larger, now or later; a struct_size above is garbage.
constexpr std::size_t most_struct_size = 4096;

std::string quoted(std::size_t size) { return "<" + std::to_string(size) + ">"; }

}  // namespace

std::size_t struct_size_of(const void* given, std::string_view where) {
  if (given == nullptr) {
    throw ValueError(std::string(where) + ": has <null>, expected a pointer");
  }
  std::size_t size = 0;
  std::memcpy(&size, given, sizeof size);
  return size;
}

void require_struct_size(std::size_t size, std::size_t least, std::string_view where) {
  if (size < least) {
    throw_value(where, "struct_size", quoted(size), "at least " + std::to_string(least));
  }
  if (size > most_struct_size) {
    throw_value(where, "struct_size", quoted(size), "at most " + std::to_string(most_struct_size));
  }
}

void require_zeros(const void* given, std::size_t size, std::size_t known, std::string_view where) {
  const char* const bytes = static_cast<const char*>(given);
  if (std::any_of(bytes + known, bytes + size, [](char byte) { return byte != 0; })) {
    throw_value(where, "struct_size", quoted(size),
                "zeros beyond byte " + std::to_string(known) +
                    ": a field is set that this version of gradcheck does not know");
  }
}

}  // namespace gradcheck
