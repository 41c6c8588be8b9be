#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradcheck/network/syntax.hpp>

#include "syntax_helpers.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

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
           {"a = b ^ 2", "1:7: unknown character '^': a power is written **, a transpose .T or ^T"},
           {"a = b – 2", "1:7: unknown character '–': a minus is written -"},
           {"a = b · 2", "1:7: unknown character '·': a product is written *, or @ for matrices"},
           {"a = b % 2", "1:7: unknown character '%'"},
           {"★ = b", "1:1: unknown character '★'"},
           {"a = b\xff", "1:6: unknown byte 0xFF"},
           {"a = b\x01", "1:6: unknown byte 0x01"},
           {"a = b\xe4", "1:6: unknown byte 0xE4"},
           {"a ! b", "1:3: unknown character '!'"},
           {"a = b // c", "1:8: expected an expression after '/', got '/'"},
           {"a @ b", "1:3: expected '=' after 'a' (each statement is NAME = EXPRESSION), got '@'"},
           {"a", "1:2: expected '=' after 'a' (each statement is NAME = EXPRESSION), got the end"},
           {"a += b", "1:3: expected '=' after 'a' (each statement is NAME = EXPRESSION), got '+'"},
           {"a == b",
            "1:3: expected '=' after 'a' (each statement is NAME = EXPRESSION), got '=='"},
           {"f(x) = b",
            "1:2: expected '=' after 'f' (each statement is NAME = EXPRESSION), got '('"},
           {"a[0] = b",
            "1:2: only a whole name can be assigned to (each statement is NAME = EXPRESSION)"},
           {"2 = b", "1:1: expected a name (each statement is NAME = EXPRESSION), got '2'"},
           {"true = b", "1:1: expected a name (each statement is NAME = EXPRESSION), got 'true'"},
           {"y, = b", "1:4: expected a name (each statement is NAME = EXPRESSION), got '='"},
           {"a = b < c < d", "1:11: comparisons do not chain: write (a < b) * (b < c)"},
           {"a = b.t", "1:7: expected 'T' after '.', got 't'"},
           {"a = b.", "1:7: expected 'T' after '.', got the end"},
           {"a = b[]", "1:7: expected an index (3, -1, 1:3, ::2 or ...) after '[', got ']'"},
           {"a = b[*]", "1:7: expected an index (3, -1, 1:3, ::2 or ...) after '[', got '*'"},
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

TEST_CASE("syntax: a reference is a name and its subscripts, no more") {
  CHECK(reference_error("") == "1:1: expected a name, got the end");
  CHECK(reference_error("3") == "1:1: expected a name, got '3'");
  CHECK(reference_error("z3/a1") == "1:3: expected '[' or the end, got '/'");
  CHECK(reference_error("z3[0][1]") == "1:6: expected the end, got '['");
  CHECK(reference_error("z3[0") == "1:5: missing ']' for the '[' at 1:3, got the end");
  CHECK(error_of([] {
          parse_reference("z3[x]", {7, 3});
        }) == "7:6: expected an index (3, -1, 1:3, ::2 or ...) after '[', got 'x'");
}

TEST_CASE("syntax: nesting is accepted up to 200 levels and refused beyond") {
  struct Row {
    std::string open;
    std::string middle;
    std::string close;
  };
  for (const Row& row : std::vector<Row>{{"(", "x", ")"},
                                         {"[", "x", "]"},
                                         {"f(", "x", ")"},
                                         {"-", "x", ""},
                                         {"x ** ", "x", ""},
                                         {"f(a=", "x", ")"}}) {
    CAPTURE(row.open);
    const auto nested = [&](std::size_t depth) {
      return repeated(row.open, depth) + row.middle + repeated(row.close, depth);
    };
    CHECK(expression_error(nested(200)) == "no error");
    CHECK(expression_error(nested(201))
              .ends_with(": an expression may nest at most 200 levels deep"));
    const std::size_t many = 1000000 / row.open.size();
    CHECK(expression_error(repeated(row.open, many))
              .ends_with(": an expression may nest at most 200 levels deep"));
  }
  CHECK(expression_error(repeated("(", 201)) ==
        "1:201: an expression may nest at most 200 levels deep");
}

TEST_CASE("syntax: chains are accepted up to 1000 operators and refused beyond") {
  CHECK(expression_error("x" + repeated(" + x", 999)) == "no error");
  CHECK(expression_error("x" + repeated(" + x", 1000))
            .ends_with(": an expression may chain at most 1000 operators"));
  CHECK(expression_error("x" + repeated(".T", 999)) == "no error");
  CHECK(expression_error("x" + repeated(".T", 1000)) ==
        "1:1: an expression may chain at most 1000 operators");
  CHECK(expression_error("x" + repeated("[0]", 300000)) ==
        "1:1: an expression may chain at most 1000 operators");
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
      "z1, _ = f(x.T @ W[0, 1:, ...], a=[1, -2e-3], m='é') ** -(b >= .5) # c\r\ny = z1; L = "
      "[[1]]\n";
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
