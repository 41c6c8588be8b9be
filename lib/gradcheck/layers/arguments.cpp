#include <charconv>

#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

std::string number_text(double value) {
  char text[32];
  const std::to_chars_result end = std::to_chars(text, text + sizeof text, value);
  return {text, end.ptr};
}

std::string list_text(std::span<const long long> list) {
  std::string text;
  for (const long long item : list) {
    text.append(text.empty() ? "" : ", ").append(std::to_string(item));
  }
  return "[" + text + "]";
}

std::size_t axis_of(std::string_view where, long long axis, std::size_t rank,
                    std::string_view what) {
  const long long axes = static_cast<long long>(rank);
  if (axes == 0) {
    throw_value(where, what, std::to_string(axis), "none, for a scalar has no axes");
  }
  if (axis < -axes || axis >= axes) {
    throw_value(where, what, std::to_string(axis),
                "an integer from " + std::to_string(-axes) + " to " + std::to_string(axes - 1));
  }
  return static_cast<std::size_t>(axis < 0 ? axis + axes : axis);
}

std::vector<bool> chosen_axes(std::string_view where,
                              const std::optional<std::vector<long long>>& axes, std::size_t rank) {
  if (!axes) {
    return std::vector<bool>(rank, true);
  }
  std::vector<bool> chosen(rank, false);
  for (const long long axis : *axes) {
    const std::size_t k = axis_of(where, axis, rank);
    if (chosen[k]) {
      throw_value(where, "axis", std::to_string(axis) + " again", "each axis once");
    }
    chosen[k] = true;
  }
  return chosen;
}

void require_same_shape(std::string_view where, std::string_view what, const Shape& got,
                        std::string_view of, const Shape& wanted) {
  if (got != wanted) {
    throw_shape(where, what, to_string(got),
                to_string(wanted) + ", the shape of " + std::string(of));
  }
}

void require_entries(std::string_view where, std::string_view what, const Shape& shape) {
  if (entries_of(shape) == 0) {
    throw_shape(where, what, to_string(shape), "at least one entry");
  }
}

std::vector<std::size_t> strides_of(const Shape& shape) {
  std::vector<std::size_t> strides(shape.size(), 1);
  for (std::size_t k = shape.size(); k-- > 1;) {
    strides[k - 1] = strides[k] * shape[k];
  }
  return strides;
}

Lanes::Lanes(std::span<const std::size_t> shape, std::size_t axis) : extent(shape[axis]) {
  for (std::size_t k = 0; k < axis; ++k) {
    outer *= shape[k];
  }
  for (std::size_t k = axis + 1; k < shape.size(); ++k) {
    inner *= shape[k];
  }
}

}  // namespace gradcheck
