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

std::string shortened(std::string_view text, std::size_t most) {
  std::string_view line = text.substr(0, text.find('\n'));
  if (line.size() > most) {
    const auto continues = [&](std::size_t i) {
      return (static_cast<unsigned char>(line[i]) & 0xC0) == 0x80;  // within a UTF-8 character
    };
    while (most > 0 && continues(most)) {
      --most;
    }
    line = line.substr(0, most);
  }
  return std::string(line) + (line.size() < text.size() ? "..." : "");
}

void throw_shape(std::string_view where, std::string_view what, std::string_view got,
                 std::string_view wanted) {
  throw ShapeError(sentence(where, what, " has shape ", got, wanted));
}

void throw_value(std::string_view where, std::string_view what, std::string_view got,
                 std::string_view wanted) {
  throw ValueError(sentence(where, what, " has ", got, wanted));
}

}  // namespace gradcheck
