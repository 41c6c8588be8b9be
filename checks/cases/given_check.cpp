#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradcheck/cases/given.hpp>

#include "case_helpers.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

TEST_CASE("case file: a given value is numbers, LaTeX or a constant expression") {
  CHECK(shape_of(given("3")).empty());
  CHECK(values(given("-2.5")) == std::vector<double>{-2.5});
  CHECK(values(given("[1, 2.5, 0x10]")) == std::vector<double>{1, 2.5, 16});
  CHECK(shape_of(given("[[[1], [2]], [[3], [4]]]")) == Shape{2, 2, 1});
  CHECK(values(given("'\\frac{1}{4}'")) == std::vector<double>{0.25});
  CHECK(values(given("\"\\\\frac{1}{4}\"")) == std::vector<double>{0.25});
  CHECK(values(given("'-3/4'")) == std::vector<double>{-0.75});
  CHECK(shape_of(given("{ latex = '\\begin{matrix} 1 & 2 \\end{matrix}', shape = [2] }")) ==
        Shape{2});
  CHECK(given_error("'3 +'") == "6:9: expected an expression after '+', got the end");
  CHECK(given_error("'y'").starts_with("6:6: "));
}

TEST_CASE("case file: generated tensors have the entries of their generator") {
  CHECK(values(given("{ zeros = [2, 2] }")) == std::vector<double>{0, 0, 0, 0});
  CHECK(values(given("{ ones = [2] }")) == std::vector<double>{1, 1});
  CHECK(shape_of(given("{ ones = [] }")).empty());
  CHECK(values(given("{ full = [2], value = -1.5 }")) == std::vector<double>{-1.5, -1.5});
  CHECK(values(given("{ arange = [3] }")) == std::vector<double>{0, 1, 2});
  CHECK(values(given("{ arange = [1, 3] }")) == std::vector<double>{1, 2});
  CHECK(values(given("{ arange = [1, 2, 0.25] }")) == std::vector<double>{1, 1.25, 1.5, 1.75});
  CHECK(values(given("{ arange = [2, 0, -1] }")) == std::vector<double>{2, 1});
  CHECK(shape_of(given("{ arange = [0, 6, 1], shape = [2, 3] }")) == Shape{2, 3});

  const Tensor normal = given("{ normal = [4, 5], mean = 3, std = 0, seed = 1 }");
  CHECK(shape_of(normal) == Shape{4, 5});
  CHECK(values(normal) == std::vector<double>(20, 3));
  CHECK(values(given("{ normal = [3], seed = 1 }")) != values(given("{ normal = [3], seed = 2 }")));
  CHECK(values(given("{ normal = [3] }")) ==
        values(given("{ normal = [3], mean = 0, std = 1, seed = 0 }")));
  for (const double x : values(given("{ uniform = [50], low = -2, high = -1, seed = 2 }"))) {
    CHECK(x >= -2);
    CHECK(x < -1);
  }
  CHECK(values(given("{ uniform = [3] }")) ==
        values(given("{ uniform = [3], low = 0, high = 1, seed = 0 }")));
  for (const double x : values(given("{ integers = [50], low = -1, high = 2, seed = 3 }"))) {
    CHECK((x == -1 || x == 0 || x == 1));
  }
  CHECK(values(given("{ integers = [3], high = 1 }")) == std::vector<double>{0, 0, 0});
}

