#include <cmath>
#include <numbers>

#include <gradcheck/network/add_readable.hpp>
#include <gradcheck/network/constant.hpp>
#include <gradcheck/network/place.hpp>

namespace gradcheck {

namespace {

using Kind = Expression::Kind;

double number_setting(const std::string& keyword, const Expression& value) {
  const std::optional<double> number = constant_number(value);
  if (!number) {
    throw LocatedError(value.at,
                       "the setting '" + keyword + "' has '" + shortened(to_string(value)) +
                           "', expected a number, true, false, a quoted word or a list of numbers");
  }
  return *number;
}

}  // namespace

std::optional<double> constant_number(const Expression& e) {
  if (e.kind == Kind::number) {
    return e.number;
  }
  if (e.kind == Kind::name && e.text == "pi") {
    return std::numbers::pi;
  }
  if (e.kind == Kind::negate) {
    const std::optional<double> x = constant_number(e.children[0]);
    return x ? std::optional<double>(-*x) : std::nullopt;
  }
  if (e.kind != Kind::binary) {
    return std::nullopt;
  }
  const std::optional<double> a = constant_number(e.children[0]),
                              b = constant_number(e.children[1]);
  if (!a || !b) {
    return std::nullopt;
  }
  return e.text == "+"    ? std::optional<double>(*a + *b)
         : e.text == "-"  ? std::optional<double>(*a - *b)
         : e.text == "*"  ? std::optional<double>(*a * *b)
         : e.text == "/"  ? std::optional<double>(*a / *b)
         : e.text == "**" ? std::optional<double>(std::pow(*a, *b))
                          : std::nullopt;
}

Setting constant_setting(const std::string& keyword, const Expression& value) {
  if (value.kind == Kind::string) {
    return value.text;
  }
  if (value.kind == Kind::boolean) {
    return value.number != 0;
  }
  if (value.kind == Kind::array) {
    std::vector<double> numbers;
    for (const Expression& item : value.children) {
      numbers.push_back(number_setting(keyword, item));
    }
    return numbers;
  }
  return number_setting(keyword, value);
}

Tensor evaluate_constant(std::string_view text, Position origin) {
  return evaluate_in_double(parse_expression(text, origin), {});
}

}  // namespace gradcheck
