#include <algorithm>
#include <functional>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <gradcheck/diagnose/ordering.hpp>

namespace gradcheck {

namespace {

/// Tensors of more axes are not searched for an order of them.
constexpr std::size_t most_axes = 4;
/// Axes with more slices are not searched for an arbitrary order of them.
constexpr std::size_t most_slices = 256;

/// By position of an analytic entry: that of the numeric one it is compared with.
using Order = std::vector<std::size_t>;

bool explains(const Observation& seen, const Order& order) {
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (!fits(seen, i, right_value(seen, order[i]))) {
      return false;
    }
  }
  return true;
}

Order identity(std::size_t size) {
  Order order(size);
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

/// For the tensor of this shape with its axes permuted, written one entry after the other: the flat
/// position in the tensor that each comes from.
Order permuted_axes(const Shape& shape, const std::vector<std::size_t>& axes) {
  Shape strides(shape.size(), 1);
  for (std::size_t k = shape.size() - 1; k-- > 0;) {
    strides[k] = strides[k + 1] * shape[k + 1];
  }
  Shape permuted;
  for (const std::size_t axis : axes) {
    permuted.push_back(shape[axis]);
  }
  Order order;
  for (std::size_t i = 0; i < entries_of(shape); ++i) {
    const std::vector<std::size_t> index = unravel(permuted, i);
    std::size_t place = 0;
    for (std::size_t k = 0; k < axes.size(); ++k) {
      place += index[k] * strides[axes[k]];
    }
    order.push_back(place);
  }
  return order;
}

Order inverse(const Order& order) {
  Order out(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    out[order[i]] = i;
  }
  return out;
}

std::string transposed_text(const Shape& shape, const std::vector<std::size_t>& axes) {
  if (shape.size() > 2) {
    return fmt::format("analytic holds the numeric entries in the order of axes ({})",
                       fmt::join(axes, ", "));
  }
  return shape[0] == shape[1] ? "analytic = transpose of numeric"
                              : "analytic holds the numeric entries in the order of the transpose";
}

std::optional<Pattern> transposed(const Observation& seen) {
  const Shape shape = seen.shape();
  if (shape.size() < 2 || shape.size() > most_axes) {
    return std::nullopt;
  }
  std::vector<std::size_t> axes(shape.size());
  std::iota(axes.begin(), axes.end(), std::size_t{0});
  while (std::ranges::next_permutation(axes).found) {
    const Order order = permuted_axes(shape, axes);
    if (explains(seen, order) || explains(seen, inverse(order))) {
      return Pattern{"transposed", transposed_text(shape, axes)};
    }
  }
  return std::nullopt;
}

/// The slices along one axis of a tensor.
struct Slices {
  std::size_t outer = 1;  ///< entries before the axis
  std::size_t count = 1;
  std::size_t inner = 1;  ///< entries after it

  Slices(const Shape& shape, std::size_t axis) : count(shape[axis]) {
    for (std::size_t k = 0; k < shape.size(); ++k) {
      (k < axis ? outer : inner) *= k == axis ? 1 : shape[k];
    }
  }
  std::size_t position(std::size_t o, std::size_t slice, std::size_t i) const {
    return (o * count + slice) * inner + i;
  }
};

bool slice_fits(const Observation& seen, const Slices& slices, std::size_t analytic,
                std::size_t numeric) {
  for (std::size_t o = 0; o < slices.outer; ++o) {
    for (std::size_t i = 0; i < slices.inner; ++i) {
      if (!fits(seen, slices.position(o, analytic, i),
                right_value(seen, slices.position(o, numeric, i)))) {
        return false;
      }
    }
  }
  return true;
}

/// Which numeric slice each analytic one is, none of them twice; empty if there is no such order.
Order any_order(const Observation& seen, const Slices& slices) {
  Order order;
  std::vector<bool> taken(slices.count);
  for (std::size_t a = 0; a < slices.count && slices.count <= most_slices; ++a) {
    std::size_t found = slices.count;
    for (std::size_t k = 0; k < slices.count && found == slices.count; ++k) {
      const std::size_t n = (a + k) % slices.count;  // itself first
      found = !taken[n] && slice_fits(seen, slices, a, n) ? n : found;
    }
    if (found == slices.count) {
      return {};
    }
    taken[found] = true;
    order.push_back(found);
  }
  return order;
}

Order shifted(std::size_t count, std::size_t by) {
  Order order = identity(count);
  std::rotate(order.begin(), order.end() - static_cast<std::ptrdiff_t>(by), order.end());
  return order;
}

Order reversed(std::size_t count) {
  Order order = identity(count);
  std::ranges::reverse(order);
  return order;
}

std::string order_text(const std::string& one, const std::string& many, const Order& order) {
  std::vector<std::size_t> moved;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order[i] != i) {
      moved.push_back(i);
    }
  }
  if (moved.size() == 2) {
    return fmt::format("{} {} and {} are exchanged", many, moved[0], moved[1]);
  }
  return fmt::format(
      "analytic has the {} of numeric in another order: {} {} is number {}, {} {} "
      "is number {}, ...",
      many, one, moved[0], order[moved[0]], one, moved[1], order[moved[1]]);
}

