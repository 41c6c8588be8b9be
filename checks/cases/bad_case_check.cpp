// What a well-formed case file may ask for that cannot be carried out: each is refused at its
// place.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "run_helpers.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

struct Row {
  std::string text;
  std::string message;
};

// The statements stand on lines 2 and following, beside x (2), W (2) and t, a label.
std::string network_error(const std::string& statements) {
  return run_error("network = '''\n" + statements +
                   "\nunused = x + W + t\n'''\nloss = \"L\"\n[inputs]\nx = [1, 2]\nt = "
                   "3\n[parameters]\nW = [3, 4]\n");
}

std::string claim_error(const std::string& text) { return run_error(product_case(text)); }

}  // namespace

TEST_CASE("bad case: statements that do not fit are refused, with the shapes and the statement") {
  for (const Row& row : std::vector<Row>{
           {"L = sum(x @ [[1, 2], [3, 4], [5, 6]])",
            "2:11: matmul: shapes (2,) and (3, 2) do not fit together, expected 2 rows on the "
            "right, got 3, in 'L = sum(x @ [[1, 2], [3, 4], [5, 6]])'"},
           {"L = sum(x + [1, 2, 3])",
            "2:11: add: shapes (2,) and (3,) do not broadcast, expected equal extents or 1, "
            "aligned at the right, in 'L = sum(x + [1, 2, 3])'"},
           {"L = softmax_cross_entropy(W, t)",
            "2:5: softmax_cross_entropy: t has label 3, expected an integer from 0 to 1"},
           {"L = sum(W[2])",
            "2:9: slice: axis 0 has index 2, expected an integer from -2 to 1, in 'L = "
            "sum(W[2])'"},
           {"L = sum(W, axis=1)",
            "2:5: sum: axis has 1, expected an integer from -1 to 0, in 'L = sum(W, axis=1)'"},
           {"L = sum(reshape(W, shape=[3]))",
            "2:9: reshape: x has shape (2,), expected 3 entries for shape=[3], in 'L = "
            "sum(reshape(W, shape=[3]))'"},
           {"L, M = relu(W)",
            "2:8: relu: it has 1 output, expected 2 as named, in 'L, M = relu(W)'"},
           {"L = relu(W, x)",
            "2:5: relu: it has 2 tensor arguments, expected relu(x), in 'L = relu(W, x)'"},
           {"L = sum(leaky_relu(W, slope=0.1))",
            "2:9: leaky_relu: unknown setting 'slope', did you mean 'negative_slope'?, in 'L = "
            "sum(leaky_relu(W, slope=0.1))'"},
           {"L = sigmod(W)", "2:5: unknown function 'sigmod', did you mean 'sigmoid'?"},
           {"L = sum(w)", "2:9: unknown name 'w', did you mean 'W'?"},
           {"L = relu * W", "2:5: 'relu' is a function, expected a value; call it as relu(x)"},
           {"L = sum(z)\nz = W", "2:9: 'z' is used before it is assigned, at 3:1"},
           {"z = z + W\nL = sum(z)", "2:5: 'z' is used before it is assigned, at 2:1"},
           {"W = x\nL = 1", "2:1: 'W' is assigned or given twice, expected a new name"},
           {"L = sum(W)\nL = 2 * L", "3:1: 'L' is assigned or given twice, expected a new name"},
           {"L = W ** x",
            "2:10: '**' has exponent 'x', expected a constant number, or a constant base above 0"},
       }) {
    CAPTURE(row.text);
    CHECK(network_error(row.text) == row.message);
  }
}

TEST_CASE("bad case: a value that is not finite is refused where it arises") {
  const auto begins = [](const std::string& statements, const std::string& message) {
    const std::string error = network_error(statements);
    CAPTURE(error);
    CHECK(error.starts_with(message));
    CHECK(error.ends_with(", expected a finite value"));
  };
  begins("L = sum(log(-W))", "2:9: log: the entry [0] of 'log(-W)' is ");
  begins("L = sum(W / (x - x))", "2:11: divide: the entry [0] of 'W / (x - x)' is inf");
  begins("L = sum(exp(1000 * W))", "2:9: exp: the entry [0] of 'exp(1000 * W)' is inf");
  begins("L = sum((-W) ** 0.5)", "2:14: power: the entry [0] of ");
  // What the loss does not use may be anything.
  CHECK(network_error("q = log(-W)\nL = sum(W)") == "no error");
}

TEST_CASE("bad case: what would not fit into memory is refused before it is made") {
  const auto large = [](const std::string& statements) {
    return run_error("network = '''\n" + statements +
                     "\n'''\n[inputs]\nx = { ones = [16000] }\n[parameters]\nw = 1\n");
  };
  CHECK(large("L = sum(outer(x, x * w))") ==
        "2:9: tensor: it has shape (16000, 16000), expected at most 134217728 entries, in 'L = "
        "sum(outer(x, x * w))'");
  for (const char* statement : {"L = sum(reshape(x, shape=[16000, 1]) + x * w)",
                                "L = sum(reshape(x, shape=[16000, 1]) @ "
                                "reshape(x * w, shape=[1, 16000]))",
                                "L = w * sum(reshape(x, shape=[100000, 100000]))",
                                "L = w * sum(reshape(x, shape=[4503599627370496, 8192]))"}) {
    CAPTURE(large(statement));
    CHECK(large(statement).find("expected at most 134217728 entries") != std::string::npos);
  }
  std::string doubling = "a0 = x * w\n";
  for (int k = 1; k < 60; ++k) {
    doubling += "a" + std::to_string(k) + " = concat(a" + std::to_string(k - 1) + ", a" +
                std::to_string(k - 1) + ")\n";
  }
  CHECK(large(doubling + "L = sum(a59)")
            .find("network: its next value has shape (131072000,), "
                  "expected at most 134217728 entries in all values "
                  "together") != std::string::npos);
  CHECK(run_error("network = 'L = sum(x) + sum(y) + sum(w)'\n[inputs]\nx = { ones = [70000000] }\n"
                  "y = { ones = [70000000] }\n[parameters]\nw = 1\n") ==
        "4:1: inputs: all given values together have more than 134217728 entries, expected fewer");
}

