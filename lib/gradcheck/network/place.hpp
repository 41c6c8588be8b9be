#pragma once

#include <string>
#include <string_view>

#include <gradcheck/network/syntax.hpp>

namespace gradcheck {

/// Where the character after `text` stands, if the first one of `text` stands at `at`. Columns
/// count code points: a UTF-8 continuation byte (10xxxxxx) takes none.
inline Position after(Position at, std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      at = {at.line + 1, 1};
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++at.column;
    }
  }
  return at;
}

/// "3:9"
inline std::string to_string(Position at) {
  return std::to_string(at.line) + ":" + std::to_string(at.column);
}

/// What `work` returns; an error that has no place is given this one.
template <class Work>
decltype(auto) located(Position at, Work work) {
  try {
    return work();
  } catch (const LocatedError&) {
    throw;
  } catch (const Error& error) {
    throw LocatedError(at, error.what());
  }
}

}  // namespace gradcheck
