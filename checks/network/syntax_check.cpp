#include <gradcheck/network/syntax.hpp>

#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace gradcheck;

namespace {

std::string at(Position p) { return std::to_string(p.line) + ":" + std::to_string(p.column); }

template <class Function>
std::string error_of(Function f) {
  try {
    f();
  } catch (const LocatedError& e) {
    return at(e.at) + ": " + e.what();
  }
  return "no error";
}

std::string statements_error(const std::string& text, Position origin = {1, 1}) {
  return error_of([&] { parse_statements(text, origin); });
}
std::string expression_error(const std::string& text) {
  return error_of([&] { parse_expression(text); });
}
std::string reference_error(const std::string& text) {
  return error_of([&] { parse_reference(text); });
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) {
    all += text;
  }
  return all;
}

// The tree with all its parentheses, in prefix form.
std::string tree(const Expression& e) {
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

std::string tree_of(const std::string& text) { return tree(parse_expression(text)); }

}  // namespace

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
  for (const std::string& text : std::vector<std::string>{"0x10", "1_000", "2x", "1e", "1.2.3", "1.T"}) {
    CHECK(expression_error(text) == "1:1: '" + text + "' is not a number");
  }
}

TEST_CASE("syntax: settings are words, booleans, lists, numbers or names, by keyword only") {
  const Expression e =
      parse_expression("conv2d(x, W, reduction=\"mean\", mode='a b', bias=true, keepdims=false, "
                       "axis=[0, -1], eps=1e-5, weight=w, scale=1/3)");
  REQUIRE(e.keywords.size() == 8);
  using Kind = Expression::Kind;
  const std::vector<Kind> kinds{Kind::string, Kind::string, Kind::boolean, Kind::boolean,
                                Kind::array,  Kind::number, Kind::name,    Kind::binary};
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    CAPTURE(i);
    CHECK(e.keywords[i].second.kind == kinds[i]);
  }
  CHECK(e.keywords[0].second.text == "mean");
  CHECK(e.keywords[1].second.text == "a b");
  CHECK(e.keywords[2].second.number == 1);
  CHECK(e.keywords[3].second.number == 0);
  CHECK(at(e.keywords[0].second.at) == "1:24");

  CHECK(expression_error("f(\"mean\")") ==
        "1:3: \"mean\" may only stand as a setting: function(x, keyword=\"mean\")");
  CHECK(expression_error("x + true") == "1:5: 'true' may only stand as a setting: function(x, keyword=true)");
  CHECK(expression_error("f(a=1, x)") == "1:8: an argument by position may not follow one by keyword");
  CHECK(expression_error("f(x, a=1, b=2, a=3)") == "1:16: keyword 'a' is given twice");
  CHECK(expression_error("f((x)=1)") == "1:3: expected the name of a setting before '='");
  CHECK(expression_error("f(2=1)") == "1:3: expected the name of a setting before '='");
  CHECK(expression_error("f(a=)") == "1:5: expected an expression after '=', got ')'");
  CHECK(expression_error("f(a='mean)") == "1:5: missing ' at the end of the word");
  CHECK(expression_error("f(a=\"x\n\")") == "1:5: missing \" at the end of the word");
}