TEST_CASE("bad case: a Jacobian that is too large is refused before anything is checked") {
  const std::string text =
      "network = '''\ny = x * w\nL = sum(y)\n'''\n[inputs]\nx = { ones = [6000] }\n[parameters]\nw "
      "= { ones = [6000] }\n";
  CHECK(run_error("loss = \"y\"\n" + text) ==
        "3:7: d(y)/d(w) has 6000 times 6000 entries, expected at most 33554432");
  CHECK(run_error(text + "[claims.jacobian]\n\"y/x\" = 1\n") ==
        "10:2: d(y)/d(x) has 6000 times 6000 entries, expected at most 33554432");
}

TEST_CASE("bad case: claims that name nothing that can be claimed are refused at their keys") {
  for (const Row& row : std::vector<Row>{
           {"[claims.forward]\nq = 1", "12:1: unknown name 'q'"},
           {"[claims.forward]\n\"z[0\" = 1", "12:5: missing ']' for the '[' at 12:3, got the end"},
           {"[claims.forward]\n\"z[99]\" = 1",
            "12:2: 'z[99]': axis 0 has index 99, expected an integer from -2 to 1 for shape (2,)"},
           {"[claims.forward]\n\"z[0, 0]\" = 1",
            "12:2: 'z[0, 0]': the subscript list has 2 items, expected at most 1 for shape "
            "(2,)"},
           {"[claims.forward]\n\"z[2:]\" = 1",
            "12:2: 'z[2:]' chooses no entry of 'z', which has shape (2,)"},
           {"[claims.forward]\n\"z/x\" = 1", "12:3: expected '[' or the end, got '/'"},
           {"[claims.forward]\n\"z[0]/x\" = 1", "12:6: expected the end, got '/'"},
           {"[claims.forward]\n\"\" = 1", "12:2: expected a name, got the end"},
           {"[claims.forward]\n\"\u00e9\" = 1", "12:2: unknown name '\u00e9'"},
           {"[claims.jacobian]\nz = 1",
            "12:1: 'z' is claimed as a Jacobian, expected a key such as \"y/x\""},
           {"[claims.jacobian]\n\"z/\" = 1", "12:4: expected a name, got the end"},
           {"[claims.jacobian]\n\"/x\" = 1", "12:2: expected a name, got the end"},
           {"[claims.jacobian]\n\"z/x/x\" = 1", "12:5: expected '[' or the end, got '/'"},
           {"[claims.jacobian]\n\"z[5]/x\" = 1",
            "12:2: 'z[5]/x': axis 0 has index 5, expected an integer from -2 to 1 for shape (2,)"},
           {"[claims.gradient]\nz = \"z - s\"", "12:10: unknown name 's'"},
           {"[claims.gradient]\nz = \"z - tt\"", "12:10: unknown name 'tt'"},
           {"[claims.gradient]\nz = \"z -\"",
            "12:9: expected an expression after '-', got the end"},
           {"[claims.gradient]\nz = \" \"",
            "12:5: claims.gradient: z has \" \", expected numbers, LaTeX or a formula"},
       }) {
    CAPTURE(row.text);
    CHECK(claim_error(row.text) == row.message);
  }
}

TEST_CASE("bad case: messages repeat no more of a text than helps") {
  const std::string much(100000, 'a');
  const auto short_enough = [](const std::string& message) {
    CAPTURE(message.substr(0, 500));
    CHECK(message != "no error");
    CHECK(message.size() < 400);
  };
  short_enough(run_error(much + " = 1\n" + network));
  short_enough(network_error("L = sum(" + much + ")"));
  short_enough(network_error("L = " + much + "(W)"));
  short_enough(network_error("L = sum(W + 0" + std::string(100000, '1') + ")"));
  short_enough(network_error("L = sum(W + [" + repeated("1, ", 10000) + "1])"));
  short_enough(network_error("L = W ** (x" + repeated(" + 1", 900) + ")"));
  short_enough(network_error("L = half_squared_error(W, x, reduction=\"" + much + "\")"));
  short_enough(claim_error("[claims.forward]\n" + much + " = 1\n"));
  short_enough(claim_error("[claims.forward]\n\"z[" + repeated("0, ", 10000) + "0]\" = 1\n"));
  short_enough(claim_error("[errata]\n\"" + much + "\" = \"r\"\n"));
  short_enough(run_error("check = [\"" + much + "\"]\n" + product_case("")));
  short_enough(claim_error("[update]\nrule = \"" + much + "\"\nlearning_rate = 1\n"));
}

TEST_CASE("bad case: long chains of statements take no more than time in proportion") {
  std::string chain = "network = '''\na0 = x\n";
  std::string derivation = "[derivation]\nsteps = '''\nh0 = 1\n";
  constexpr int links = 20000;
  for (int k = 1; k <= links; ++k) {
    const std::string before = std::to_string(k - 1), now = std::to_string(k);
    chain += "a" + now + " = a" + before + " + 1\n";
    derivation += "h" + now + " = h" + before + " + 1\n";
  }
  const std::string last = std::to_string(links);
  const CaseReport report = run(chain + "L = a" + last + " ** 2\n'''\n[inputs]\nx = 1\n" +
                                derivation + "dx = 2 * (h" + last + " - 1 + x)\n'''\n");
  CHECK(report.verdict == Verdict::agree);
}
