#include <cmath>
#include <functional>

#include <gradcheck/cases/printed.hpp>
#include <gradcheck/cases/printed_derivation.hpp>

namespace gradcheck {

namespace {

using LineValues = std::vector<std::optional<Tensor>>;

void define(Environment& names, const std::string& name, const Evaluated& value) {
  names.values[name] = value.value;
  names.long_values[name] = value.long_value;
}

/// The values of all lines as they are written, from the first that changes on.
LineValues values_of(const std::vector<DerivationLine>& lines, Environment names) {
  LineValues values(lines.size());
  for (std::size_t k = 0; k < lines.size(); ++k) {
    try {
      const Evaluated value = evaluate(lines[k].statement.value, names);
      define(names, lines[k].target, value);
      values[k] = value.value;
    } catch (const Error&) {
      values[k] = std::nullopt;
    }
  }
  return values;
}

/// Every number of an expression that was rounded when it was written, with half a unit of its last
/// digit.
void for_each_rounded(Expression& e,
                      const std::function<void(Expression& number, double half_unit)>& visit) {
  if (e.kind == Expression::Kind::number) {
    const std::optional<Printed> printed = read_printed(e.text);
    if (printed && printed->half_unit > 0) {
      visit(e, printed->half_unit);
    }
  }
  for (Expression& child : e.children) {
    for_each_rounded(child, visit);
  }
}

void add_movement(std::optional<Tensor>& sum, const std::optional<Tensor>& base,
                  const std::optional<Tensor>& moved) {
  const bool comparable = sum && base && moved && shape_of(*base) == shape_of(*moved);
  for (std::size_t i = 0; comparable && i < base->size(); ++i) {
    sum->data()[i] += std::abs(moved->data()[i] - base->data()[i]);
  }
}

}  // namespace

std::vector<std::optional<Tensor>> printed_roundings(const std::vector<DerivationLine>& lines,
                                                     const Environment& names) {
  std::vector<DerivationLine> moved = lines;
  const LineValues base = values_of(lines, names);
  LineValues roundings(lines.size());
  for (std::size_t k = 0; k < lines.size(); ++k) {
    roundings[k] = base[k] ? std::optional(zeros<double>(shape_of(*base[k]))) : std::nullopt;
  }
  for (DerivationLine& line : moved) {
    for_each_rounded(line.statement.value, [&](Expression& number, double half_unit) {
      const double written = number.number;
      number.number = written + half_unit;
      const LineValues other = values_of(moved, names);
      number.number = written;
      for (std::size_t k = 0; k < lines.size(); ++k) {
        add_movement(roundings[k], base[k], other[k]);
      }
    });
  }
  return roundings;
}

}  // namespace gradcheck
