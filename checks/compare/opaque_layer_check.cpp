#include <array>
#include <cmath>
#include <functional>

#include <doctest/doctest.h>
#include <network/program.hpp>

#include <gradcheck/compare/checker.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/tensor/broadcast.hpp>

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

/// An elementwise layer that cannot say its branches, as a user's own.
struct Opaque {
  static constexpr std::size_t arity = 1;
  std::function<double(double)> f;
  std::function<double(double)> derivative;

  Shape shape(const Shape& x) const { return x; }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    TensorOf<Real> y = x;
    for (Real& each : entries(y)) {
      each = static_cast<Real>(f(static_cast<double>(each)));
    }
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    TensorOf<Real> dx = dy;
    for (std::size_t i = 0; i < dx.size(); ++i) {
      dx.data()[i] *= static_cast<Real>(derivative(static_cast<double>(x.data()[i])));
    }
    return pack<Real>(std::move(dx));
  }
};

/// The larger of both entries of a pair; at a tie each gets `share` of the gradient.
struct OpaqueLarger {
  static constexpr std::size_t arity = 1;
  double share = 0.5;

  Shape shape(const Shape&) const { return {}; }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    return scalar(std::max(x.data()[0], x.data()[1]));
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    TensorOf<Real> dx = x;
    for (Real& each : entries(dx)) {
      each = static_cast<Real>(share) * dy.data()[0];
    }
    return pack<Real>(std::move(dx));
  }
};

/// A sum whose backward drops an entry.
struct OpaqueSum {
  static constexpr std::size_t arity = 1;

  Shape shape(const Shape&) const { return {}; }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    Real sum = 0;
    for (const Real each : entries(x)) {
      sum += each;
    }
    return scalar(sum);
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    return pack<Real>(full<Real>({x.size() - 1}, dy.data()[0]));
  }
};

/// ReLU that, held on its branches, is another function away from 0.
struct LyingRelu {
  static constexpr std::size_t arity = 1;

  Shape shape(const Shape& x) const { return x; }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    return map(x, [](Real each) { return each > 0 ? each : Real(0); });
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    TensorOf<Real> dx = dy;
    for (std::size_t i = 0; i < dx.size(); ++i) {
      dx.data()[i] *= x.data()[i] > 0 ? 1 : 0;
    }
    return pack<Real>(std::move(dx));
  }
  Branches branches(const Tensor& x) const {
    Branches pieces(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      pieces[i] = x.data()[i] > 0 ? 1 : 0;
    }
    return pieces;
  }
  template <class Real>
  TensorOf<Real> forward_along(const Branches& pieces, const TensorOf<Real>& x) const {
    TensorOf<Real> y = x;
    for (std::size_t i = 0; i < y.size(); ++i) {
      const Real away = x.data()[i] - Real(2);
      y.data()[i] *= pieces[i] == 0 ? Real(0) : 1 + away;
    }
    return y;
  }
  std::vector<Tie> ties(Inputs<double>, Inputs<double>) const { return {}; }
};

template <class Kernel>
LayerLibrary with(const Kernel& kernel) {
  LayerLibrary library = standard_layers();
  LayerType type;
  type.name = "own";
  type.tensors = {"x"};
  type.make = [=](const Settings&) { return make_layer("own", kernel); };
  library.add(type);
  return library;
}

template <class Kernel>
TensorReport report_of(const Kernel& kernel, const Tensor& x,
                       const std::string& text = "L = sum(own(x) * 3) + sum(x)") {
  const Network network = network_of(text, {{"x", parameter(x)}}, with(kernel));
  Checker checker(network, {});
  return checker.check(*network.find("x")).report;
}

Opaque relu_with(double at_zero) {
  return {[](double x) { return x > 0 ? x : 0; },
          [=](double x) { return x > 0    ? 1.0
                                 : x == 0 ? at_zero
                                          : 0.0; }};
}

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("opaque layer: at its kink any slope between those of both sides agrees") {
  const Tensor x = tensor_of({3}, std::array{0.0, 1.0, -2.0});
  for (const double at_zero : {0.0, 0.3, 0.5, 1.0}) {
    const TensorReport report = report_of(relu_with(at_zero), x);
    CAPTURE(at_zero);
    CHECK(report.verdict == Verdict::agree);
    CHECK(report.kinks == 1);
  }
  for (const double at_zero : {-0.001, 1.001, 2.0}) {
    const TensorReport report = report_of(relu_with(at_zero), x);
    CAPTURE(at_zero);
    CHECK(report.verdict == Verdict::disagree);
    CHECK(report.disagreeing == 1);
    CHECK(report.reason == "at a kink, the gradient is outside of the derivatives of both sides");
  }
}

