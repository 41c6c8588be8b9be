#pragma once
// What the checks of the network language share.

#include <cstddef>
#include <string>

#include <gradcheck/network/syntax.hpp>

namespace gradcheck::checks {

inline std::string at(Position p) {
  return std::to_string(p.line) + ":" + std::to_string(p.column);
}

template <class Function>
inline std::string error_of(Function f) {
  try {
    f();
  } catch (const LocatedError& e) {
    return at(e.at) + ": " + e.what();
  }
  return "no error";
}

inline std::string statements_error(const std::string& text, Position origin = {1, 1}) {
  return error_of([&] { parse_statements(text, origin); });
}
inline std::string expression_error(const std::string& text) {
  return error_of([&] { parse_expression(text); });
}
inline std::string reference_error(const std::string& text) {
  return error_of([&] { parse_reference(text); });
}

inline std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) {
    all += text;
  }
  return all;
}

// The tree with all its parentheses, in prefix form.
inline std::string tree(const Expression& e) {
  using Kind = Expression::Kind;
  std::string text;
  switch (e.kind) {
    case Kind::number:
    case Kind::name:
    case Kind::string:
    case Kind::boolean:
      return to_string(e);
    case Kind::negate:
      text = "neg";
      break;
    case Kind::transpose:
      text = "T";
      break;
    case Kind::index:
      text = "index";
      break;
    case Kind::array:
      text = "array";
      break;
    default:
      text = e.text;
  }
  for (const Expression& child : e.children) {
    text += " " + tree(child);
  }
  for (const auto& [name, value] : e.keywords) {
    text += " " + name + "=" + tree(value);
  }
  return "(" + text + ")";
}

inline std::string tree_of(const std::string& text) { return tree(parse_expression(text)); }

}  // namespace gradcheck::checks
