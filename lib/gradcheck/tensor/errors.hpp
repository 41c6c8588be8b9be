#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gradcheck {

/// A request that cannot be carried out. The text follows `where: what has <got>, expected
/// <wanted>`. A gradient that disagrees is never an exception: it is a result.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Shapes that do not fit together.
class ShapeError : public Error {
 public:
  using Error::Error;
};

/// A value outside of what an operation accepts (a label out of range, a setting of the wrong
/// type).
class ValueError : public Error {
 public:
  using Error::Error;
};

/// A text as a message quotes it: its first line, or `most` bytes of that, with "..." for the rest.
std::string shortened(std::string_view text, std::size_t most = 40);

/// Throws ShapeError "where: what has shape <got>, expected <wanted>".
[[noreturn]] void throw_shape(std::string_view where, std::string_view what, std::string_view got,
                              std::string_view wanted);

/// Throws ValueError "where: what has <got>, expected <wanted>".
[[noreturn]] void throw_value(std::string_view where, std::string_view what, std::string_view got,
                              std::string_view wanted);

}  // namespace gradcheck
