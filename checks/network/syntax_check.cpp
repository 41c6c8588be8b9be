#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradcheck/network/syntax.hpp>

#include "syntax_helpers.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

TEST_CASE("syntax: operators bind and group as in Python") {
  struct Row {
    std::string text;
    std::string tree;
  };
  for (const Row& row : std::vector<Row>{
           {"a + b * c", "(+ a (* b c))"},
           {"a - b - c", "(- (- a b) c)"},
           {"a / b * c", "(* (/ a b) c)"},
           {"a @ b @ c", "(@ (@ a b) c)"},
           {"a @ b * c + d", "(+ (* (@ a b) c) d)"},
           {"a * (b + c)", "(* a (+ b c))"},
           {"-x ** 2", "(neg (** x 2))"},
           {"2 ** -1", "(** 2 (neg 1))"},
           {"a ** b ** c", "(** a (** b c))"},
           {"a ** -b ** c", "(** a (neg (** b c)))"},
           {"-a * b", "(* (neg a) b)"},
           {"a * -b", "(* a (neg b))"},
           {"a - -b", "(- a (neg b))"},
           {"--a", "(neg (neg a))"},
           {"-x.T", "(neg (T x))"},
           {"x.T ** 2", "(** (T x) 2)"},
           {"x.T[0].T", "(T (index (T x)))"},
           {"(a @ b).T", "(T (@ a b))"},
           {"a + b > c * d", "(> (+ a b) (* c d))"},
           {"a >= b", "(>= a b)"},
           {"a < b", "(< a b)"},
           {"a <= b", "(<= a b)"},
           {"a == -b", "(== a (neg b))"},
           {"a != b", "(!= a b)"},
           {"(a > b) * (b > c)", "(* (> a b) (> b c))"},
           {"f()", "(f)"},
           {"f (x)[0]", "(index (f x))"},
           {"f(x, g(y), axis=-1,)", "(f x (g y) axis=(neg 1))"},
           {"[[1, 2], [w0, -3],]", "(array (array 1 2) (array w0 (neg 3)))"},
           {"[]", "(array)"},
           {"[1, 2].T", "(T (array 1 2))"},
           {"x[0][1]", "(index (index x))"},
       }) {
    CAPTURE(row.text);
    CHECK(tree_of(row.text) == row.tree);
  }
}

TEST_CASE("syntax: numbers are decimal, with a point and an exponent") {
  struct Row {
    std::string text;
    double value;
  };
  for (const Row& row : std::vector<Row>{{"1", 1},
                                         {"1.", 1},
                                         {".5", 0.5},
                                         {"1e-3", 1e-3},
                                         {"1.5E+2", 150},
                                         {"2.e1", 20},
                                         {"007", 7},
                                         {"1.7976931348623157e308", 1.7976931348623157e308},
                                         {"5e-324", 5e-324}}) {
    CAPTURE(row.text);
    const Expression e = parse_expression(row.text);
    CHECK(e.kind == Expression::Kind::number);
    CHECK(e.number == row.value);
  }
  CHECK(expression_error("1e999") ==
        "1:1: number has 1e999, expected one in the range of double, up to 1.8e308");
  CHECK(expression_error("x + 1.8e308") ==
        "1:5: number has 1.8e308, expected one in the range of double, up to 1.8e308");
  for (const std::string& text :
       std::vector<std::string>{"0x10", "1_000", "2x", "1e", "1.2.3", "1.T"}) {
    CHECK(expression_error(text) == "1:1: '" + text + "' is not a number");
  }
}

TEST_CASE("syntax: settings are words, booleans, lists, numbers or names") {
  const Expression e = parse_expression(
      "conv2d(x, W, reduction=\"mean\", mode='a b', bias=true, keepdims=false, "
      "axis=[0, -1], eps=1e-5, weight=w, scale=1/3)");
  REQUIRE(e.keywords.size() == 8);
  using Kind = Expression::Kind;
  const std::vector<Kind> kinds{Kind::string, Kind::string, Kind::boolean, Kind::boolean,
                                Kind::array,  Kind::number, Kind::name,    Kind::binary};
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    CAPTURE(i);
    CHECK(e.keywords[i].value.kind == kinds[i]);
  }
  CHECK(e.keywords[0].value.text == "mean");
  CHECK(e.keywords[1].value.text == "a b");
  CHECK(e.keywords[2].value.number == 1);
  CHECK(e.keywords[3].value.number == 0);
  CHECK(at(e.keywords[0].value.at) == "1:24");

  CHECK(parse_expression("f(x, \"mean\", true)").children[1].kind == Kind::string);
  CHECK(parse_expression("f(x, \"mean\", true)").children[2].kind == Kind::boolean);
  CHECK(expression_error("x + \"mean\"") ==
        "1:5: \"mean\" may only stand as a setting: function(x, keyword=\"mean\")");
  CHECK(expression_error("x + true") ==
        "1:5: 'true' may only stand as a setting: function(x, keyword=true)");
  CHECK(expression_error("f(a=1, x)") ==
        "1:8: an argument by position may not follow one by keyword");
  CHECK(expression_error("f(x, a=1, b=2, a=3)") == "1:16: keyword 'a' is given twice");
  CHECK(expression_error("f((x)=1)") == "1:3: expected the name of a setting before '='");
  CHECK(expression_error("f(2=1)") == "1:3: expected the name of a setting before '='");
  CHECK(expression_error("f(a=)") == "1:5: expected an expression after '=', got ')'");
  CHECK(expression_error("f(a='mean)") == "1:5: missing ' at the end of the word");
  CHECK(expression_error("f(a=\"x\n\")") == "1:5: missing \" at the end of the word");
}