TEST_CASE(
    "opaque layer: a tie whose sides both get the full gradient, or none, is wrong together") {
  const Tensor tied = tensor_of({2}, std::array{1.5, 1.5});
  const std::string text = "L = own(x) * 2";
  CHECK(report_of(OpaqueLarger{0.5}, tied, text).verdict == Verdict::agree);
  for (const double share : {1.0, 0.0}) {
    const TensorReport report = report_of(OpaqueLarger{share}, tied, text);
    CAPTURE(share);
    CHECK(report.verdict == Verdict::disagree);
    CHECK(mentions(report.reason, "taken together, the gradients of 2 entries at kinks"));
  }
}

TEST_CASE("opaque layer: kinks of either sign that do not interact raise no alarm together") {
  const Opaque bent{[](double x) { return std::abs(x); }, [](double x) { return x < 0 ? -1 : 1; }};
  const Tensor x = tensor_of({2}, std::array{0.0, 0.0});
  const TensorReport report = report_of(bent, x, "L = sum(own(x) * [1, -1])");
  CHECK(report.verdict == Verdict::agree);
  CHECK(report.kinks == 2);
}

TEST_CASE("opaque layer: a jump or a cusp is inconclusive, and said to be one") {
  const Opaque jump{[](double x) { return x < 1 ? x : x + 1; }, [](double) { return 1; }};
  const Opaque cusp{[](double x) { return std::sqrt(std::abs(x - 1)); }, [](double) { return 2; }};
  const Opaque blunt{[](double x) { return std::pow(std::abs(x - 1), 0.8); },
                     [](double) { return 1; }};
  for (const Opaque& layer : {jump, cusp, blunt}) {
    const TensorReport report = report_of(layer, tensor_of({1}, std::array{1.0}));
    CAPTURE(report.reason);
    CHECK(report.verdict == Verdict::inconclusive);
    CHECK(mentions(report.reason, "grow as the step shrinks: a jump or a cusp"));
    CHECK(report.kinks == 0);
  }
}

TEST_CASE(
    "opaque layer: a cusp or a jump that central differences step over is seen all the same") {
  // Central quotients are 0, 0 and 1 at every step, and backward says the same.
  const Opaque cusp{[](double x) { return std::sqrt(std::abs(x)); }, [](double) { return 0; }};
  const Opaque blunt{[](double x) { return std::pow(std::abs(x), 0.8); }, [](double) { return 0; }};
  const Opaque spot{[](double x) { return x == 0 ? 1 : x; }, [](double) { return 1; }};
  for (const Opaque& layer : {cusp, blunt, spot}) {
    const TensorReport report = report_of(layer, tensor_of({1}, std::array{0.0}));
    CAPTURE(report.reason);
    CHECK(report.verdict == Verdict::inconclusive);
    CHECK(mentions(report.reason, "grow as the step shrinks: a jump or a cusp"));
  }
}

TEST_CASE(
    "opaque layer: a corner between opposite slopes is a kink, any slope between them right") {
  for (const double at_zero : {-1.0, 0.0, 1.0}) {
    const Opaque size{[](double x) { return std::abs(x); },
                      [=](double x) { return x == 0  ? at_zero
                                             : x < 0 ? -1
                                                     : 1; }};
    const TensorReport report = report_of(size, tensor_of({2}, std::array{0.0, 1.5}));
    CHECK(report.verdict == Verdict::agree);
    CHECK(report.kinks == 1);
  }
}

TEST_CASE("opaque layer: a backward of another shape is named, with both shapes") {
  const Network network =
      network_of("L = own(x)", {{"x", parameter(full<double>({3}, 1))}}, with(OpaqueSum{}));
  try {
    const Checker checker(network, {});
    FAIL("accepted");
  } catch (const LocatedError& error) {
    CHECK(std::string(error.what()) ==
          "own: backward's gradient of input 0 has shape (2,), expected (3,)");
  }
}

TEST_CASE("opaque layer: a gradient that is not finite disagrees, and is said to be that") {
  const Opaque layer{[](double x) { return x * x; }, [](double) { return std::nan(""); }};
  const TensorReport report = report_of(layer, tensor_of({1}, std::array{1.0}));
  CHECK(report.verdict == Verdict::disagree);
  CHECK(report.reason == "the analytic gradient is not finite");
}

TEST_CASE("opaque layer: a forward that is not deterministic is an error of its own") {
  int calls = 0;
  const Opaque noisy{[&](double x) { return x + 1e-9 * ++calls; }, [](double) { return 1; }};
  const Network network = network_of("L = sum(own(x))", {{"x", parameter(2.0)}}, with(noisy));
  try {
    const Checker checker(network, {});
    FAIL("accepted");
  } catch (const LocatedError& error) {
    CHECK(mentions(error.what(), "own: forward is not deterministic: asked twice"));
  }
}

TEST_CASE("opaque layer: branches that lie away from the point are noticed") {
  const Network network = network_of("L = sum(own(x))", {{"x", parameter(2.0)}}, with(LyingRelu{}));
  try {
    const Checker checker(network, {});
    FAIL("accepted");
  } catch (const LocatedError& error) {
    CHECK(mentions(error.what(), "forward along its own branches has another value"));
  }
}