TEST_CASE("syntax: statements stand on lines or between semicolons") {
  const auto found = parse_statements("a = x  # one\n\n  b = a  @ W;c = b;;\r\ny, _, h_1 = lstm(c)\n");
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

TEST_CASE("syntax: an expression begins where its first character stands, a binary one at its operator") {
  CHECK(at(parse_expression(" x").at) == "1:2");
  CHECK(at(parse_expression("-x").at) == "1:1");
  CHECK(at(parse_expression("x + y").at) == "1:3");
  CHECK(at(parse_expression(" (x + y).T").at) == "1:2");
  CHECK(at(parse_expression("f(x)[0]").at) == "1:1");
  CHECK(at(parse_expression("x ** y").at) == "1:3");
  CHECK(at(parse_expression("\n\nx\n").at) == "3:1");
}

TEST_CASE("syntax: a mistake is reported at its place") {
  struct Row {
    std::string text;
    std::string message;
  };
  for (const Row& row : std::vector<Row>{
           {"a = b +", "1:8: expected an expression after '+', got the end"},
           {"a = b +\nc = d", "1:8: expected an expression after '+', got the end of the line"},
           {"a = b + * c", "1:9: expected an expression after '+', got '*'"},
           {"a = b ** ", "1:10: expected an expression after '**', got the end"},
           {"a = ; b = c", "1:5: expected an expression after '=', got ';'"},
           {"a =", "1:4: expected an expression after '=', got the end"},
           {"a = -", "1:6: expected an expression after '-', got the end"},
           {"a = +b", "1:5: expected an expression after '=', got '+'"},
           {"a = (b + c\nd = e", "2:1: missing ')' for the '(' at 1:5, got 'd'"},
           {"x = 1\ny = f(b, (c)", "2:13: missing ')' for the '(' at 2:6, got the end"},
           {"a = [1, 2", "1:10: missing ']' for the '[' at 1:5, got the end"},
           {"a = (b]", "1:7: missing ')' for the '(' at 1:5, got ']'"},
           {"a = (b; c)", "1:7: missing ')' for the '(' at 1:5, got ';'"},
           {"a = b)", "1:6: expected an operator or the end of the statement, got ')'"},
           {"a = b c", "1:7: expected an operator or the end of the statement, got 'c'"},
           {"a = b = c", "1:7: expected an operator or the end of the statement, got '='"},
           {"a = 2 3", "1:7: expected an operator or the end of the statement, got '3'"},
           {"a = f(x)(y)", "1:9: expected an operator or the end of the statement, got '('"},
           {"a = b $ c", "1:7: unknown character '$'"},
           {"a = b ^ 2", "1:7: unknown character '^': a power is written **"},
           {"a = b − 2", "1:7: unknown character '−': a minus is written -"},
           {"a = b × 2", "1:7: unknown character '×': a product is written *, or @ for matrices"},
           {"a = b % 2", "1:7: unknown character '%'"},
           {"가 = b", "1:1: unknown character '가'"},
           {"a = b\xff", "1:6: unknown byte 0xFF"},
           {"a = b\x01", "1:6: unknown byte 0x01"},
           {"a = b\xe4", "1:6: unknown byte 0xE4"},
           {"a ! b", "1:3: unknown character '!'"},
           {"a = b // c", "1:8: expected an expression after '/', got '/'"},
           {"a @ b", "1:3: expected '=' after 'a' (each statement is NAME = EXPRESSION), got '@'"},
           {"a", "1:2: expected '=' after 'a' (each statement is NAME = EXPRESSION), got the end"},
           {"a += b", "1:3: expected '=' after 'a' (each statement is NAME = EXPRESSION), got '+'"},
           {"a == b", "1:3: expected '=' after 'a' (each statement is NAME = EXPRESSION), got '=='"},
           {"f(x) = b", "1:2: expected '=' after 'f' (each statement is NAME = EXPRESSION), got '('"},
           {"a[0] = b", "1:2: only a whole name can be assigned to (each statement is NAME = EXPRESSION)"},
           {"2 = b", "1:1: expected a name (each statement is NAME = EXPRESSION), got '2'"},
           {"true = b", "1:1: expected a name (each statement is NAME = EXPRESSION), got 'true'"},
           {"y, = b", "1:4: expected a name (each statement is NAME = EXPRESSION), got '='"},
           {"a = b < c < d", "1:11: comparisons do not chain: write (a < b) * (b < c)"},
           {"a = b.t", "1:7: expected 'T' after '.', got 't'"},
           {"a = b.", "1:7: expected 'T' after '.', got the end"},
           {"a = b[]", "1:7: expected an index (3, -1, 1:3, ::2 or ...) after '[', got ']'"},
           {"a = b[c]", "1:7: expected an index (3, -1, 1:3, ::2 or ...) after '[', got 'c'"},
           {"a = b[0,]", "1:9: expected an index (3, -1, 1:3, ::2 or ...) after ',', got ']'"},
           {"a = b[-]", "1:8: expected an integer after '-', got ']'"},
           {"a = b[1.5]", "1:7: index has 1.5, expected an integer of 64 bits"},
           {"a = b[99999999999999999999]",
            "1:7: index has 99999999999999999999, expected an integer of 64 bits"},
           {"a = b[::0]", "1:9: the step of a slice has 0, expected another integer"},
           {"a = b[..., ...]", "1:12: only one '...' may stand in an index"},
           {"a = b[0", "1:8: missing ']' for the '[' at 1:6, got the end"},
           {"a = f(,x)", "1:7: expected an expression after '(', got ','"},
           {"a = f(x y)", "1:9: missing ')' for the '(' at 1:6, got 'y'"},
           {"a = ()", "1:6: expected an expression after '(', got ')'"},
           {"a = b \\ c", "1:7: unknown character '\\'"},
       }) {
    CAPTURE(row.text);
    CHECK(statements_error(row.text) == row.message);
  }
}

TEST_CASE("syntax: the first of several mistakes is reported") {
  CHECK(statements_error("a = +\nb = $") == "1:5: expected an expression after '=', got '+'");
  CHECK(statements_error("a = $\nb = +") == "1:5: unknown character '$'");
}

TEST_CASE("syntax: an expression alone is not empty and has nothing after it") {
  CHECK(expression_error("") == "1:1: expected an expression, got the end");
  CHECK(expression_error("  # nothing") == "1:12: expected an expression, got the end");
  CHECK(expression_error("a b") == "1:3: expected an operator or the end, got 'b'");
  CHECK(expression_error("a; b") == "1:2: expected an operator or the end, got ';'");
  CHECK(expression_error("a\nb") == "2:1: expected an operator or the end, got 'b'");
  CHECK(expression_error("a = b") == "1:3: expected an operator or the end, got '='");
  CHECK(tree_of("z3 - t  # why\n") == "(- z3 t)");
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

TEST_CASE("syntax: a reference is a name and its subscripts, no more") {
  CHECK(reference_error("") == "1:1: expected a name, got the end");
  CHECK(reference_error("3") == "1:1: expected a name, got '3'");
  CHECK(reference_error("z3/a1") == "1:3: expected '[' or the end, got '/'");
  CHECK(reference_error("z3[0][1]") == "1:6: expected the end, got '['");
  CHECK(reference_error("z3[0") == "1:5: missing ']' for the '[' at 1:3, got the end");
  CHECK(error_of([] { parse_reference("z3[x]", {7, 3}); }) ==
        "7:6: expected an index (3, -1, 1:3, ::2 or ...) after '[', got 'x'");
}

TEST_CASE("syntax: an expression as text has the parentheses it needs and no more") {
  for (const std::string& text : std::vector<std::string>{
           "a + b * c",        "(a + b) * c",    "a - (b - c)",   "a - b - c",        "a / (b * c)",
           "a @ b @ c",        "a @ (b @ c)",    "-x ** 2",       "(-x) ** 2",        "2 ** -1",
           "(a ** b) ** c",    "a ** b ** c",    "-(a + b)",      "-a * b",           "-(a * b)",
           "a ** -b ** c",     "--a",            "(a + b).T",     "x.T[0].T",         "(2).T",
           "(-x).T",           "x[0, -1, 1:3, ::2, :, ...]",      "(a > b) * c",      "(a > b) > c",
           "a > b + c",        "f(x, g(y), axis=-1, reduction=\"mean\", keepdims=true)", "f()",
           "[[1, 2], [w0, -3]]", "[].T",         "1e-05 + 0.1",   "f(m='\"')",        "pi",
           "(2 ** 3) ** 2",    "f(x)[0].T @ -y", "a ** (b * c)", "(a * b) ** c",     "f(k=[1, 2])",
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

TEST_CASE("syntax: nesting is accepted up to 200 levels and refused beyond") {
  struct Row {
    std::string open;
    std::string middle;
    std::string close;
  };
  for (const Row& row : std::vector<Row>{
           {"(", "x", ")"}, {"[", "x", "]"}, {"f(", "x", ")"}, {"-", "x", ""}, {"x ** ", "x", ""}, {"f(a=", "x", ")"}}) {
    CAPTURE(row.open);
    const auto nested = [&](std::size_t depth) {
      return repeated(row.open, depth) + row.middle + repeated(row.close, depth);
    };
    CHECK(expression_error(nested(200)) == "no error");
    CHECK(expression_error(nested(201)).ends_with(": an expression may nest at most 200 levels deep"));
    const std::size_t many = 1000000 / row.open.size();
    CHECK(expression_error(repeated(row.open, many)).ends_with(": an expression may nest at most 200 levels deep"));
  }
  CHECK(expression_error(repeated("(", 201)) == "1:201: an expression may nest at most 200 levels deep");
}

TEST_CASE("syntax: chains are accepted up to 1000 operators and refused beyond") {
  CHECK(expression_error("x" + repeated(" + x", 999)) == "no error");
  CHECK(expression_error("x" + repeated(" + x", 1000)).ends_with(": an expression may chain at most 1000 operators"));
  CHECK(expression_error("x" + repeated(".T", 999)) == "no error");
  CHECK(expression_error("x" + repeated(".T", 1000)) == "1:1: an expression may chain at most 1000 operators");
  CHECK(expression_error("x" + repeated("[0]", 300000)) == "1:1: an expression may chain at most 1000 operators");
  CHECK(expression_error("[0" + repeated(", 1/3", 100000) + "]") == "no error");
}

TEST_CASE("syntax: a text of 1 MiB is accepted, a longer one refused") {
  const std::string comment = "#" + std::string((1 << 20) - 1, 'x');
  CHECK(statements_error(comment) == "no error");
  CHECK(statements_error(comment + "x", {2, 3}) ==
        "2:3: the text has 1048577 bytes, expected at most 1048576");
}

TEST_CASE("syntax: no text crashes the parser") {
  const std::string sample =
      "z1, _ = f(x.T @ W[0, 1:, ...], a=[1, -2e-3], m='é') ** -(b >= .5) # c\r\ny = z1; L = [[1]]\n";
  for (std::size_t length = 0; length <= sample.size(); ++length) {
    CHECK_NOTHROW(statements_error(sample.substr(0, length)));
    CHECK_NOTHROW(statements_error(sample.substr(length)));
  }
  std::mt19937_64 random(1);
  const std::string letters = "ab1.e-+*/@()[],:;=<>!'\"# \n\r\\T$\xc3\xa9\xff";
  for (int i = 0; i < 20000; ++i) {
    std::string text(random() % 40, ' ');
    for (char& c : text) {
      c = i % 2 == 0 ? letters[random() % letters.size()] : static_cast<char>(random() % 256);
    }
    CHECK_NOTHROW(statements_error(text));
    CHECK_NOTHROW(expression_error(text));
    CHECK_NOTHROW(reference_error(text));
  }
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
