#pragma once
// What the fuzz targets share. A target is one function, LLVMFuzzerTestOneInput; what it must never
// do is crash, run without an end, or throw anything but a refusal.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <gradcheck/tensor/errors.hpp>

namespace gradcheck::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// A refusal is an answer; whatever else is thrown ends the target.
template <class Work>
void allow_refusal(Work work) {
  try {
    work();
  } catch (const Error&) {
    // In its place, a message.
  }
}

inline void require(bool right, const char* what) {
  if (!right) {
    std::fprintf(stderr, "must hold: %s\n", what);
    std::abort();
  }
}

}  // namespace gradcheck::fuzz
