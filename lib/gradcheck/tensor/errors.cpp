#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

std::string sentence(std::string_view where, std::string_view what, std::string_view verb,
                     std::string_view got, std::string_view wanted) {
  std::string text(where);
  text.append(": ").append(what).append(verb).append(got).append(", expected ").append(wanted);
  return text;
}

}  // namespace

void throw_shape(std::string_view where, std::string_view what, std::string_view got,
                 std::string_view wanted) {
  throw ShapeError(sentence(where, what, " has shape ", got, wanted));
}

void throw_value(std::string_view where, std::string_view what, std::string_view got,
                 std::string_view wanted) {
  throw ValueError(sentence(where, what, " has ", got, wanted));
}

}  // namespace gradcheck
