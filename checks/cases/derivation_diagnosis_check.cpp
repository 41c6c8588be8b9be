#include <string>

#include <doctest/doctest.h>

#include "run_helpers.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

/// Two layers over a batch of five; `a` has two uses.
const std::string batch =
    "network = '''\nz = x @ W + b\na = sigmoid(z)\nL = half_squared_error(a @ V, t) + l2(a)\n'''\n"
    "[inputs]\nx = { normal = [5, 3], seed = 1 }\nt = { normal = [5, 2], seed = 2 }\n"
    "[parameters]\nW = { normal = [3, 4], seed = 3 }\nb = { normal = [4], seed = 4 }\n"
    "V = { normal = [4, 2], seed = 5 }\n";

/// The right derivation, with other statements for `da`, `dz`, `dW` and `db` where they are given.
struct Statements {
  std::string da = "dy @ V.T + 2 * a";
  std::string dz = "da * a * (1 - a)";
  std::string dW = "x.T @ dz";
  std::string db = "sum(dz, axis=0)";
};

std::vector<Diagnosis> diagnoses(const Statements& of) {
  return run(batch + "[derivation]\nsteps = '''\ndy = a @ V - t\nda = " + of.da +
             "\ndz = " + of.dz + "\ndW = " + of.dW + "\ndb = " + of.db + "\n'''\n")
      .diagnosis;
}

std::string said_of(const Statements& statements) {
  const std::vector<Diagnosis> all = diagnoses(statements);
  REQUIRE(all.size() == 1);
  CHECK(all[0].layer == of_derivation);
  return all[0].tensor + ": " + all[0].pattern + ": " + all[0].detail;
}

}  // namespace

TEST_CASE("derivation: nothing is said of a right one") { CHECK(diagnoses({}).empty()); }

TEST_CASE("derivation: a mean in place of a sum is told by the batch size") {
  CHECK(said_of({.db = "mean(dz, axis=0)"}) ==
        "b: constant factor: db = numeric / 5 everywhere; 5 is the batch size: averaged over the "
        "batch where the loss already is?");
}

TEST_CASE("derivation: one row in place of the sum over the batch is told") {
  CHECK(said_of({.db = "dz[-1]"}) ==
        "b: not summed over the batch: db is what row 4 of 5 alone contributes: overwritten where "
        "it should be added up?");
}

TEST_CASE("derivation: a transpose is told, though its shape is another") {
  CHECK(said_of({.dW = "dz.T @ x"}) ==
        "W: transposed: dW holds the numeric entries in the order of the transpose");
}

TEST_CASE("derivation: a use that is left out of the sum over uses is told") {
  CHECK(said_of({.da = "dy @ V.T"}) ==
        "a: missing fan-out: da lacks what l2 (line 4) contributes, one of 2 uses");
}

TEST_CASE("derivation: a derivative that is missing, or at the wrong value, is told") {
  CHECK(said_of({.dz = "da"}) ==
        "z: derivative missing: dz = upstream everywhere: the derivative of sigmoid is missing");
  CHECK(said_of({.dz = "da * z * (1 - z)"}) ==
        "z: derivative at the wrong value: the derivative y (1 - y) is evaluated with z in place "
        "of y");
}

TEST_CASE("derivation: each wrong statement has its own diagnosis, those that inherit none") {
  const std::vector<Diagnosis> all = diagnoses({.dz = "da", .db = "2 * sum(dz, axis=0)"});
  REQUIRE(all.size() == 2);
  CHECK(all[0].tensor == "z");
  CHECK(all[1].tensor == "b");
  CHECK(all[1].detail == "db = 2 * numeric everywhere");
}

TEST_CASE("derivation: nothing is said of a wrong statement without a pattern") {
  CHECK(diagnoses({.dz = "sqrt(abs(da))"}).empty());
}

TEST_CASE("derivation: what stands where a derivative belongs is told") {
  CHECK(said_of({.dz = "da * exp(z)"}) ==
        "z: wrong local derivative: exp(z) stands where the derivative of sigmoid at z belongs");
  CHECK(said_of({.dz = "da * (1 - a ** 2)"}) ==
        "z: another activation's derivative: 1 - a ** 2 is the derivative of tanh, 1 - y ** 2, "
        "where the derivative of sigmoid at z belongs");
}

TEST_CASE("derivation: a name in place of another, and updated in place of old weights, are told") {
  CHECK(said_of({.dW = "x.T @ da"}) == "W: another value: da stands where dz would be right");
  CHECK(said_of({.da = "dy @ (V - 0.1 * (a.T @ dy)).T + 2 * a"}) ==
        "a: updated in place of old values: V - 0.1 * (a.T @ dy) is V after the update, where the "
        "old V belongs");
}

TEST_CASE("derivation: of a single number a factor is told only if it means something") {
  const auto said = [](const std::string& dw) {
    std::string all;
    for (const Diagnosis& one : run("network = 'y = w * x; L = y ** 2'\n[inputs]\nx = 3\n"
                                    "[parameters]\nw = 0.7\n[derivation]\nsteps = '''\n"
                                    "dy = 2 * y\ndw = " +
                                    dw + "\n'''\n")
                                    .diagnosis) {
      all += one.pattern + ": " + one.detail;
    }
    return all;
  };
  CHECK(said("2 * dy * x").starts_with("constant factor: dw = 2 * numeric"));
  CHECK(said("0.37 * dy * x") == "factor too many: 0.37 * dy without 0.37 would be right");
  CHECK(said("(dy + 0.37) * x * 1.03").empty());
  // x is 3 here, so that dy * x * x is three times as much: no factor, at another point.
  CHECK(said("dy * x * x") == "factor too many: dy * x * x without x would be right");
}

TEST_CASE("derivation: a wrong helper of large tensors is to blame") {
  const CaseReport report =
      run("network = '''\nz = X @ W\ny = tanh(z)\nL = half_squared_error(y, t)\n'''\n"
          "[inputs]\nX = { normal = [40, 1500], seed = 1 }\nt = { normal = [40, 10], seed = 2 }\n"
          "[parameters]\nW = { normal = [1500, 10], std = 0.02, seed = 3 }\n"
          "[derivation]\nsteps = '''\ndy = y - t\ns = y * (1 - y)\ndz = dy * s\n"
          "dW = X.T @ dz\n'''\n");
  REQUIRE(report.derivation.size() == 4);
  CHECK(report.derivation[0].verdict == StatementVerdict::agree);
  CHECK(report.derivation[1].target == "s");
  CHECK(report.derivation[1].first_wrong);
  CHECK(report.derivation[2].verdict == StatementVerdict::inherited);
  CHECK(report.derivation[3].verdict == StatementVerdict::inherited);
  REQUIRE(report.diagnosis.size() == 1);
  CHECK(report.diagnosis[0].tensor == "s");
}
