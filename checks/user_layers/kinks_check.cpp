#include <array>

#include <doctest/doctest.h>

#include <gradcheck/gradcheck.hpp>

using namespace gradcheck;

namespace {

/// ReLU as its users write it, with any slope at 0 and any on the right.
struct Relu {
  double at_zero = 0, right = 1;
  Tensor forward(const Tensor& x) const { return xt::maximum(x, 0.0); }
  Tensor backward(const Tensor& dy, const Tensor& x) const {
    Tensor dx = dy;
    for (std::size_t i = 0; i < x.size(); ++i) {
      dx.data()[i] *= x.data()[i] > 0 ? right : x.data()[i] == 0 ? at_zero : 0.0;
    }
    return dx;
  }
};

/// 0 below 0 and 1 from there on.
struct Jump {
  Tensor forward(const Tensor& x) const { return xt::cast<double>(x >= 0.0) + x; }
  Tensor backward(const Tensor& dy, const Tensor&) const { return dy; }
};

/// The maximum of each row; a wrong backward gives every tied entry the whole gradient.
struct RowMaximum {
  enum class Share { first, equal, all } share;
  Tensor forward(const Tensor& x) const { return xt::amax(x, {1}); }
  Tensor backward(const Tensor& dy, const Tensor& x) const {
    const Tensor largest = forward(x);
    Tensor dx = zeros<double>(shape_of(x));
    for (std::size_t n = 0; n < x.shape()[0]; ++n) {
      double tied = 0, met = 0;
      for (std::size_t i = 0; i < x.shape()[1]; ++i) {
        tied += x(n, i) == largest(n) ? 1 : 0;
      }
      for (std::size_t i = 0; i < x.shape()[1]; ++i) {
        if (x(n, i) == largest(n)) {
          dx(n, i) = share == Share::all     ? dy(n)
                     : share == Share::equal ? dy(n) / tied
                     : met++ == 0            ? dy(n)
                                             : 0;
        }
      }
    }
    return dx;
  }
};

const Tensor with_ties = tensor_of({2, 3}, std::array{2.0, 2.0, -1.0, 0.5, -3.0, 1.5});

const Tensor on_kinks = tensor_of({2, 3}, std::array{1.0, 0.0, -2.0, 0.0, 0.5, -0.25});

}  // namespace

TEST_CASE(
    "kinks of users' layers: any derivative between the one-sided ones is right at the kink") {
  for (const double slope : {0.0, 0.3, 0.5, 1.0}) {
    const Report report = check_layer(Relu{slope}, {.inputs = {on_kinks}});
    CAPTURE(slope);
    CHECK_MESSAGE(report.agrees(), report);
    CHECK(report.cases[0].tensors[0].kinks == 2);
  }
  for (const double slope : {-0.001, 1.001, 2.0}) {
    const Report report = check_layer(Relu{slope}, {.inputs = {on_kinks}});
    CAPTURE(slope);
    CHECK(report.cases[0].tensors[0].disagreeing == 2);
  }
}

TEST_CASE("kinks of users' layers: a wrong derivative beside the kink is found") {
  const Report report = check_layer(Relu{0, 1.00001}, {.inputs = {on_kinks}});
  CHECK(report.cases[0].tensors[0].disagreeing == 2);
}

TEST_CASE("kinks of users' layers: a kink within the first steps changes nothing") {
  const Tensor near = tensor_of({4}, std::array{1.0, 1e-6, -1e-6, -1.0});
  const Report report = check_layer(Relu{}, {.inputs = {near}});
  CHECK_MESSAGE(report.agrees(), report);
}

TEST_CASE("kinks of users' layers: a jump is no kink") {
  const Report report = check_layer(Jump{}, {.inputs = {on_kinks}});
  CHECK(report.cases[0].verdict == Verdict::inconclusive);
}

TEST_CASE("kinks of users' layers: tied entries share the gradient in any way, and get it once") {
  using Share = RowMaximum::Share;
  CHECK(check_layer(RowMaximum{Share::first}, {.inputs = {with_ties}}).agrees());
  CHECK(check_layer(RowMaximum{Share::equal}, {.inputs = {with_ties}}).agrees());
  const Report report = check_layer(RowMaximum{Share::all}, {.inputs = {with_ties}});
  CHECK(report.cases.at(0).verdict == Verdict::disagree);
  CHECK(report.cases[0].tensors[0].reason.find("no convex combination") != std::string::npos);
}
