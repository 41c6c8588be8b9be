#include <algorithm>

#include <gradcheck/layers/windows.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

std::string list_text(std::span<const long long> list) {
  std::string text;
  for (const long long item : list) {
    text.append(text.empty() ? "" : ", ").append(std::to_string(item));
  }
  return "[" + text + "]";
}

std::vector<std::size_t> numbers_by_axis(std::string_view where, std::string_view what,
                                         const std::vector<long long>& numbers, std::size_t axes,
                                         long long least) {
  const bool fits = numbers.size() == 1 || numbers.size() == axes;
  if (!fits || std::ranges::any_of(numbers, [least](long long n) { return n < least; })) {
    throw_value(where, what, numbers.size() == 1 ? std::to_string(numbers[0]) : list_text(numbers),
                (axes == 1 ? std::string("an integer")
                           : "one integer, or " + std::to_string(axes) + " of them, each") +
                    " ≥ " + std::to_string(least));
  }
  std::vector<std::size_t> by_axis(numbers.begin(), numbers.end());
  by_axis.resize(axes, by_axis[0]);
  return by_axis;
}

std::size_t reach_of(std::size_t kernel, std::size_t dilation) {
  return dilation * (kernel - 1) + 1;
}

std::string layout_text(std::size_t axes) {
  constexpr const char* names[] = {"L", "H, W", "D, H, W"};
  const std::string plane = names[axes - 1];
  return "(N, C, " + plane + ") or (C, " + plane + ")";
}

Planes::Planes(std::string_view where, std::string_view what, const Shape& shape,
               std::size_t axes) {
  if (shape.size() != axes + 2 && shape.size() != axes + 1) {
    throw_shape(where, what, to_string(shape), layout_text(axes));
  }
  const bool batched = shape.size() == axes + 2;
  samples = batched ? shape[0] : 1;
  channels = shape[batched ? 1 : 0];
  extents.assign(shape.end() - static_cast<std::ptrdiff_t>(axes), shape.end());
}

Windows::Windows(const Shape& plane, const Shape& kernel, const WindowSteps& steps,
                 const Shape& out)
    : count_(entries_of(out)), size_(entries_of(kernel)) {
  places_.reserve(count_ * size_);
  for (std::size_t window = 0; window < count_; ++window) {
    const std::vector<std::size_t> at = unravel(out, window);
    for (std::size_t k = 0; k < size_; ++k) {
      const std::vector<std::size_t> offset = unravel(kernel, k);
      std::size_t place = 0;
      bool inside = true;
      for (std::size_t a = 0; a < plane.size(); ++a) {
        const std::size_t padded = at[a] * steps.stride[a] + offset[a] * steps.dilation[a];
        inside = inside && padded >= steps.padding[a] && padded - steps.padding[a] < plane[a];
        place = place * plane[a] + (padded - steps.padding[a]);
      }
      places_.push_back(inside ? static_cast<std::int32_t>(place) : outside);
    }
  }
}

}  // namespace gradcheck
