#include <array>

#include <doctest/doctest.h>
#include <network/program.hpp>

#include <gradcheck/network/constant.hpp>

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

std::vector<double> computed(const std::string& text,
                             const std::map<std::string, Leaf>& leaves = {}) {
  const Network network = network_of(text, leaves);
  const Tensor value = forward<double>(network)[network.loss()];
  return {value.data(), value.data() + value.size()};
}

/// "line:column: message" of the error that the text gives.
std::string error_of(const std::string& text, const std::map<std::string, Leaf>& leaves = {}) {
  try {
    network_of(text, leaves);
  } catch (const LocatedError& error) {
    return std::to_string(error.at.line) + ":" + std::to_string(error.at.column) + ": " +
           error.what();
  }
  return "no error";
}

Leaf matrix() { return input(tensor_of({2, 3}, std::array{1.0, 2.0, 3.0, 4.0, 5.0, 6.0})); }
Leaf vector() { return input(tensor_of({2}, std::array{1.0, 2.0})); }

using Numbers = std::vector<double>;

}  // namespace

TEST_CASE("language: operators compute as in Python") {
  CHECK(computed("y = -2 ** 2") == Numbers{-4});
  CHECK(computed("y = 2 * 3 + 4 / 8 - 1") == Numbers{5.5});
  CHECK(computed("y = x @ A", {{"x", vector()}, {"A", matrix()}}) == Numbers{9, 12, 15});
  CHECK(computed("y = A.T[0]", {{"A", matrix()}}) == Numbers{1, 4});
  CHECK(computed("y = x ** -1", {{"x", vector()}}) == Numbers{1, 0.5});
  CHECK(computed("y = x ** (1/2)", {{"x", input(9)}}) == Numbers{3});
  CHECK(computed("y = x >= 2", {{"x", vector()}}) == Numbers{0, 1});
  CHECK(computed("y = 2 * pi")[0] == doctest::Approx(6.283185307179586));
}

TEST_CASE("language: indexing and slicing follow NumPy") {
  CHECK(computed("y = A[0]", {{"A", matrix()}}) == Numbers{1, 2, 3});
  CHECK(computed("y = A[-1]", {{"A", matrix()}}) == Numbers{4, 5, 6});
  CHECK(computed("y = A[:, 1:3]", {{"A", matrix()}}) == Numbers{2, 3, 5, 6});
  CHECK(computed("y = A[0, ::2]", {{"A", matrix()}}) == Numbers{1, 3});
  CHECK(computed("y = A[..., 0]", {{"A", matrix()}}) == Numbers{1, 4});
}

TEST_CASE("language: array literals hold numbers or stack names") {
  CHECK(computed("y = [[1, 2], [3, 4]] @ [1, -1]") == Numbers{-1, -1});
  CHECK(computed("y = [a, b] * 2", {{"a", input(3)}, {"b", input(4)}}) == Numbers{6, 8});
  CHECK(computed("y = [1/2, -pi / pi]") == Numbers{0.5, -1});
}

TEST_CASE("language: settings go by keyword, tensors by position or by name") {
  CHECK(computed("y = sum(A, axis=0)", {{"A", matrix()}}) == Numbers{5, 7, 9});
  CHECK(computed("y = sum(A, axis=[0, 1], keepdims=true)", {{"A", matrix()}}) == Numbers{21});
  CHECK(computed("y = clip(x, min=0, max=1.5)", {{"x", vector()}}) == Numbers{1, 1.5});
}

TEST_CASE("language: settings may follow the tensors by position, and None leaves out") {
  CHECK(computed("y = sum(A, 0)", {{"A", matrix()}}) == Numbers{5, 7, 9});
  CHECK(computed("y = sum(A, dim=0, keepdim=true)", {{"A", matrix()}}) == Numbers{5, 7, 9});
  CHECK(computed("y = sum(A, axis=None)", {{"A", matrix()}}) == Numbers{21});
  CHECK(computed("y = sum(A, None, true)", {{"A", matrix()}}) == Numbers{21});
  CHECK(computed("y = norm(x, \"inf\")", {{"x", vector()}}) == Numbers{2});
}

