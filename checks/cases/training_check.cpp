#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "run_helpers.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

// L = (a b - 1)²/2 at a = 2, b = 3: dL/da = 5·3, dL/db = 5·2.
std::string coupled(const std::string& steps, const std::string& more) {
  return "network = 'L = half_squared_error(a * b, t)'\n[inputs]\nt = 1\n[parameters]\na = 2\nb = "
         "3\n[update]\nlearning_rate = 0.1\nsteps = " +
         steps + "\n" + more;
}

bool all_right(const CaseReport& report) {
  return std::ranges::all_of(
      report.claims, [](const ClaimReport& claim) { return claim.verdict == ClaimVerdict::right; });
}

}  // namespace

TEST_CASE("update: all parameters move at once, from their old values") {
  // One after the other, b would become 3 - 0.1 · (0.5·3 - 1) · 0.5 = 2.975.
  CHECK(all_right(run(coupled("1", "[claims.updated]\na = 0.5\nb = 2.0\n"))));
  CHECK(run(coupled("1", "[claims.updated]\nb = 2.975\n")).verdict == Verdict::disagree);
}

TEST_CASE("update: several steps follow each other") {
  // Step 2 starts at a = 0.5, b = 2, where dL/da = dL/db = 0.
  CHECK(all_right(run(coupled("2", "[claims.updated]\na = 0.5\nb = 2\n"))));
  const std::string later =
      "network = 'L = w ** 2'\n[parameters]\nw = 1\n[update]\nlearning_rate = 0.25\nsteps = 3\n"
      "[claims.updated]\nw = 0.125\n[claims.change]\nw = -0.875\n[claims.forward]\nL = 1\n"
      "[[claims.after]]\nsteps = 0\nforward.w = 1\ngradient.w = 2\n"
      "[[claims.after]]\nsteps = 1\nforward.L = 0.25\nforward.w = 0.5\ngradient.w = 1\n"
      "updated.w = 0.5\nchange.w = -0.5\n"
      "[[claims.after]]\nsteps = 5\nforward.w = 0.03125\n";
  const CaseReport report = run(later);
  CHECK(all_right(report));
  CHECK(report.verdict == Verdict::agree);
  REQUIRE(report.claims.size() == 11);
  CHECK(report.claims[0].steps == 3);
  CHECK(!report.claims[0].after);
  CHECK(report.claims[2].steps == 0);
  CHECK(report.claims.back().steps == 5);
  CHECK(report.claims.back().after);
}

TEST_CASE("update: a formula for an updated value is worked out before the last step") {
  CHECK(
      all_right(run("network = 'L = w ** 2'\n[parameters]\nw = 1\n[update]\nlearning_rate = "
                    "0.25\nsteps = 2\n[claims.updated]\nw = \"w - 0.25 * 2 * w\"\n"
                    "[[claims.after]]\nsteps = 1\nforward.L = \"w * w\"\ngradient.w = \"2 * w\"\n"
                    "updated.w = \"w - 0.25 * 2 * w\"\n")));
}

TEST_CASE("update: only parameters move") {
  const CaseReport report = run(coupled("2", "[[claims.after]]\nsteps = 2\nforward.t = 1\n"));
  CHECK(all_right(report));
  CHECK(run_error(coupled("1", "[claims.updated]\nt = 1\n")) ==
        "11:1: 't' is not a parameter, expected one: only those are updated");
  CHECK(run_error(coupled("1", "[claims.change]\nL = 1\n")) ==
        "11:1: 'L' is not a parameter, expected one: only those are updated");
}

TEST_CASE("update: claims of one need one") {
  CHECK(run_error(product_case("[claims.updated]\nW = 1\n")) ==
        "12:1: 'W' claims a result of an update, expected an [update] table");
  CHECK(run_error(product_case("[[claims.after]]\nsteps = 1\nforward.L = 1\n")) ==
        "11:1: these are claims after a step, expected an [update] table");
  CHECK(run_error("network = 'L = x ** 2'\n[inputs]\nx = 1\n[update]\nlearning_rate = 1\n") ==
        "4:2: update: there are no [parameters] that it could change");
}