TEST_CASE("syntax: statements stand on lines or between semicolons") {
  const auto found =
      parse_statements("a = x  # one\n\n  b = a  @ W;c = b;;\r\ny, _, h_1 = lstm(c)\n");
  REQUIRE(found.size() == 4);
  CHECK(found[0].targets == std::vector<std::string>{"a"});
  CHECK(found[0].text == "a = x");
  CHECK(at(found[0].at) == "1:1");
  CHECK(found[1].text == "b = a  @ W");
  CHECK(at(found[1].at) == "3:3");
  CHECK(at(found[1].value.at) == "3:10");
  CHECK(found[2].text == "c = b");
  CHECK(at(found[2].at) == "3:14");
  CHECK(found[3].targets == std::vector<std::string>{"y", "_", "h_1"});
  CHECK(at(found[3].at) == "4:1");
  CHECK(at(found[3].value.at) == "4:13");
}

TEST_CASE("syntax: a text without statements has none") {
  for (const char* text : {"", "\n", " \t\r\n", "# comment", ";;\n;", "# a\n# b"}) {
    CHECK(parse_statements(text).empty());
  }
}

TEST_CASE("syntax: a statement goes on inside brackets and after a backslash") {
  const auto found = parse_statements(
      "a = f(x,  # the data\n      y)\nb = [1,\r\n2]\nc = x[0,\n1]\nd = 1 + \\\n  x\n");
  REQUIRE(found.size() == 4);
  CHECK(found[0].text == "a = f(x, y)");
  CHECK(at(found[0].value.children[1].at) == "2:7");
  CHECK(found[1].text == "b = [1, 2]");
  CHECK(at(found[1].at) == "3:1");
  CHECK(found[2].value.subscripts.size() == 2);
  CHECK(tree(found[3].value) == "(+ 1 x)");
  CHECK(at(found[3].value.children[1].at) == "8:3");
}

TEST_CASE("syntax: places count from the origin, in code points, over any line end") {
  const auto found = parse_statements("# é한글\r\na = x\r\nb = a", {10, 5});
  REQUIRE(found.size() == 2);
  CHECK(at(found[0].at) == "11:1");
  CHECK(at(found[1].value.at) == "12:5");
  CHECK(statements_error("a = $", {3, 7}) == "3:11: unknown character '$'");
  CHECK(statements_error("a = f(x, m='é한') + $") == "1:20: unknown character '$'");
  // A carriage return alone ends the statement, but no line of the file.
  const auto escaped = parse_statements("a = x # c\r b = a", {4, 10});
  REQUIRE(escaped.size() == 2);
  CHECK(at(escaped[1].at) == "4:21");
}

TEST_CASE(
    "syntax: an expression begins where its first character stands, a binary one at its operator") {
  CHECK(at(parse_expression(" x").at) == "1:2");
  CHECK(at(parse_expression("-x").at) == "1:1");
  CHECK(at(parse_expression("x + y").at) == "1:3");
  CHECK(at(parse_expression(" (x + y).T").at) == "1:2");
  CHECK(at(parse_expression("f(x)[0]").at) == "1:1");
  CHECK(at(parse_expression("x ** y").at) == "1:3");
  CHECK(at(parse_expression("\n\nx\n").at) == "3:1");
}

TEST_CASE("syntax: subscripts are indices, slices and an ellipsis") {
  const auto [name, subscripts] = parse_reference("z3[0, -1, 1:, :-3, ::2, 4:1:-1, ...]");
  CHECK(name == "z3");
  REQUIRE(subscripts.size() == 7);
  using Kind = Subscript::Kind;
  CHECK(subscripts[0].kind == Kind::index);
  CHECK(subscripts[0].start == 0);
  CHECK(subscripts[1].start == -1);
  CHECK(subscripts[2].kind == Kind::slice);
  CHECK(subscripts[2].start == 1);
  CHECK(!subscripts[2].stop);
  CHECK(!subscripts[2].step);
  CHECK(subscripts[3].stop == -3);
  CHECK(!subscripts[4].start);
  CHECK(subscripts[4].step == 2);
  CHECK(subscripts[5].start == 4);
  CHECK(subscripts[5].stop == 1);
  CHECK(subscripts[5].step == -1);
  CHECK(subscripts[6].kind == Kind::ellipsis);
  CHECK(parse_reference("b1").first == "b1");
  CHECK(parse_reference("b1").second.empty());
  CHECK(parse_reference("x[9223372036854775807]").second[0].start == 9223372036854775807);
}