TEST_CASE("case file: a generator that cannot work is refused at its place") {
  struct Row {
    std::string text;
    std::string message;
  };
  for (const Row& row : std::vector<Row>{
           {"{ file = 'w.npz', name = 'W' }",
            "6:14: inputs.x: w.npz: it has no file that can be read, expected a file named .npy, "
            ".npz or .safetensors"},
           {"{ file = 'w.npz', key = 'W' }",
            "6:23: inputs.x: unknown key 'key', expected file or name"},
           {"{}",
            "6:1: inputs.x: has an empty table, expected one of normal, uniform, integers, zeros, "
            "ones, full, "
            "arange, latex or file"},
           {"{ normale = [2] }", "6:7: inputs.x: unknown key 'normale', did you mean 'normal'?"},
           {"{ normal = [2], sead = 1 }",
            "6:21: inputs.x: unknown key 'sead', did you mean 'seed'?"},
           {"{ zeros = [2], ones = [2] }", "6:20: inputs.x: unknown key 'ones', expected zeros"},
           {"{ ones = 2 }",
            "6:14: inputs.x: ones has 2, expected a list of extents from 1, as in [2, 3]"},
           {"{ ones = [2, -1] }",
            "6:18: inputs.x: ones has -1, expected a list of extents from 1, as in [2, 3]"},
           {"{ ones = [0] }",
            "6:15: inputs.x: ones has 0, expected a list of extents from 1, as in [2, 3]"},
           {"{ ones = [2.0] }",
            "6:15: inputs.x: ones has 2.0, expected a list of extents from 1, as in [2, 3]"},
           {"{ ones = [134217728, 2] }",
            "6:14: inputs.x: ones has (134217728, 2), expected at most 134217728 entries"},
           {"{ ones = [9223372036854775807, 9223372036854775807] }",
            "6:14: inputs.x: ones has (9223372036854775807, 9223372036854775807), expected at most "
            "134217728 "
            "entries"},
           {"{ ones = [" + repeated("1,", 33) + "] }",
            "6:14: inputs.x: ones has 33 axes, expected at most 32"},
           {"{ normal = [2], std = -1 }",
            "6:27: inputs.x: std has -1, expected a finite number from 0"},
           {"{ normal = [2], mean = nan }",
            "6:28: inputs.x: mean has nan, expected a finite number"},
           {"{ normal = [2], mean = 'a' }",
            "6:28: inputs.x: mean has \"a\", expected a finite number"},
           {"{ normal = [2], seed = -1 }",
            "6:28: inputs.x: seed has -1, expected an integer from 0"},
           {"{ normal = [2], seed = 1.5 }",
            "6:28: inputs.x: seed has 1.5, expected an integer from 0"},
           {"{ uniform = [2], low = 2 }",
            "6:7: inputs.x: uniform has low above high, or a range that no double holds"},
           {"{ uniform = [2], low = -1e308, high = 1e308 }",
            "6:7: inputs.x: uniform has low above high, or a range that no double holds"},
           {"{ integers = [2] }", "6:1: inputs.x: key 'high' is missing"},
           {"{ integers = [2], high = 1.0 }",
            "6:30: inputs.x: high has 1.0, expected an integer that a double holds"},
           {"{ integers = [2], low = 3, high = 3 }",
            "6:39: inputs.x: high has 3, expected an integer above low, 3 (high is excluded)"},
           {"{ full = [2] }", "6:1: inputs.x: key 'value' is missing"},
           {"{ full = [2], value = inf }",
            "6:27: inputs.x: value has inf, expected a finite number"},
           {"{ arange = 3 }",
            "6:16: inputs.x: arange has 3, expected [stop], [start, stop] or [start, stop, step]"},
           {"{ arange = [1, 2, 3, 4] }",
            "6:16: inputs.x: arange has an array, expected [stop], [start, stop] or [start, stop, "
            "step]"},
           {"{ arange = [0] }",
            "6:16: inputs.x: arange has no entries or more than 134217728, expected a step that "
            "leads from start to stop"},
           {"{ arange = [0, 1, 0] }",
            "6:16: inputs.x: arange has no entries or more than 134217728, expected a step "
            "that leads from start to stop"},
           {"{ arange = [0, 1, 1e-300] }",
            "6:16: inputs.x: arange has no entries or more than 134217728, expected a "
            "step that leads from start to stop"},
           {"{ arange = [6], shape = [2, 2] }",
            "6:29: inputs.x: shape has (2, 2), expected one of 6 entries"},
           {"{ latex = 3 }", "6:15: inputs.x: latex has 3, expected LaTeX between ' and '"},
           {"{ latex = '2', shape = [2] }",
            "6:28: inputs.x: shape has (2,), expected one of 1 entries"},
           {"{ latex = '\\alpha' }", "6:16: inputs.x: LaTeX has '\\alpha', expected a number"},
           {"{ normal = [9], std = 1e308, mean = 1e308 }",
            "6:5: inputs: x has entries that are not finite, expected finite numbers"},
       }) {
    CAPTURE(row.text);
    CHECK(given_error(row.text) == row.message);
  }
  CHECK(shape_of(given("{ ones = [" + repeated("1,", 32) + "] }")).size() == 32);
}

TEST_CASE("case file: given numbers are finite, and their arrays are not ragged") {
  struct Row {
    std::string text;
    std::string message;
  };
  for (const Row& row : std::vector<Row>{
           {"nan", "6:5: inputs: x has nan, expected a finite number that a double holds"},
           {"[1, inf]", "6:9: inputs: x has inf, expected a finite number that a double holds"},
           {"[1, -inf]", "6:9: inputs: x has -inf, expected a finite number that a double holds"},
           {"[[1, 2], [3]]", "6:14: inputs: x has a row of 1 entry, expected 2 as in the first"},
           {"[[1, 2], 3]",
            "6:14: inputs: x has 3 beside an array, expected an array of 2 as in the first"},
           {"[1, [2, 3]]", "6:9: inputs: x has an array beside numbers, expected a number"},
           {"[[1], [[2]]]", "6:12: inputs: x has an array beside numbers, expected a number"},
           {"[]", "6:5: inputs: x has an empty array, expected at least one number"},
           {"[[], []]", "6:6: inputs: x has an empty array, expected at least one number"},
           {"[1, 'a']", "6:9: inputs: x has \"a\", expected a number"},
           {"[1, true]", "6:9: inputs: x has true, expected a number"},
           {"[1, 2020-01-01]", "6:9: inputs: x has a date or time, expected a number"},
           {"[1, {}]", "6:9: inputs: x has a table, expected a number"},
           {"true",
            "6:5: inputs: x has true, expected numbers, LaTeX, an expression or a generator as "
            "{ normal = [2, 3], seed = 1 }"},
           {repeated("[", 33) + "1" + repeated("]", 33),
            "6:37: inputs: x has more than 32 axes, expected fewer"},
           {"''", "6:6: expected an expression, got the end"},
       }) {
    CAPTURE(row.text);
    CHECK(given_error(row.text) == row.message);
  }
  CHECK(given_error("'1/0'") != "no error");
  CHECK(given_error("1e999") ==
        "6:10: not valid TOML: while parsing floating-point: '1e999' could not be "
        "interpreted as a value");
  CHECK(shape_of(given(repeated("[", 32) + "1" + repeated("]", 32))).size() == 32);
}