TEST_CASE("update: a training that diverges is an error that says when") {
  const auto diverging = [](const std::string& network, const std::string& steps) {
    return run_error("network = '" + network +
                     "'\n[parameters]\nw = 1\n[update]\nlearning_rate = 1e10\nsteps = " + steps +
                     "\n[claims.updated]\nw = 1\n");
  };
  CHECK(diverging("L = w ** 4", "100") ==
        "4:2: update: after 4 steps, 'w' has entries that are not finite, expected training that "
        "converges: lower the learning_rate");
  const std::string negative = diverging("L = log(w)", "1");
  CHECK(negative.starts_with("1:16: after 1 step: log: the value"));
  CHECK(run_error("network = 'L = w ** 4'\n[parameters]\nw = 1\n[update]\nlearning_rate = "
                  "1e10\nsteps = 100\n") == "no error");
}

TEST_CASE("update: a gradient claimed after some steps is compared numerically there") {
  const CaseReport right =
      run(product_case("[update]\nlearning_rate = 0.1\n[[claims.after]]\nsteps = 1\n"
                       "gradient.z = \"z - t\"\n"));
  CHECK(right.verdict == Verdict::agree);
  CHECK(tensor_names(right) == std::vector<std::string>{"W"});
}

TEST_CASE("update: a gradient of a later state is compared once, however many keys claim it") {
  const std::string once = "[update]\nlearning_rate = 0.1\n[[claims.after]]\nsteps = 1\n";
  const std::string entry = "gradient.\"W[0, 0]\" = \"z[0] - 1\"\n";
  const std::string others =
      "gradient.\"W[0, 1]\" = \"2 * (z[0] - 1)\"\ngradient.W = \"outer(z - t, x)\"\n";
  const CaseReport one = run(product_case(once + entry));
  const CaseReport three = run(product_case(once + entry + others));
  CHECK(three.verdict == Verdict::agree);
  CHECK(three.claims.size() == 3);
  CHECK(three.probes == one.probes);
}

namespace {

// L = a b, with dL/da = b and dL/db = a.
CaseReport trained(const std::string& update, const std::string& claims) {
  return run("network = 'L = a * b'\n[parameters]\na = 2\nb = 3\n[update]\n" + update +
             "\n[claims.updated]\n" + claims + "\n");
}

std::string training_error(const std::string& update) {
  CaseReport report;
  const std::string thrown = error_of([&] { report = trained(update, "a = 0"); });
  return report.error
             ? at({report.error->line, report.error->column}) + ": " + report.error->message
             : thrown;
}

}  // namespace

TEST_CASE("training: a negative rate walks uphill") {
  CHECK(trained("learning_rate = -0.5", "a = 3.5\nb = 4").verdict == Verdict::agree);
}

TEST_CASE("training: every parameter may have a rate of its own, and every step") {
  CHECK(trained("learning_rate = { a = 1, b = 0.5 }", "a = -1\nb = 2").verdict == Verdict::agree);
  CHECK(trained("learning_rate = [0.5, 0.1]\nsteps = 3", "a = 0.105\nb = 1.92").claims[0].wrong ==
        0);
  CHECK(trained("learning_rate = { a = [1, 0], b = 1 }\nsteps = 2", "a = -1\nb = 2").verdict ==
        Verdict::agree);
}

TEST_CASE("training: in an order, each parameter moves with gradients taken anew") {
  CHECK(trained("learning_rate = 1\norder = ['b', 'a']", "b = 1\na = 1").verdict == Verdict::agree);
  CHECK(trained("learning_rate = 1", "b = 1\na = -1").verdict == Verdict::agree);
}

TEST_CASE("training: rates and orders that do not fit are refused") {
  CHECK(training_error("learning_rate = { a = 1 }") ==
        "6:1: update: learning_rate lacks 'b', expected each of a, b once");
  CHECK(training_error("learning_rate = { a = 1, c = 2, b = 1 }") ==
        "6:1: update: learning_rate has 'c', expected each of a, b once");
  CHECK(training_error("learning_rate = 1\norder = ['a', 'a']") ==
        "7:9: update: order has 'a', expected each of a, b once");
  CHECK(training_error("learning_rate = [0.1, nan]").starts_with("6:"));
  CHECK(
      training_error("learning_rate = 'x'") ==
      "6:17: update: learning_rate has \"x\", expected a finite number, a list of them by step, or "
      "a table of them by parameter");
}
