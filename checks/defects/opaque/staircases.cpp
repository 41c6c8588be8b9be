#include <cmath>

#include <defects/opaque/corpus.hpp>
#include <fmt/format.h>

namespace gradcheck::defects::opaque {

namespace {

/// The tolerance with which a solver stops; the truth goes on to the last bit.
template <class T>
T tolerance(T, double as_written) {
  return std::is_same_v<T, Truth> ? T(1e-18L) : static_cast<T>(as_written);
}

/// The root of y³ + y = x by bisection of [0, 20].
template <class T>
T cubic_root(T x, double stop) {
  T low = 0, high = 20;
  for (int k = 0; k < 80 && high - low > tolerance(x, stop); ++k) {
    const T middle = (low + high) / 2;
    (middle * middle * middle + middle < x ? low : high) = middle;
  }
  return (low + high) / 2;
}

/// y = cos(y) x by iterating it, 0 < x < 0.9.
template <class T>
T fixed_point(T x, double stop) {
  T y = 0, last = 1;
  for (int k = 0; k < 2000 && std::abs(y - last) > tolerance(x, stop); ++k) {
    last = y;
    y = x * std::cos(y);
  }
  return y;
}

/// √x by Heron's rule from 1 on.
template <class T>
T heron(T x, double stop) {
  T y = 1, last = 0;
  for (int k = 0; k < 60 && std::abs(y - last) > tolerance(x, stop) * y; ++k) {
    last = y;
    y = (y + x / y) / 2;
  }
  return y;
}

/// exp(x) as a sum that ends with the first term below the tolerance.
template <class T>
T series(T x, double stop) {
  T sum = 0, term = 1;
  for (int k = 1; k < 200 && std::abs(term) > tolerance(x, stop); ++k) {
    sum += term;
    term *= x / static_cast<T>(k);
  }
  return sum;
}

/// Rounded to a multiple of `quantum`, as a layer that quantises its outputs.
template <class T>
T quantised(T y, double quantum) {
  return std::is_same_v<T, Truth>
             ? y
             : static_cast<T>(quantum) * std::round(y / static_cast<T>(quantum));
}

}  // namespace

// Functions that stop: their values are a staircase, their gradients those of what they converge
// to.
std::vector<Specimen> staircase_specimens() {
  std::vector<Specimen> list;
  const auto stair = [&](const std::string& name, auto f, auto derivative, double stop64,
                         double stop32, const Draw& draw) {
    const auto kernel = [&](double stop) {
      return elementwise([=](auto x) { return f(x, stop); }, derivative);
    };
    Specimen specimen{name, "staircases"};
    specimen.faults = elementwise_faults();
    specimen.given = {{"x", {3}, draw}};
    specimen.body = body_of(kernel(stop64));
    specimen.name = fmt::format("{} to {:g}", name, stop64);
    list.push_back(in_float64(specimen));
    specimen.body = body_of(kernel(stop32));
    specimen.name = fmt::format("{} to {:g}", name, stop32);
    list.push_back(in_float32(specimen));
  };
  const auto root = [](auto x, double stop) { return cubic_root(x, stop); };
  const auto d_root = [](auto x) {
    const Truth y = cubic_root<Truth>(x, 0);
    return as(x, 1 / (3 * y * y + 1));
  };
  stair("root by bisection", root, d_root, 1e-12, 1e-6, within(0.5, 5));
  stair("root by bisection", root, d_root, 1e-9, 1e-5, within(0.5, 5));
  stair("root by bisection", root, d_root, 1e-6, 1e-4, within(0.5, 5));
  const auto iterated = [](auto x, double stop) { return fixed_point(x, stop); };
  const auto d_iterated = [](auto x) {
    const Truth y = fixed_point<Truth>(x, 0);
    return as(x, std::cos(y) / (1 + x * std::sin(y)));
  };
  stair("fixed point", iterated, d_iterated, 1e-12, 1e-6, within(0.2, 0.9));
  stair("fixed point", iterated, d_iterated, 1e-7, 1e-4, within(0.2, 0.9));
  const auto by_heron = [](auto x, double stop) { return heron(x, stop); };
  const auto d_sqrt = [](auto x) { return 1 / (2 * std::sqrt(x)); };
  stair("square root by Heron", by_heron, d_sqrt, 1e-10, 1e-6, within(0.5, 5));
  stair("square root by Heron", by_heron, d_sqrt, 1e-3, 1e-3, within(0.5, 5));
  const auto by_series = [](auto x, double stop) { return series(x, stop); };
  const auto d_exp = [](auto x) { return std::exp(x); };
  stair("exponential series", by_series, d_exp, 1e-12, 1e-6, within(0.5, 2));
  stair("exponential series", by_series, d_exp, 1e-7, 1e-4, within(0.5, 2));
  const auto stepped = [](auto x, double quantum) { return quantised(std::sin(x), quantum); };
  const auto d_sin = [](auto x) { return std::cos(x); };
  stair("sine in steps", stepped, d_sin, 1e-9, 1e-5, within(0.2, 1.2, true));
  stair("sine in steps", stepped, d_sin, 1e-5, 1e-4, within(0.2, 1.2, true));
  return list;
}

}  // namespace gradcheck::defects::opaque
