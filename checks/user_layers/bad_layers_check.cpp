#include <cmath>
#include <limits>
#include <stdexcept>

#include <doctest/doctest.h>

#include <gradcheck/gradcheck.hpp>

using namespace gradcheck;

namespace {

const Tensor point = random_normal({2, 3}, 0, 1, 7);

/// y = x w, with a result of backward that can be anything.
struct Scale {
  Tensor w{0.5, -2.0, 3.0}, dw = zeros<double>({3});
  Tensor x;
  Tensor forward(const Tensor& input) {
    x = input;
    return x * w;
  }
  Tensor backward(const Tensor& dy) {
    dw = xt::sum(dy * x, {0});
    return dy * w;
  }
  auto parameters() { return std::pair<Tensor&, Tensor&>(w, dw); }
};

struct TwoGradients : Scale {
  std::pair<Tensor, Tensor> backward(const Tensor& dy) { return {Scale::backward(dy), dw}; }
};

struct TransposedGradient : Scale {
  Tensor backward(const Tensor& dy) { return xt::transpose(Scale::backward(dy)); }
};

struct RowsOfBias : Scale {
  Tensor backward(const Tensor& dy) {
    const Tensor dx = Scale::backward(dy);
    dw = dy * x;
    return dx;
  }
};

/// Fails for what a predicate says of x[0, 1].
template <class Predicate>
struct FailsAt : Scale {
  Predicate fails;
  explicit FailsAt(Predicate its_predicate) : fails(its_predicate) {}
  Tensor forward(const Tensor& input) {
    if (fails(input(0, 1))) {
      throw std::runtime_error("out of range");
    }
    return Scale::forward(input);
  }
};

struct ThrowsInBackward : Scale {
  Tensor backward(const Tensor&) { throw 42; }
};

struct NotANumber : Scale {
  Tensor backward(const Tensor& dy) {
    Tensor dx = Scale::backward(dy);
    dx(1, 2) = std::nan("");
    return dx;
  }
};

struct NotFinite : Scale {
  Tensor forward(const Tensor& input) {
    Tensor y = Scale::forward(input);
    y(1, 0) = std::numeric_limits<double>::infinity();
    return y;
  }
};

/// Returns the same numbers under another shape from the second call on.
struct ChangesShape : Scale {
  int calls = 0;
  Tensor forward(const Tensor& input) {
    return ++calls < 3 ? Scale::forward(input) : reshaped(Scale::forward(input), {6});
  }
};

std::string error_of(auto&& layer, LayerOptions options = {}) {
  options.inputs = {point};
  const Report report = check_layer(layer, options);
  CHECK(report.cases.at(0).verdict == Verdict::error);
  return report.cases[0].error ? report.cases[0].error->message : "";
}

}  // namespace

TEST_CASE("bad layers: a wrong number of gradients is told") {
  CHECK(error_of(TwoGradients{}) ==
        "TwoGradients: backward's result has 2 gradients, expected 1, one for each input");
}

TEST_CASE("bad layers: gradients of a wrong shape are told, with their tensor") {
  CHECK(error_of(TransposedGradient{}) ==
        "TransposedGradient: the gradient of input 0 has shape (3, 2), expected (2, 3)");
  CHECK(error_of(RowsOfBias{}) == "RowsOfBias: the gradient of p0 has shape (2, 3), expected (3,)");
}

TEST_CASE("bad layers: whatever user code throws at the point itself is the case's error") {
  CHECK(error_of(FailsAt([](double) { return true; })) == "FailsAt: forward threw 'out of range'");
  CHECK(error_of(ThrowsInBackward{}) ==
        "ThrowsInBackward: backward threw something that is no std::exception");
}

TEST_CASE(
    "bad layers: an entry whose probes all fail is named with what was tried, the rest goes on") {
  const double x = point(0, 1);
  const FailsAt layer([=](double value) { return value != x; });
  const Report report = check_layer(FailsAt(layer), {.inputs = {point}, .hygiene = false});
  const CaseReport& one = report.cases.at(0);
  CHECK(one.verdict == Verdict::inconclusive);
  REQUIRE(one.tensors.size() >= 2);
  CHECK(one.tensors[0].inconclusive == 1);
  INFO(one.tensors[0].reason);
  CHECK(one.tensors[0].reason.find("refused with x[0, 1] = ") != std::string::npos);
  CHECK(one.tensors[0].reason.find("FailsAt: forward threw 'out of range'") != std::string::npos);
  CHECK(one.tensors[1].verdict == Verdict::agree);
}

TEST_CASE("bad layers: the edge of a domain is met from inside") {
  const double edge = point(0, 1);
  CHECK(check_layer(FailsAt([=](double value) { return value > edge; }), {.inputs = {point}})
            .agrees());
}

TEST_CASE("bad layers: NaN in a gradient disagrees, and names its entry") {
  const Report report = check_layer(NotANumber{}, {.inputs = {point}});
  const TensorReport& dx = report.cases.at(0).tensors.at(0);
  CHECK(dx.verdict == Verdict::disagree);
  CHECK(dx.disagreeing == 1);
  CHECK(dx.worst.index == std::vector<std::size_t>{1, 2});
}

TEST_CASE("bad layers: a value that is not finite is an error with its entry") {
  const std::string message = error_of(NotFinite{});
  INFO(message);
  CHECK(message.find("NotFinite: the entry [1, 0] of") != std::string::npos);
}

TEST_CASE("bad layers: outputs must keep their shape") {
  CHECK(error_of(ChangesShape{}, {.hygiene = false})
            .find("forward returns other shapes than before") != std::string::npos);
}

TEST_CASE("bad layers: inputs must be given, and as many as forward takes") {
  Scale layer;
  CHECK(check_layer(layer, {}).cases.at(0).error->message ==
        "Scale: .inputs has no tensors, expected what forward is called with");
  CHECK(check_layer(layer, {.inputs = {point, point}}).cases.at(0).error->message ==
        "Scale: forward has 2 inputs, expected 1");
}

TEST_CASE("bad layers: the parameters are as they were after any of this") {
  ThrowsInBackward layer;
  check_layer(layer, {.inputs = {point}});
  CHECK(layer.w == Tensor{0.5, -2.0, 3.0});
}
