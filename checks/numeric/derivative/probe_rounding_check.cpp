#include <cmath>

#include <doctest/doctest.h>
#include <network/program.hpp>

#include <gradcheck/numeric/derivative/probe_rounding.hpp>
#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/numeric/rounding/evaluate_point.hpp>

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

/// The rounding errors of the loss of a network for probes that move one of its values.
struct Probed {
  Probed(const std::string& text, const std::map<std::string, Leaf>& leaves,
         Precision analytic = Precision::float64)
      : network(network_of(text, leaves)),
        point(evaluate_point(network.graph(), forward<double>(network), 0, analytic)),
        rounding_errors(network.graph(), point, std::nullopt, 0) {}

  double rounding_error(const std::string& from) {
    const ValueId id = *network.find(from);
    const Tensor scales = full<double>(network.value(id).shape, 1);
    return rounding_errors.of(id, scales, Noise(point.values.size()), network.loss()).data()[0];
  }

  Network network;
  EvaluationPoint point;
  ProbeRounding rounding_errors;
};

}  // namespace

TEST_CASE("probe widths: one measurement serves all leaves") {
  Probed probed("L = sin(x * y)", {{"x", parameter(0.3)}, {"y", parameter(1.7)}});
  CHECK(probed.rounding_error("x") == probed.rounding_error("y"));
  CHECK(probed.rounding_error("x") >=
        probed.point.rounding_errors[probed.network.loss()].data()[0]);
  CHECK(probed.rounding_error("x") < 16 * machine_epsilon<double>());
}

TEST_CASE("probe widths: where leaves cancel, moving them all leaves that point") {
  Probed probed("L = (x - y) ** 2", {{"x", parameter(0.7)}, {"y", parameter(0.7)}});
  const double step = std::ldexp(0.7, -9);
  CHECK(probed.rounding_error("x") > 0.01 * step * machine_epsilon<double>());
  CHECK(probed.rounding_error("x") < 64 * step * machine_epsilon<double>());
}

TEST_CASE("probe widths: a leaf of zeros and a value on its way have their own") {
  Probed probed("z = x * y\nL = sin(z) + exp(b)",
                {{"x", parameter(0.3)}, {"y", parameter(1.7)}, {"b", parameter(0.0)}});
  CHECK(probed.rounding_error("b") > 0);
  CHECK(probed.rounding_error("z") > 0);
  CHECK(probed.rounding_error("z") != probed.rounding_error("x"));
}

TEST_CASE("probe widths: what is refused further away is measured for each leaf alone") {
  // With both moved, the argument may be below 0, whatever the signs.
  Probed probed("L = sqrt(x - y)", {{"x", parameter(0.7)}, {"y", parameter(0.7 - 1e-9)}});
  CHECK(probed.rounding_error("x") > 0);
  CHECK(probed.rounding_error("y") > 0);
}

TEST_CASE("probe widths: they do not depend on the precision of the analytic side") {
  const std::map<std::string, Leaf> leaves{{"x", parameter(0.3)}, {"y", parameter(1.7)}};
  const std::string text = "L = sin(x * y)";
  CHECK(Probed(text, leaves, Precision::float32).rounding_error("x") ==
        Probed(text, leaves).rounding_error("x"));
}
