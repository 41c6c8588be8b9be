#include <cmath>
#include <stdexcept>

#include <defects/opaque/corpus.hpp>
#include <fmt/format.h>

namespace gradcheck::defects::opaque {

namespace {

template <class T>
T checked(T x) {
  if (x < 0) {
    throw std::domain_error("negative argument");
  }
  return x;
}

template <class T>
T sign(T x) {
  return x > 0 ? T(1) : x < 0 ? T(-1) : T(0);
}

}  // namespace

// Powers with exponents that are no integers, at 0 and beside it.
std::vector<Specimen> power_specimens() {
  std::vector<Specimen> list;
  const auto at_zero = [&](const std::string& name, auto f, auto derivative) {
    const Draw zero = starting({0}, within(0.3, 2));
    add(list, "powers", name + " at 0", elementwise(f, derivative), zero, zero, 3);
  };
  const auto near_zero = [&](const std::string& name, auto f, auto derivative, bool both) {
    add(list, "powers", name + " beside 0", elementwise(f, derivative),
        starting({1e-9, 1e-4}, within(0.3, 2, both)), starting({1e-5, 1e-2}, within(0.3, 2, both)));
  };
  for (const long double p : {1.2L, 1.5L, 2.5L}) {
    const std::string exponent = fmt::format("{:.1f}", static_cast<double>(p));
    const auto power = [=](auto x) { return std::pow(checked(x), as(x, p)); };
    const auto of_abs = [=](auto x) { return std::pow(std::abs(x), as(x, p)); };
    const auto d_power = [=](auto x) { return as(x, p) * std::pow(x, as(x, p - 1)); };
    const auto d_abs = [=](auto x) {
      return as(x, p) * std::pow(std::abs(x), as(x, p - 1)) * sign(x);
    };
    at_zero("x^" + exponent + ", refused below 0", power, d_power);
    at_zero("|x|^" + exponent, of_abs, d_abs);
    near_zero("x^" + exponent + ", refused below 0", power, d_power, false);
    near_zero("|x|^" + exponent, of_abs, d_abs, true);
  }
  const auto bent = [](auto x) { return x + x * std::pow(std::abs(x), as(x, 0.2L)); };
  const auto d_bent = [](auto x) { return 1 + as(x, 1.2L) * std::pow(std::abs(x), as(x, 0.2L)); };
  at_zero("x + x |x|^0.2", bent, d_bent);
  near_zero("x + x |x|^0.2", bent, d_bent, true);
  at_zero(
      "sqrt(x), infinite", [](auto x) { return std::sqrt(x); },
      [](auto x) { return 1 / (2 * std::sqrt(x)); });
  at_zero(
      "|x|^3", [](auto x) { return std::abs(x * x * x); },
      [](auto x) { return 3 * x * std::abs(x); });
  at_zero(
      "x^(1/3), infinite", [](auto x) { return std::cbrt(x); },
      [](auto x) { return 1 / (3 * std::cbrt(x) * std::cbrt(x)); });
  return list;
}

}  // namespace gradcheck::defects::opaque
