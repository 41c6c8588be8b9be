#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradcheck/network/place.hpp>
#include <gradcheck/network/read_statements.hpp>

using namespace gradcheck;

namespace {

std::string mistakes_in(const std::string& text) {
  std::string all;
  for (const LocatedError& one : read_statements(text).mistakes.sorted()) {
    all += to_string(one.at) + ": " + one.what() + "\n";
  }
  return all;
}

std::string targets_in(const std::string& text) {
  std::string all;
  for (const Statement& one : read_statements(text).statements) {
    all += one.targets[0] + to_string(one.at) + " ";
  }
  return all;
}

}  // namespace

TEST_CASE("read statements: every statement tells its own mistake") {
  CHECK(mistakes_in("a = b +\nc = d\ne = * f\n# note\ng = h $ i; k = 2 3\n") ==
        "1:8: expected an expression after '+', got the end of the line\n"
        "3:5: expected an expression after '=', got '*'\n"
        "5:7: unknown character '$'\n"
        "5:18: expected an operator or the end of the statement, got '3'\n");
  CHECK(targets_in("a = b +\nc = d\ne = * f\n# note\ng = h $ i; k = 2 3\nm = n") == "c2:1 m6:1 ");
  CHECK(mistakes_in("a = 1\nb = 2").empty());
}

TEST_CASE("read statements: what follows a mistake inside of brackets is not read as a statement") {
  const std::string text = "a = conv2d(x,\n  * W,\n  stride=2)\nb = c +\n";
  CHECK(mistakes_in(text) ==
        "2:3: expected an expression after ',', got '*'\n"
        "4:8: expected an expression after '+', got the end of the line\n");
  CHECK(targets_in(text).empty());
}

TEST_CASE("read statements: where a bracket is not closed the next statement is read") {
  const std::string text = "a = relu(b\n\nc = d +\ne = [1, 2\nf = g\n";
  CHECK(mistakes_in(text) ==
        "3:1: missing ')' for the '(' at 1:9, got 'c'\n"
        "3:8: expected an expression after '+', got the end of the line\n"
        "5:1: missing ']' for the '[' at 4:5, got 'f'\n");
  CHECK(targets_in(text) == "f5:1 ");
}

TEST_CASE("read statements: the names that statements with a mistake assign are lost") {
  const LostNames some = read_statements("y, h = lstm(x\nz = 2 +\nw = 1").lost;
  CHECK(some.names == std::set<std::string>{"y", "h", "z"});
  CHECK_FALSE(some.others);
  CHECK(read_statements("dz' = 1\nw = 1").lost.others);
  CHECK(read_statements("w = 1\n$\nv = 2").lost.others);
}

TEST_CASE("read statements: quotes, comments and continued lines hide no statement") {
  CHECK(targets_in("a = f(x, 'mean\nb = 1 # (\nc = \\\n 2 +\nd = 3") == "b2:1 d5:1 ");
  CHECK(targets_in("a = f(b; c = 1; d = 2") == "c1:10 d1:17 ");
}

TEST_CASE("read statements: so many mistakes are told, and the reading of hostile texts ends") {
  std::string text;
  for (std::size_t k = 0; k < 50'000; ++k) {
    text += "a = (\n";
  }
  CHECK(read_statements(text).mistakes.all().size() == 100);
  CHECK(read_statements(std::string(200'000, '$')).mistakes.all().size() == 1);
  CHECK(read_statements(std::string(2 << 20, 'a')).mistakes.all().size() == 1);
}
