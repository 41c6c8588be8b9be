#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradcheck/cases/latex.hpp>

using namespace gradcheck;

namespace {

Written read(const std::string& text) { return read_latex(text, {1, 1}, "z"); }

std::vector<double> values(const Written& written) {
  std::vector<double> all;
  for (const Printed& number : written.numbers) {
    all.push_back(number.value);
  }
  return all;
}

std::string error_of(const std::string& text, Position origin = {1, 1}) {
  try {
    read_latex(text, origin, "z");
  } catch (const LocatedError& e) {
    return std::to_string(e.at.line) + ":" + std::to_string(e.at.column) + ": " + e.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("latex: matrices, rows, columns and scalars have their shapes") {
  struct Row {
    std::string text;
    Shape shape;
    std::vector<double> values;
  };
  for (const Row& row : std::vector<Row>{
           {R"(\begin{pmatrix} 1 & 2 & -3 \\ 2 & -1 & 3 \end{pmatrix})",
            {2, 3},
            {1, 2, -3, 2, -1, 3}},
           {R"(\begin{bmatrix}1\\2\\3\end{bmatrix})", {3}, {1, 2, 3}},
           {R"(\begin{matrix} 1 & 4 \end{matrix})", {1, 2}, {1, 4}},
           {R"(\begin{Bmatrix} 5 \end{Bmatrix})", {1}, {5}},
           {R"(\begin{smallmatrix} 1 & 0 \\ 0 & 1 \end{smallmatrix})", {2, 2}, {1, 0, 0, 1}},
           {R"(\left( \begin{array}{cc} 1 & 2 \\ 3 & 4 \end{array} \right))", {2, 2}, {1, 2, 3, 4}},
           {R"(\left[\begin{matrix} 1 \\ 2 \end{matrix}\right])", {2}, {1, 2}},
           {R"(\begin{pmatrix} 1 \\ 2 \\ \end{pmatrix})", {2}, {1, 2}},
           {R"(\begin{pmatrix} 1 & 2 \\[2pt] 3 & 4 \\[1ex] \end{pmatrix})", {2, 2}, {1, 2, 3, 4}},
           {R"($$ \begin{pmatrix} 1 \, & \quad 2 \end{pmatrix} $$)", {1, 2}, {1, 2}},
           {"\\begin{pmatrix}\r\n 1 & 2 \\\\\r\n 3 & 4\r\n\\end{pmatrix}\r\n",
            {2, 2},
            {1, 2, 3, 4}},
           {R"(\frac{2}{3} \begin{pmatrix} 38 & -11 \end{pmatrix})",
            {1, 2},
            {2.0 / 3 * 38, 2.0 / 3 * -11}},
           {R"(-\dfrac{1}{2}\begin{pmatrix} 1 \\ -2 \end{pmatrix})", {2}, {-0.5, 1}},
           {R"(2 \left( \begin{matrix} 1 \\ 2 \end{matrix} \right))", {2}, {2, 4}},
           {R"(0.5 \cdot \begin{pmatrix} 1 \\ 2 \end{pmatrix})", {2}, {0.5, 1}},
           {R"(2/4 \times \begin{pmatrix} 1 \\ 2 \end{pmatrix})", {2}, {0.5, 1}},
           {R"(- \begin{pmatrix} 1 \\ -2 \end{pmatrix})", {2}, {-1, 2}},
           {R"(+\begin{pmatrix} +1 \\ - 2 \end{pmatrix})", {2}, {1, -2}},
           {R"(\begin{pmatrix} \frac{1}{4} & -\tfrac{-1}{2} \\ 1/8 & -3/4 \end{pmatrix})",
            {2, 2},
            {0.25, 0.5, 0.125, -0.75}},
           {R"(\frac{2}{3})", {}, {2.0 / 3}},
           {R"(-\frac{ 3 }{ 4 })", {}, {-0.75}},
           {R"(\displaystyle 2.5)", {}, {2.5}},
           {R"(\; 1e-3 \;)", {}, {1e-3}},
       }) {
    CAPTURE(row.text);
    const Written written = read(row.text);
    CHECK(written.shape == row.shape);
    CHECK(values(written) == row.values);
    CHECK(written.formula.empty());
  }
}

TEST_CASE("latex: entries keep their printed digits") {
  const Written plain =
      read(R"(\begin{pmatrix} 1 & 0.96 & -3.13 \\ 2 & -0.94 & \frac{1}{3} \end{pmatrix})");
  CHECK(plain.numbers[0].half_unit == 0);
  CHECK(plain.numbers[1].half_unit == 0.005);
  CHECK(plain.numbers[1].text == "0.96");
  CHECK(plain.numbers[1].digits == 2);
  CHECK(plain.numbers[2].text == "-3.13");
  CHECK(plain.numbers[5].half_unit == 0);
  CHECK(plain.numbers[5].text == "\\frac{1}{3}");

  const Written scaled = read(R"(\frac{2}{3} \begin{pmatrix} 38 & 1.5 \end{pmatrix})");
  CHECK(scaled.numbers[0].text == "\\frac{2}{3} 38");
  CHECK(scaled.numbers[0].half_unit == 0);
  CHECK(scaled.numbers[1].half_unit == 2.0 / 3 * 0.05);
  CHECK(scaled.numbers[1].digits == 2);

  const Written decimal = read(R"(0.67 \begin{pmatrix} 38 \end{pmatrix})");
  CHECK(decimal.numbers[0].half_unit == 38 * 0.005);
  const Written negative = read(R"(-\begin{pmatrix} -0.5 \end{pmatrix})");
  CHECK(negative.numbers[0].text == "0.5");
  CHECK(negative.numbers[0].half_unit == 0.05);
}

TEST_CASE("latex: a mistake is reported at its place") {
  struct Row {
    std::string text;
    std::string message;
  };
  for (const Row& row : std::vector<Row>{
           {R"(\alpha)", "1:1: z: LaTeX has '\\alpha', expected a number"},
           {R"(\begin{vmatrix} 1 \end{vmatrix})",
            "1:7: z: environment has 'vmatrix', expected pmatrix, bmatrix, matrix or array"},
           {R"(\begin{pmatrix} 1 & 2 \\ 3 \end{pmatrix})",
            "1:28: z: row 2 has 1 entry, expected 2 as in the first"},
           {R"(\begin{pmatrix} 1 & \\ 3 & 4 \end{pmatrix})",
            "1:21: z: LaTeX has '\\\\', expected a number"},
           {R"(\begin{pmatrix} & 1 \end{pmatrix})", "1:17: z: LaTeX has '&', expected a number"},
           {R"(\begin{pmatrix} \end{pmatrix})", "1:17: z: LaTeX has '\\end', expected a number"},
           {R"(\begin{pmatrix} x & 1 \end{pmatrix})", "1:17: z: LaTeX has 'x', expected a number"},
           {R"(\begin{pmatrix} 한 \end{pmatrix})", "1:17: z: LaTeX has '한', expected a number"},
           {R"(\begin{pmatrix} 1 2 \end{pmatrix})",
            "1:19: z: LaTeX has '2', expected '&', '\\\\' or \\end"},
           {R"(\begin{pmatrix} 1 & 2)",
            "1:22: z: LaTeX has its end, expected '&', '\\\\' or \\end"},
           {R"(\begin{pmatrix} 1 \\)", "1:21: z: LaTeX has its end, expected a number"},
           {R"(\begin{pmatrix} 1 \\[2pt)", "1:25: z: LaTeX has its end, expected ']'"},
           {R"(\begin{pmatrix} 1 \end{bmatrix})",
            "1:23: z: \\end has another name than \\begin{pmatrix}"},
           {R"(\begin{pmatrix 1)", "1:17: z: LaTeX has its end, expected '}'"},
           {R"(\begin pmatrix)", "1:8: z: LaTeX has 'p', expected '{'"},
           {R"(\left( 1 \right))", "1:8: z: LaTeX has '1', expected '\\begin'"},
           {R"(\left| \begin{matrix} 1 \end{matrix} \right|)",
            "1:6: z: LaTeX has '|', expected '(' or '[' after \\left"},
           {R"(\left( \begin{matrix} 1 \end{matrix})",
            "1:37: z: LaTeX has its end, expected '\\right'"},
           {R"(\left( \begin{matrix} 1 \end{matrix} \right|)",
            "1:44: z: LaTeX has '|', expected ')' or ']' after \\right"},
           {R"(\begin{pmatrix} 1 \end{pmatrix}^T)", "1:32: z: LaTeX has '^', expected the end"},
           {R"(\begin{pmatrix} 1 \end{pmatrix} 2)", "1:33: z: LaTeX has '2', expected the end"},
           {R"(2 \frac{1}{3})", "1:3: z: LaTeX has '\\frac', expected the end"},
           {R"(\frac{1}{0})", "1:10: z: denominator has 0, expected another number"},
           {R"(1/0 \, )", "1:3: z: denominator has 0, expected another number"},
           {R"(\frac{1}x)", "1:9: z: LaTeX has 'x', expected '{'"},
           {R"(\sqrt{-2})", "1:6: z: \\sqrt has -2, expected a number from 0"},
           {R"(1 \times 10^x)", "1:13: z: LaTeX has 'x', expected an integer"},
           {R"(\frac{1e300}{1e-300})",
            "1:1: z: fraction has a value outside of what a double holds"},
           {R"(1e300 \begin{matrix} 1e300 \end{matrix})",
            "1:1: z: LaTeX has entries outside of what a double holds"},
           {R"(\frac{1e-300}{1e300})",
            "1:1: z: fraction has a value outside of what a double holds"},
           {R"(0e300/1e-300)", "1:1: z: fraction has a value outside of what a double holds"},
           {R"(1e-300 \begin{matrix} 0 & 1e-300 \end{matrix})",
            "1:1: z: LaTeX has entries outside of what a double holds"},
           {R"(\, 1e999)", "1:4: z: LaTeX has '1e999', expected a number that a double holds"},
           {R"(\, 1.2.3)", "1:4: z: LaTeX has '1.2.3', expected a number that a double holds"},
           {R"(\, 1e)", "1:4: z: LaTeX has '1e', expected a number that a double holds"},
           {R"(\)", "1:1: z: LaTeX has '\\', expected a number"},
           {"\\begin{pmatrix} 1 \\\\\n 한 \\end{pmatrix}",
            "2:2: z: LaTeX has '한', expected a number"},
       }) {
    CAPTURE(row.text);
    CHECK(error_of(row.text) == row.message);
  }
  CHECK(error_of("\\begin{pmatrix} x", {7, 6}) == "7:22: z: LaTeX has 'x', expected a number");
  CHECK(error_of("", {7, 6}) == "7:6: z: LaTeX has its end, expected a number");
}

TEST_CASE("latex: no text crashes the reader") {
  const std::string sample =
      R"(-\frac{2}{3} \left( \begin{array}{cc} 1 & -0.5 \\[2pt] \dfrac{1}{4} & 3/4 \\ \end{array} \right) $)";
  CHECK(error_of(sample) == "no error");
  for (std::size_t length = 0; length <= sample.size(); ++length) {
    CHECK_NOTHROW(error_of(sample.substr(0, length)));
    CHECK_NOTHROW(error_of(sample.substr(length)));
  }
  std::mt19937_64 random(4);
  const std::vector<std::string> pieces{"\\begin{pmatrix}",
                                        "\\end{pmatrix}",
                                        "\\frac",
                                        "{",
                                        "}",
                                        "&",
                                        "\\\\",
                                        "\\left",
                                        "(",
                                        "\\right",
                                        ")",
                                        "1",
                                        ".",
                                        "-",
                                        "/",
                                        "e",
                                        "[",
                                        "]",
                                        "\\",
                                        " ",
                                        "\xc3",
                                        "$"};
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (std::size_t n = random() % 12; n > 0; --n) {
      text += pieces[random() % pieces.size()];
    }
    CHECK_NOTHROW(error_of(text));
  }
  std::string deep;
  for (int i = 0; i < 100000; ++i) {
    deep += "\\frac{";
  }
  CHECK(
      error_of(deep) ==
      "1:199: z: LaTeX has '\\frac', expected a number; fractions and roots stand at most 32 deep "
      "in one another");
}

TEST_CASE("latex: powers of ten, decimal commas, per cent, roots and pi") {
  struct Row {
    std::string text;
    double value;
    double half_unit;
  };
  for (const Row& row :
       std::vector<Row>{{"1.2 \\times 10^{-3}", 1.2e-3, 5e-5},
                        {"-2 \\cdot 10^4", -2e4, 5e3},
                        {"0{,}5\\,", 0.5, 0.05},
                        {"10\\%", 0.1, 0.005},
                        {"\\tfrac12", 0.5, 0},
                        {"\\frac{-1}{4}", -0.25, 0},
                        {"\\sqrt{4}", 2, 0},
                        {"3\\sqrt{2}/2", 3 * std::sqrt(2.0) / 2, 0},
                        {"\\frac{\\pi}{2}", std::acos(0.0), 0},
                        {"x = 0.75\\,", 0.75, 0.005},
                        {"\\frac{\\partial L}{\\partial w} \\approx 0.5", 0.5, 0.05},
                        {"L = 2 \\cdot 3 = 6.0", 6, 0.05}}) {
    CAPTURE(row.text);
    const Written written = read_latex(row.text, {1, 1}, "z");
    REQUIRE(written.numbers.size() == 1);
    CHECK(written.numbers[0].value == doctest::Approx(row.value).epsilon(1e-15));
    CHECK(written.numbers[0].half_unit == doctest::Approx(row.half_unit).epsilon(1e-12));
  }
  CHECK(error_of("\\frac{0,5}{2}")
            .ends_with("LaTeX has ',', expected a decimal point, or {,} for a decimal comma"));
}

TEST_CASE("latex: a factor before a matrix, and aligned rows as a vector") {
  const Written scaled = read_latex(
      "W = 2 \\times 10^{-1} \\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}", {1, 1}, "z");
  CHECK(scaled.shape == Shape{2, 2});
  CHECK(scaled.numbers[3].value == doctest::Approx(0.8));
  const Written rows = read_latex(
      "\\begin{aligned} z_1 &= 1 + 2 = 3 \\\\ z_2 &= -0.5 \\\\ \\end{aligned}", {1, 1}, "z");
  CHECK(rows.shape == Shape{2});
  CHECK(rows.numbers[0].value == 3);
  CHECK(rows.numbers[1].value == -0.5);
}
