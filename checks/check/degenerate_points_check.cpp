#include <doctest/doctest.h>
#include <network/program.hpp>

#include <gradcheck/check/degenerate_points.hpp>

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

using Leaves = std::map<std::string, Leaf>;

Tensor vector_of(std::vector<double> x) { return tensor_of({x.size()}, x); }
Tensor matrix_of(std::size_t rows, std::vector<double> x) {
  return tensor_of({rows, x.size() / rows}, x);
}

std::vector<std::string> notes_of(const std::string& text, const Leaves& leaves,
                                  const std::vector<std::string>& checked) {
  const Network network = network_of(text, leaves);
  std::vector<ValueId> ids;
  for (const std::string& name : checked) {
    ids.push_back(*network.find(name));
  }
  return degenerate_points(network, forward<double>(network), ids);
}

/// Whether the only note is that one, in so many words.
void check_note(const std::vector<std::string>& notes, const std::string& wanted) {
  REQUIRE(notes.size() == 1);
  CHECK(notes[0] == wanted);
}

const Tensor W = matrix_of(2, {0.5, -1, 2, 1.5, 0.3, -0.7});   // (2, 3)
const Tensor rows = matrix_of(3, {1, 2, -0.5, 0.3, 0.2, -1});  // (3, 2)

const std::string batch_note =
    "x has one row: a missing sum over the batch, or division by its size, would not show; use 3 "
    "rows";

}  // namespace

TEST_CASE("degenerate points: a network at an ordinary point has none") {
  CHECK(notes_of("a = relu(x @ W + b); y = a @ V; L = half_squared_error(y, t)",
                 {{"x", input(rows)},
                  {"W", parameter(W)},
                  {"b", parameter(vector_of({0.1, -0.2, 0.3}))},
                  {"V", parameter(matrix_of(3, {1, -2, 0.5, 3, 0.4, -1}))},
                  {"t", input(matrix_of(3, {1, 2, 3, 4, 5, 6}))}},
                 {"W", "b", "V"})
            .empty());
}

TEST_CASE("degenerate points: a batch of one row, whatever multiplies it") {
  const Leaf x = input(matrix_of(1, {1, 2}));
  const Leaf b = parameter(vector_of({0.1, -0.2, 0.3}));
  check_note(notes_of("L = sum(x @ W + b)", {{"x", x}, {"W", parameter(W)}, {"b", b}}, {"W"}),
             batch_note);
  check_note(notes_of("L = sum(affine(x, W, b))", {{"x", x}, {"W", parameter(W)}, {"b", b}}, {"W"}),
             batch_note);
  check_note(notes_of("L = sum(dot(x, W))", {{"x", x}, {"W", parameter(W)}}, {"W"}), batch_note);
}

TEST_CASE("degenerate points: a batch of one column") {
  check_note(
      notes_of("L = sum(W @ x)",
               {{"x", input(tensor_of({3, 1}, std::vector<double>{1, 2, 3}))}, {"W", parameter(W)}},
               {"W"}),
      "x has one column: a missing sum over the batch, or division by its size, would not "
      "show; use 3 columns");
}

TEST_CASE("degenerate points: what is computed from a batch of one is not named beside it") {
  check_note(notes_of("h = tanh(x @ W); L = sum(h @ V)",
                      {{"x", input(matrix_of(1, {1, 2}))},
                       {"W", parameter(W)},
                       {"V", parameter(matrix_of(3, {1, -2, 0.5, 3, 0.4, -1}))}},
                      {"W"}),
             batch_note);
}

TEST_CASE("degenerate points: vectors have no batch axis") {
  CHECK(notes_of("L = sum(W @ x)", {{"x", input(vector_of({1, 2, 3}))}, {"W", parameter(W)}}, {"W"})
            .empty());
  CHECK(notes_of("L = sum(x @ W)", {{"x", input(vector_of({1, 2}))}, {"W", parameter(W)}}, {"W"})
            .empty());
}

TEST_CASE("degenerate points: without parameters no operand is a batch or a weight") {
  CHECK(notes_of("L = sum(x @ W)", {{"x", input(matrix_of(1, {1, 2}))}, {"W", input(W)}}, {"x"})
            .empty());
}

TEST_CASE("degenerate points: a square weight, and a symmetric one instead") {
  const Leaf x = input(rows);
  const Leaf square = parameter(matrix_of(2, {1, 2, 3, 4}));
  check_note(notes_of("L = sum(x @ V)", {{"x", x}, {"V", square}}, {"V"}),
             "V is square: a missing transpose breaks no shape, only the numbers show it; use "
             "different extents");
  check_note(
      notes_of("L = sum(x @ V.T @ U)",
               {{"x", x}, {"U", square}, {"V", parameter(matrix_of(2, {1, 2, 2, 5}))}}, {"U", "V"}),
      "V is symmetric: a missing transpose would not show; use other values, best of "
      "different extents");
}

TEST_CASE("degenerate points: a single entry is neither square nor symmetric nor constant") {
  CHECK(notes_of("L = sum(x @ V)",
                 {{"x", input(tensor_of({2, 1}, std::vector<double>{1, 2}))},
                  {"V", parameter(tensor_of({1, 1}, std::vector<double>{3}))}},
                 {"V"})
            .empty());
}

