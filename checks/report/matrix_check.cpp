#include <doctest/doctest.h>

#include <gradcheck/report/matrix.hpp>

using namespace gradcheck;

namespace {

Tensor counting(const Shape& shape) {
  Tensor out = empty<double>(shape);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out.data()[i] = static_cast<double>(i);
  }
  return out;
}

}  // namespace

TEST_CASE("matrix: decimal points stand under each other") {
  Tensor values = counting({3, 2});
  values(0, 0) = -1.25;
  values(1, 0) = 10;
  values(2, 1) = 1e-9;
  CHECK(matrix_text(values, 0, 80) ==
        "  -1.25  1\n"
        "  10     3\n"
        "   4     1e-09\n");
}

TEST_CASE("matrix: a scalar is one number, a vector one row") {
  CHECK(matrix_text(scalar(8.9085), 2, 80) == "    8.9085\n");
  CHECK(matrix_text(counting({3}), 0, 80) == "  0  1  2\n");
  CHECK(matrix_text(counting({0, 3}), 0, 80) == "  no entries\n");
}

TEST_CASE("matrix: columns that do not fit come in blocks") {
  CHECK(matrix_text(counting({2, 4}), 0, 9) ==
        "  columns 0 to 2\n  0  1  2\n  4  5  6\n  columns 3 to 3\n  3\n  7\n");
  CHECK(matrix_text(counting({1, 2}), 0, 1) == "  columns 0 to 0\n  0\n  columns 1 to 1\n  1\n");
}

TEST_CASE("matrix: a tensor of higher rank is told in matrices") {
  CHECK(matrix_text(counting({2, 1, 1, 2}), 0, 80) ==
        "  [0, 0, :, :]\n  0  1\n  [1, 0, :, :]\n  2  3\n");
}