TEST_CASE("language: a function without tensors is a constant") {
  CHECK(computed("y = eye(2) @ x + ones(2)", {{"x", vector()}}) == Numbers{2, 3});
  CHECK(computed("y = zeros([2]) + full([2], 1/2)") == Numbers{0.5, 0.5});
}

TEST_CASE("language: an argument too many, twice or of another kind is refused") {
  const std::map<std::string, Leaf> leaves{{"x", vector()}, {"A", matrix()}};
  CHECK(error_of("y = sum(A, 0, axis=1)", leaves) ==
        "1:20: sum: 'axis' is given twice, by position and by name");
  CHECK(error_of("y = relu(x, \"mean\")", leaves) ==
        "1:13: relu: it takes no word 'mean', expected relu(x), in 'y = relu(x, \"mean\")'");
  CHECK(error_of("y = relu()", leaves) ==
        "1:5: relu: it has 0 tensor arguments, expected relu(x), in 'y = relu()'");
  CHECK(error_of("y = relu(None)", leaves) == "1:10: unknown name 'None'");
  CHECK(error_of("y = sum(A, x)", leaves) ==
        "1:12: the setting 'axis' has 'x', expected a number, true, false, a quoted word or a list "
        "of numbers");
  CHECK(error_of("y = zeros([1000000, 1000000])", leaves).starts_with("1:5: "));
}

TEST_CASE("language: a value may have the name of a function") {
  CHECK(computed("y = sum(sum)", {{"sum", vector()}}) == Numbers{3});
  CHECK(computed("y = pi * 2", {{"pi", input(5)}}) == Numbers{10});
}

TEST_CASE("language: mistakes are reported where they stand, with the nearest valid name") {
  const std::map<std::string, Leaf> leaves{{"x", vector()}, {"W1", matrix()}};
  CHECK(error_of("y = x\nz = sigmod(y)", leaves) ==
        "2:5: unknown function 'sigmod', did you mean 'sigmoid'?");
  CHECK(error_of("y = x @ wieght", {{"weight", matrix()}, {"x", vector()}}) ==
        "1:9: unknown name 'wieght', did you mean 'weight'?");
  CHECK(error_of("y = x @ W2", leaves) == "1:9: unknown name 'W2'");
  CHECK(error_of("y = relu", leaves) ==
        "1:5: 'relu' is a function, expected a value; call it as relu(x)");
  CHECK(error_of("x = 1", leaves) == "1:1: 'x' is assigned or given twice, expected a new name");
  CHECK(error_of("y = 1\ny = 2", leaves) ==
        "2:1: 'y' is assigned or given twice, expected a new name");
  CHECK(error_of("y = x ** x", leaves) ==
        "1:10: '**' has exponent 'x', expected a constant number, or a constant base above 0");
  CHECK(error_of("y = relu(x, x)", leaves) ==
        "1:5: relu: it has 2 tensor arguments, expected relu(x), in 'y = relu(x, x)'");
  CHECK(error_of("y = W1 @ x", leaves) ==
        "1:8: matmul: shapes (2, 3) and (2,) do not fit together, expected 3 rows on the right, "
        "got 2, in "
        "'y = W1 @ x'");
  CHECK(error_of("y = []", leaves) ==
        "1:5: an array literal is empty, expected at least one entry");
  CHECK(error_of("y = [x, 1]", leaves) ==
        "1:9: array: an item has shape (), expected (2,) as the first, in 'y = [x, 1]'");
}

TEST_CASE("language: constants evaluate without names") {
  CHECK(evaluate_constant("2/3 * [[38, -11, 20]]", {1, 1}).data()[1] == doctest::Approx(-22.0 / 3));
  CHECK_THROWS_AS(evaluate_constant("a + 1", {1, 1}), LocatedError);
}

TEST_CASE("language: selections give the positions that NumPy would") {
  const Selection column =
      select({2, 3}, {{Subscript::Kind::slice, {}, {}, {}}, {Subscript::Kind::index, 1, {}, {}}});
  CHECK(column.shape == Shape{2});
  CHECK(column.positions == std::vector<std::size_t>{1, 4});
  CHECK(select({2, 3}, {}).positions.size() == 6);
}