TEST_CASE("degenerate points: constant tensors, throughout or along an axis") {
  check_note(
      notes_of("L = sum(W @ x)", {{"x", input(vector_of({1, 1, 1}))}, {"W", parameter(W)}}, {"W"}),
      "constant: x throughout; a backward that takes one of those entries for another would look "
      "right; use "
      "different values");
  check_note(
      notes_of("L = sum(sin(x) * y)",
               {{"x", input(matrix_of(2, {1, 1, 2, 2}))}, {"y", input(matrix_of(2, {1, 2, 1, 2}))}},
               {"x"}),
      "constant: x along axis 1 and y along axis 0; a backward that takes one of those entries for "
      "another would look right; use "
      "different values");
}

TEST_CASE("degenerate points: one constant row among others is none") {
  CHECK(notes_of("L = sum(sin(x))", {{"x", input(matrix_of(2, {0, 0, 2, 3}))}}, {"x"}).empty());
}

TEST_CASE("degenerate points: zeros that are added, and zeros that multiply") {
  const Leaf x = input(rows);
  check_note(
      notes_of("L = sum(tanh(x @ W + b))",
               {{"x", x}, {"W", parameter(W)}, {"b", parameter(vector_of({0, 0, 0}))}}, {"W"}),
      "b is all zero: a backward that leaves it out of a sum would look right; use other "
      "values");
  check_note(
      notes_of(
          "L = sum(tanh(x @ W + h @ U))",
          {{"x", x}, {"W", parameter(W)}, {"h", input(zeros<double>({3, 2}))}, {"U", parameter(W)}},
          {"U"}),
      "h is all zero: a missing gradient that has it as a factor would not show; use other "
      "values");
  CHECK(notes_of("L = sum(tanh(x @ W + b))",
                 {{"x", x}, {"W", parameter(W)}, {"b", parameter(vector_of({0, 0, 4}))}}, {"W"})
            .empty());
  CHECK(notes_of("L = s * w", {{"s", parameter(0)}, {"w", input(2)}}, {"s"}).empty());
}

TEST_CASE("degenerate points: kinked layers that are on one side everywhere") {
  const auto wanted = [](const std::string& where) {
    return "on one side of every kink: " + where +
           "; a backward that knows only that side would look right; use values on both sides";
  };
  check_note(notes_of("a = relu(x); L = sum(a * a)", {{"x", input(vector_of({1, 2}))}}, {"x"}),
             wanted("relu in a (all positive)"));
  check_note(notes_of("L = sum(leaky_relu(x))", {{"x", input(vector_of({-1, -2}))}}, {"x"}),
             wanted("leaky_relu (line 1) (none positive)"));
  check_note(notes_of("L = l1(x)", {{"x", input(vector_of({1, 2}))}}, {"x"}), wanted("l1 in L"));
}

TEST_CASE("degenerate points: a layer on both sides of its kink, or with one argument, is none") {
  CHECK(notes_of("L = sum(relu(x))", {{"x", input(vector_of({1, -2}))}}, {"x"}).empty());
  CHECK(notes_of("L = relu(x)", {{"x", input(1)}}, {"x"}).empty());
}

TEST_CASE("degenerate points: labels that are all equal, as indices or as rows") {
  const std::string wanted =
      "all labels in t are equal: a gradient that takes another example's label would not show; "
      "use different ones";
  const std::string text = "L = softmax_cross_entropy(z, t)";
  const Leaf z = parameter(rows);
  check_note(notes_of(text, {{"z", z}, {"t", input(vector_of({1, 1, 1}))}}, {"z"}), wanted);
  check_note(notes_of(text, {{"z", z}, {"t", input(matrix_of(3, {0, 1, 0, 1, 0, 1}))}}, {"z"}),
             wanted);
  CHECK(notes_of(text, {{"z", z}, {"t", input(vector_of({1, 0, 1}))}}, {"z"}).empty());
  CHECK(notes_of(text, {{"z", z}, {"t", input(matrix_of(3, {0, 1, 1, 0, 0, 1}))}}, {"z"}).empty());
  CHECK(notes_of(text, {{"z", parameter(vector_of({1, 2}))}, {"t", input(1)}}, {"z"}).empty());
}

TEST_CASE("degenerate points: one note tells of labels, whatever the loss") {
  const std::vector<std::string> notes =
      notes_of("L = binary_cross_entropy_with_logits(z, t)",
               {{"z", parameter(vector_of({1, 2}))}, {"t", input(vector_of({1, 1}))}}, {"z"});
  CHECK(notes.size() == 1);
}

TEST_CASE("degenerate points: what no checked value passes on its way to the loss does not count") {
  const Leaves leaves{{"x", input(vector_of({1, 2}))}, {"y", input(vector_of({1, -2}))}};
  CHECK(notes_of("a = relu(x); L = sum(a * a) + sum(sin(y))", leaves, {"y"}).empty());
  CHECK(notes_of("a = relu(x); L = sum(x * y)", leaves, {"x"}).empty());
}