/// An order of `count` things for which `holds` is true: shifted, reversed, or the one `any` finds.
std::string order_of(std::size_t count, const std::function<bool(const Order&)>& holds,
                     const std::function<Order()>& any, const std::string& one,
                     const std::string& many) {
  for (std::size_t by = 1; by < count && count > 2 && by <= most_slices; ++by) {
    if (holds(shifted(count, by))) {
      return fmt::format("analytic {0} i = numeric {0} i {1} {2}, cyclically: shifted", one,
                         2 * by > count ? "+" : "-", 2 * by > count ? count - by : by);
    }
  }
  if (count > 2 && holds(reversed(count))) {
    return fmt::format("analytic has the {} of numeric in reverse order", many);
  }
  const Order order = any();
  return order.empty() || order == identity(count) ? "" : order_text(one, many, order);
}

std::pair<std::string, std::string> slice_words(const Shape& shape, std::size_t axis) {
  if (shape.size() == 1) {
    return {"entry", "entries"};
  }
  if (axis == 0) {
    return {"row", "rows"};
  }
  if (shape.size() == 2) {
    return {"column", "columns"};
  }
  return {fmt::format("slice of axis {}", axis), fmt::format("slices of axis {}", axis)};
}

std::optional<Pattern> permuted_slices(const Observation& seen) {
  const Shape shape = seen.shape();
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const Slices slices(shape, axis);
    const auto [one, many] = slice_words(shape, axis);
    const auto holds = [&](const Order& order) {
      for (std::size_t a = 0; a < order.size(); ++a) {
        if (!slice_fits(seen, slices, a, order[a])) {
          return false;
        }
      }
      return true;
    };
    const std::string text = order_of(
        slices.count, holds, [&] { return any_order(seen, slices); }, one, many);
    if (!text.empty()) {
      return Pattern{many + " permuted", text};
    }
  }
  return std::nullopt;
}

std::optional<Pattern> permuted_entries(const Observation& seen) {
  if (seen.shape().size() < 2) {
    return std::nullopt;
  }
  const std::string text = order_of(
      seen.size(), [&](const Order& order) { return explains(seen, order); },
      [] { return Order(); }, "entry", "entries");
  return text.empty() ? std::nullopt : std::optional(Pattern{"entries permuted", text});
}

}  // namespace

std::optional<Pattern> other_order(const Observation& seen) {
  for (const auto& search : {transposed, permuted_slices, permuted_entries}) {
    if (const std::optional<Pattern> found = search(seen)) {
      return found;
    }
  }
  return std::nullopt;
}

}  // namespace gradcheck
