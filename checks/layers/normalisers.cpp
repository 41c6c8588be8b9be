#include <gradcheck/layers/normalisers.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

TEST_CASE("softmax, log_softmax: values agree with mpmath") {
  // exp(k) / sum(exp([1, 2, 3])) and their logarithms (mpmath 1.3, 30 digits)
  const Tensor x = vector({1, 2, 3});
  const Tensor p =
      vector({0.090030573170380457998, 0.244728471054797652473, 0.665240955774821889529});
  const Tensor log_p =
      vector({-2.40760596444438030448, -1.40760596444438030448, -0.407605964444380304483});
  CHECK(same_value(value(standard("softmax"), {x}), p));
  CHECK(same_value(value(standard("log_softmax"), {x}), log_p));
  const Tensor columns = reshaped(x, {3, 1});
  CHECK(same_value(value(standard("softmax", {{"axis", 0.0}}), {columns}), reshaped(p, {3, 1})));
}

TEST_CASE("softmax, log_softmax: gradients agree with central differences along any axis") {
  for (const char* name : {"softmax", "log_softmax"}) {
    for (const double axis : {-1.0, 0.0, 1.0}) {
      check_layer(standard(name, {{"axis", axis}}), {random_signed({3, 4, 5}, 0.1, 4, 1)});
    }
    check_layer(standard(name), {random_signed({6}, 0.1, 4, 1)});
    check_layer(standard(name), {vector({0.5})});
  }
}

TEST_CASE("softmax: large and equal scores neither overflow nor lose digits") {
  CHECK(same_value(value(standard("softmax"), {vector({1000, 1000})}), vector({0.5, 0.5})));
  CHECK(near(value(standard("softmax"), {vector({-INFINITY, 0})}), vector({0, 1}), 0));
  CHECK(near(value(standard("softmax"), {vector({0, 2000})}), vector({0, 1}), 0));
  CHECK(near(value(standard("log_softmax"), {vector({0, 2000})}), vector({-2000, 0}), 0));
  // log(1 / (1 + exp(-50))) (mpmath 1.3): a plain log(sum) would give 0
  CHECK(same_value(value(standard("log_softmax"), {vector({0, 50})}).data()[1],
                   -1.92874984796391778302e-22));
}

TEST_CASE("softmax: an upstream that is the same everywhere leaves a gradient of exactly 0") {
  const Tensor x = random_signed({3, 5}, 0.1, 4, 1);
  const Tensor dx = gradients<double>(standard("softmax"), {x}, {full<double>({3, 5}, 0.3)})[0];
  CHECK(near(dx, zeros<double>({3, 5}), 0));
}

TEST_CASE("softmax, log_softmax: gradients keep their digits where one entry outweighs the rest") {
  // y = (1 − p, p) with p = 1 / (1 + e^60): d(y_0)/dx = p (1 − p) (1, −1) and
  // d(ln y_0)/dx = p (1, −1), p = 8.75651076269652033849e-27 (mpmath 1.3)
  const double p = 8.75651076269652033849e-27;
  for (const char* name : {"softmax", "log_softmax"}) {
    const Tensor dx = gradients<double>(standard(name), {vector({60, 0})}, {vector({1, 0})})[0];
    CHECK(same_value(dx, vector({p, -p})));
  }
  const Tensor large =
      gradients<double>(standard("log_softmax"), {vector({60, 0})}, {vector({1e30, 1})})[0];
  // dx_0 = 1e30 p − (1 − p)
  CHECK(same_value(large.data()[0], 8755.510762696520338));
}

TEST_CASE("softmax: NaN comes through") {
  for (const char* name : {"softmax", "log_softmax"}) {
    for (const std::vector<double>& x : std::vector<std::vector<double>>{
             {std::nan(""), 1}, {1, std::nan("")}, {std::nan("")}, {INFINITY, 1}}) {
      CHECK(std::isnan(value(standard(name), {vector(x)}).data()[0]));
    }
  }
}

TEST_CASE("softmax, log_softmax: an axis that is not there is refused") {
  for (const std::string name : {"softmax", "log_softmax"}) {
    CHECK(refusal(standard(name, {{"axis", 2.0}}), std::vector<Shape>{{2, 3}}) ==
          name + ": axis has 2, expected an integer from -2 to 1");
    CHECK(refusal(standard(name), std::vector<Shape>{{}}) ==
          name + ": axis has -1, expected none, for a scalar has no axes");
  }
  CHECK(value(standard("softmax"), {zeros<double>({2, 0})}).size() == 0);
}
