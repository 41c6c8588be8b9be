#include <algorithm>
#include <utility>

#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/windows.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

/// No extent is larger, so no setting need be; products of two of them stay within 64 bits.
constexpr auto largest_number = static_cast<long long>(max_entries);

}  // namespace

std::vector<std::size_t> numbers_by_axis(std::string_view where, std::string_view what,
                                         const std::vector<long long>& numbers, std::size_t axes,
                                         long long least) {
  const bool fits = numbers.size() == 1 || numbers.size() == axes;
  if (!fits || std::ranges::any_of(
                   numbers, [least](long long n) { return n < least || n > largest_number; })) {
    const bool large = std::ranges::any_of(numbers, [](long long n) { return n > largest_number; });
    const std::string most = large ? " and ≤ " + std::to_string(largest_number) : "";
    throw_value(where, what, numbers.size() == 1 ? std::to_string(numbers[0]) : list_text(numbers),
                (axes == 1 ? std::string("an integer")
                           : "one integer, or " + std::to_string(axes) + " of them, each") +
                    " ≥ " + std::to_string(least) + most);
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

/// Axis by axis: the table of the axes so far, each entry with every place and step of the next.
Windows::Windows(const Shape& plane, const Shape& kernel, const WindowSteps& steps,
                 const Shape& out) {
  Shape table = out;
  table.insert(table.end(), kernel.begin(), kernel.end());
  entries_of(table);  // refuses what cannot be held
  for (std::size_t a = 0; a < plane.size(); ++a) {
    std::vector<std::int32_t> wider;
    wider.reserve(places_.size() * out[a] * kernel[a]);
    for (std::size_t window = 0; window < count_ * out[a]; ++window) {
      for (std::size_t k = 0; k < size_ * kernel[a]; ++k) {
        const std::int32_t before = place(window / out[a], k / kernel[a]);
        const std::size_t padded =
            window % out[a] * steps.stride[a] + k % kernel[a] * steps.dilation[a];
        const bool inside =
            before != outside && padded >= steps.padding[a] && padded - steps.padding[a] < plane[a];
        wider.push_back(inside ? before * static_cast<std::int32_t>(plane[a]) +
                                     static_cast<std::int32_t>(padded - steps.padding[a])
                               : outside);
      }
    }
    places_ = std::move(wider);
    count_ *= out[a];
    size_ *= kernel[a];
  }
}

}  // namespace gradcheck
