#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradcheck/network/syntax.hpp>

#include "syntax_helpers.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

TEST_CASE("syntax: an expression as text has the parentheses it needs and no more") {
  for (const std::string& text : std::vector<std::string>{
           "a + b * c",     "(a + b) * c",
           "a - (b - c)",   "a - b - c",
           "a / (b * c)",   "a @ b @ c",
           "a @ (b @ c)",   "-x ** 2",
           "(-x) ** 2",     "2 ** -1",
           "(a ** b) ** c", "a ** b ** c",
           "-(a + b)",      "-a * b",
           "-(a * b)",      "a ** -b ** c",
           "--a",           "(a + b).T",
           "x.T[0].T",      "(2).T",
           "(-x).T",        "x[0, -1, 1:3, ::2, :, ...]",
           "(a > b) * c",   "(a > b) > c",
           "a > b + c",     "f(x, g(y), axis=-1, reduction=\"mean\", keepdims=true)",
           "f()",           "[[1, 2], [w0, -3]]",
           "[].T",          "1e-05 + 0.1",
           "f(m='\"')",     "pi",
           "(2 ** 3) ** 2", "f(x)[0].T @ -y",
           "a ** (b * c)",  "(a * b) ** c",
           "f(k=[1, 2])",
       }) {
    CAPTURE(text);
    CHECK(to_string(parse_expression(text)) == text);
  }
  CHECK(to_string(parse_expression("((a)+(b*c))")) == "a + b * c");
  CHECK(to_string(parse_expression("f( x ,axis = 1.50 )")) == "f(x, axis=1.5)");
  Expression negative;
  negative.number = -2;
  Expression power;
  power.kind = Expression::Kind::binary;
  power.text = "**";
  power.children = {negative, negative};
  CHECK(to_string(power) == "(-2) ** -2");
}

TEST_CASE("syntax: what is written back parses to the same tree") {
  std::mt19937_64 random(2);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const std::vector<std::string> operators{"+", "-", "*", "/", "@", "**", ">", "=="};
  const auto grow = [&](const auto& self, int depth) -> std::string {
    const std::size_t choice = depth == 0 ? below(2) : below(8);
    switch (choice) {
      case 0:
        return "x";
      case 1:
        return "2.5";
      case 2:
        return "(-" + self(self, depth - 1) + ")";
      case 3:
        return "(" + self(self, depth - 1) + ").T";
      case 4:
        return "f(" + self(self, depth - 1) + ", k=" + self(self, depth - 1) + ")";
      case 5:
        return "(" + self(self, depth - 1) + ")[0, 1:]";
      default:
        return "(" + self(self, depth - 1) + " " + operators[below(operators.size())] + " " +
               self(self, depth - 1) + ")";
    }
  };
  for (int i = 0; i < 2000; ++i) {
    const Expression e = parse_expression(grow(grow, 5));
    const std::string text = to_string(e);
    CAPTURE(text);
    CHECK(tree(parse_expression(text)) == tree(e));
    CHECK(to_string(parse_expression(text)) == text);
  }
}
