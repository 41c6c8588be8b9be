#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include <fmt/format.h>

#include <gradcheck/diagnose/other_derivatives.hpp>

namespace gradcheck {

namespace {

/// Roundings granted to a product with the upstream.
constexpr double product_units = 8;

Foretold product(double value) {
  return {value, product_units * std::numeric_limits<double>::epsilon() * std::abs(value)};
}

bool explains(const Observation& seen, const std::function<Foretold(std::size_t)>& foretell) {
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (!fits(seen, i, foretell(i))) {
      return false;
    }
  }
  return true;
}

/// For the entries of a gradient: the upstream's entry that each comes from, where the layer's
/// output has the input's shape, or lacks one axis of it, or is a single number. Empty otherwise.
std::vector<std::vector<double>> upstreams(const Place& place) {
  const Tensor& dy = place.dy[0];
  const Shape shape = shape_of(place.x[place.slot]);
  const std::size_t size = entries_of(shape);
  std::vector<std::vector<double>> found;
  if (dy.size() == size) {
    found.emplace_back(dy.data(), dy.data() + size);
    return found;
  }
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (dy.size() * shape[axis] != size) {
      continue;
    }
    std::size_t inner = 1;
    for (std::size_t k = axis + 1; k < shape.size(); ++k) {
      inner *= shape[k];
    }
    std::vector<double> spread(size);
    for (std::size_t i = 0; i < size; ++i) {
      spread[i] = dy.data()[i / (inner * shape[axis]) * inner + i % inner];
    }
    found.push_back(std::move(spread));
  }
  if (dy.size() == 1) {
    found.emplace_back(size, dy.data()[0]);
  }
  return found;
}

/// The two derivatives n / dy that a layer chooses between.
struct TwoDerivatives {
  double low = 0;
  double high = 0;
  double error = 0;  ///< how far off their sum may be
  bool plain() const { return std::abs(low) <= error && std::abs(high - 1) <= error; }
};

/// How many entries have that derivative, to within their bounds.
std::size_t count_of(const Observation& seen, const std::vector<double>& dy, double derivative) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < dy.size(); ++i) {
    const Foretold expected = product(derivative * dy[i]);
    count += std::abs(seen.numeric.data()[i] - expected.value) <=
                     2 * seen.bound.data()[i] + expected.bound
                 ? 1
                 : 0;
  }
  return count;
}

/// None unless every entry has one of two derivatives that can be told apart, and each of them is 0
/// or 1 or that of two entries at least.
std::optional<TwoDerivatives> two_derivatives(const Observation& seen,
                                              const std::vector<double>& dy) {
  TwoDerivatives derivatives{std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity(), 0};
  for (std::size_t i = 0; i < dy.size(); ++i) {
    if (dy[i] != 0) {
      derivatives.low = std::min(derivatives.low, seen.numeric.data()[i] / dy[i]);
      derivatives.high = std::max(derivatives.high, seen.numeric.data()[i] / dy[i]);
      derivatives.error = std::max(derivatives.error, 2 * seen.bound.data()[i] / std::abs(dy[i]));
    }
  }
  const double apart = derivatives.high - derivatives.low;
  const double size = std::max(std::abs(derivatives.low), std::abs(derivatives.high));
  if (!(apart > 1e-3 * size) || !(derivatives.error < 1e-6 * size)) {
    return std::nullopt;
  }
  const std::size_t low = count_of(seen, dy, derivatives.low),
                    high = count_of(seen, dy, derivatives.high);
  const bool several = (low > 1 && high > 1) || derivatives.plain();
  return low + high == dy.size() && several ? std::optional(derivatives) : std::nullopt;
}

std::optional<Pattern> by_mask(const Observation& seen, const Place& place,
                               const std::vector<double>& dy) {
  const std::optional<TwoDerivatives> derivatives = two_derivatives(seen, dy);
  if (explains(seen, [&](std::size_t i) { return product(dy[i]); })) {
    const std::string name = place.layer->name();
    return derivatives ? Pattern{"mask ignored", "analytic = upstream everywhere: what " + name +
                                                     " chooses for each entry is not applied"}
                       : Pattern{"derivative missing",
                                 "analytic = upstream everywhere: the derivative of " + name +
                                     " is missing"};
  }
  const auto exchanged = [&](std::size_t i) {
    const Foretold whole = product((derivatives->low + derivatives->high) * dy[i]);
    return Foretold{whole.value - seen.numeric.data()[i],
                    whole.bound + seen.bound.data()[i] + derivatives->error * std::abs(dy[i])};
  };
  if (derivatives && explains(seen, exchanged)) {
    return Pattern{
        "mask inverted",
        "analytic has the one derivative where numeric has the other: the mask is inverted"};
  }
  return std::nullopt;
}

/// A mistaken derivative of an activation, of its input x and output y.
struct Mistake {
  const char* layer;
  const char* pattern;
  const char* sentence;  ///< {} stands for the input's name
  double (*derivative)(double x, double y);
};

const std::vector<Mistake>& mistakes() {
  static const char* const elsewhere = "derivative at the wrong value";
  static const char* const incomplete = "derivative incomplete";
  static const std::vector<Mistake> all{
      {"sigmoid", elsewhere, "the derivative y (1 - y) is evaluated with {} in place of y",
       [](double x, double) { return x * (1 - x); }},
      {"tanh", elsewhere, "the derivative 1 - y ** 2 is evaluated with {} in place of y",
       [](double x, double) { return 1 - x * x; }},
      {"exp", elsewhere, "the derivative y is evaluated with {} in place of y",
       [](double x, double) { return x; }},
      {"sqrt", elsewhere, "the derivative 1 / (2 y) is evaluated with {} in place of y",
       [](double x, double) { return 0.5 / x; }},
      {"reciprocal", elsewhere, "the derivative -y ** 2 is evaluated with {} in place of y",
       [](double x, double) { return -x * x; }},
      {"sigmoid", incomplete, "of the derivative y (1 - y), the factor 1 - y is missing",
       [](double, double y) { return y; }},
      {"sigmoid", incomplete, "of the derivative y (1 - y), the factor y is missing",
       [](double, double y) { return 1 - y; }},
      {"tanh", incomplete, "in the derivative 1 - y ** 2, y is not squared",
       [](double, double y) { return 1 - y; }},
      {"tanh", incomplete, "of the derivative 1 - y ** 2, only -y ** 2 is there",
       [](double, double y) { return -y * y; }},
  };
  return all;
}

std::optional<Pattern> by_mistake(const Observation& seen, const Place& place,
                                  const std::vector<double>& dy) {
  const Tensor& x = place.x[place.slot];
  const Tensor& y = place.y[0];
  for (const Mistake& mistake : mistakes()) {
    const auto mistaken = [&](std::size_t i) {
      return product(dy[i] * mistake.derivative(x.data()[i], y.data()[i]));
    };
    if (place.layer->name() == mistake.layer && y.size() == x.size() && explains(seen, mistaken)) {
      return Pattern{mistake.pattern,
                     fmt::format(fmt::runtime(mistake.sentence), place.names[place.slot])};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Pattern> other_derivatives(const Observation& seen, const Place& place) {
  if (place.dy.size() != 1) {
    return std::nullopt;
  }
  for (const std::vector<double>& dy : upstreams(place)) {
    if (const std::optional<Pattern> found = by_mask(seen, place, dy)) {
      return found;
    }
    if (const std::optional<Pattern> found = by_mistake(seen, place, dy)) {
      return found;
    }
  }
  return std::nullopt;
}

}  // namespace gradcheck
