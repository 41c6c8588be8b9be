#include <charconv>

#include <gradcheck/c/shape_text.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {
namespace {

/// What is left of the text, taken token by token.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text), left_(text) {}

  bool at_end() {
    skip_blanks();
    return left_.empty();
  }

  bool take(char wanted) {
    skip_blanks();
    const bool found = !left_.empty() && left_.front() == wanted;
    left_.remove_prefix(found ? 1 : 0);
    return found;
  }

  void require(char wanted) {
    if (!take(wanted)) {
      refuse();
    }
  }

  std::size_t extent() {
    skip_blanks();
    std::size_t value = 0;
    const auto [stop, problem] = std::from_chars(left_.data(), left_.data() + left_.size(), value);
    if (problem != std::errc()) {
      refuse();
    }
    left_.remove_prefix(static_cast<std::size_t>(stop - left_.data()));
    return value;
  }

  [[noreturn]] void refuse() const {
    throw ValueError("shapes: has <" + shortened(text_) + ">, expected some like (5, 3), (3,)");
  }

 private:
  void skip_blanks() {
    while (!left_.empty() && left_.front() == ' ') {
      left_.remove_prefix(1);
    }
  }

  std::string_view text_;
  std::string_view left_;
};

/// The extents after the opening parenthesis; "(3)" is no shape in Python, but can only mean (3,).
Shape read_shape(Reader& reader) {
  Shape shape;
  while (!reader.take(')')) {
    shape.push_back(reader.extent());
    if (!reader.take(',')) {
      reader.require(')');
      break;
    }
  }
  if (shape.size() > max_rank) {
    reader.refuse();
  }
  entries_of(shape);
  return shape;
}

}  // namespace

std::vector<Shape> read_shapes(std::string_view text) {
  Reader reader(text);
  std::vector<Shape> shapes;
  do {
    reader.require('(');
    shapes.push_back(read_shape(reader));
  } while (reader.take(','));
  if (!reader.at_end()) {
    reader.refuse();
  }
  return shapes;
}

}  // namespace gradcheck
