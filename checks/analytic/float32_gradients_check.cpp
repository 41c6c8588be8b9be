#include <cmath>
#include <string>

#include <defects/alterations.hpp>
#include <defects/float32_layers.hpp>
#include <doctest/doctest.h>

#include <gradcheck/compare/checker.hpp>
#include <gradcheck/network/language.hpp>
#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/tensor/random.hpp>

using namespace gradcheck;
using defects::altered;
using defects::replant;

namespace {

Network network_of(const std::string& text, const LayerLibrary& library = standard_layers()) {
  Network network;
  network.give("x", Role::input, random_normal({4, 3}, 0, 1, 0));
  network.give("W", Role::parameter, random_normal({3, 5}, 0, 0.5, 1));
  network.give("u", Role::constant, random_uniform({4, 5}, 0.5, 2, 2));
  add_statements(network, parse_statements(text), library);
  return network;
}

const char* const smooth = "h = tanh(x @ W); L = sum(u * h)";

TensorCheck check_of(const Network& network, const CheckOptions& options, const char* name = "W") {
  Checker checker(network, options);
  return checker.check(*network.find(name));
}

CheckOptions in_float32() {
  CheckOptions options;
  options.analytic_precision = Precision::float32;
  return options;
}

/// A layer whose backward alone is in float32.
defects::Alteration float32_result() {
  return [](auto& call) {
    for (auto& x : entries(call.dx[0])) {
      x = static_cast<std::remove_reference_t<decltype(x)>>(static_cast<float>(x));
    }
  };
}

class CoarseBackward final : public Layer {
 public:
  explicit CoarseBackward(LayerPtr layer) : layer_(altered(std::move(layer), float32_result())) {}
  const std::string& name() const override { return layer_->name(); }
  std::vector<Shape> output_shapes(std::span<const Shape> x) const override {
    return layer_->output_shapes(x);
  }
  Tensors<double> forward(Inputs<double> x) const override { return layer_->forward(x); }
  Tensors<long double> forward(Inputs<long double> x) const override { return layer_->forward(x); }
  bool differentiable(std::size_t slot) const override { return layer_->differentiable(slot); }
  Precision backward_precision() const override { return Precision::float32; }
  bool kinked() const override { return false; }
  Branches branches(Inputs<double>) const override { return {}; }
  Tensors<double> forward_along(const Branches&, Inputs<double> x) const override {
    return forward(x);
  }
  Tensors<long double> forward_along(const Branches&, Inputs<long double> x) const override {
    return forward(x);
  }
  std::vector<Tie> ties(Inputs<double>, Inputs<double>) const override { return {}; }
  bool move(Inputs<double>, InputEntry, double, Tensors<double>&) const override { return false; }
  bool move(Inputs<long double>, InputEntry, long double, Tensors<long double>&) const override {
    return false;
  }
  Tensors<double> backward(const Tensors<double>& dy, Inputs<double> x,
                           const Tensors<double>& y) const override {
    return layer_->backward(dy, x, y);
  }
  Tensors<long double> backward(const Tensors<long double>& dy, Inputs<long double> x,
                                const Tensors<long double>& y) const override {
    return layer_->backward(dy, x, y);
  }

 private:
  LayerPtr layer_;
};

LayerLibrary with_coarse_tanh() {
  LayerLibrary library;
  for (LayerType type : standard_layers().types()) {
    if (type.name == "tanh") {
      type.make = [make = type.make](const Settings& settings) {
        return std::make_shared<const CoarseBackward>(make(settings));
      };
    }
    library.add(type);
  }
  return library;
}

}  // namespace

TEST_CASE("float32: an analytic side in float32 agrees with a numeric side in double") {
  const Network network = network_of(smooth);
  const TensorCheck coarse = check_of(network, in_float32());
  CHECK(coarse.report.verdict == Verdict::agree);
  CHECK(coarse.report.unresolved == 0);
  CHECK(coarse.report.max_relative_error > 1e-9);
  CHECK(coarse.report.max_relative_error < 1e-5);
  const TensorCheck fine = check_of(network, {});
  for (std::size_t i = 0; i < coarse.analytic.size(); ++i) {
    const double a = coarse.analytic.data()[i];
    CHECK(a == static_cast<double>(static_cast<float>(a)));
    CHECK(coarse.numeric.data()[i] == fine.numeric.data()[i]);
  }
}

TEST_CASE("float32: an error of 1e-5 in one entry is found where the numeric side is in double") {
  const Network network = network_of(smooth);
  for (const double factor : {1 + 1e-5, 1 + 1e-3, 2.0, -1.0}) {
    CAPTURE(factor);
    const Network wrong = replant(network, {"matmul"}, defects::scaled_entry(7, factor, 1));
    const TensorCheck check = check_of(wrong, in_float32());
    CHECK(check.report.verdict == Verdict::disagree);
    CHECK(check.report.disagreeing == 1);
    CHECK(check.report.worst.index == std::vector<std::size_t>{1, 2});
  }
}

TEST_CASE("float32: a float32 backward behind a forward in double is held to double") {
  const Network right = network_of(smooth, with_coarse_tanh());
  const TensorCheck agreed = check_of(right, {});
  CHECK(agreed.report.verdict == Verdict::agree);
  CHECK(agreed.report.max_bound < 1e-8);
  const Network wrong = replant(right, {"matmul"}, defects::scaled_entry(7, 1 + 1e-5, 1));
  CHECK(check_of(wrong, {}).report.verdict == Verdict::disagree);
}

TEST_CASE("float32: a backward that says float64 and rounds to float32 is found") {
  const Network wrong = replant(network_of(smooth), {"tanh"}, float32_result());
  CHECK(check_of(wrong, {}).report.verdict == Verdict::disagree);
}

TEST_CASE("float32: a layer in float32 agrees, and an error of 1e-3 in one entry is found") {
  const Network right = network_of(smooth, defects::with_float32({"tanh"}));
  const TensorCheck agreed = check_of(right, {});
  CHECK(agreed.report.verdict == Verdict::agree);
  CHECK(agreed.report.unresolved == 0);
  for (const double factor : {1.001, 0.999, 2.0, -1.0}) {
    CAPTURE(factor);
    const Network wrong = replant(right, {"matmul"}, defects::scaled_entry(7, factor, 1));
    const TensorCheck check = check_of(wrong, {});
    CHECK(check.report.verdict == Verdict::disagree);
    CHECK(check.report.disagreeing == 1);
  }
}

TEST_CASE("float32: layers off the way of a probe leave its digits alone") {
  const std::string text = "a = sum(square(W)); b = sum(tanh(x)); L = a + b";
  const Network network = network_of(text, defects::with_float32({"tanh"}));
  const TensorCheck exact = check_of(network, {}, "W");
  CHECK(exact.report.verdict == Verdict::agree);
  CHECK(exact.report.max_relative_error < 1e-9);
  CHECK(check_of(network, {}, "x").report.verdict == Verdict::agree);
}

TEST_CASE("float32: an argument within float32 rounding of a kink counts as on it") {
  Network network;
  const double third = 1.0 / 3;
  network.give("x", Role::parameter, tensor_of({2}, std::vector<double>{third, 1}));
  // In float32 the first entry of z is on the other side of 0: float(1/3) is above 1/3.
  const std::string offset = "0.33333334";
  add_statements(network, parse_statements("z = x - " + offset + "; L = sum(relu(z) * [3, 4])"));
  const TensorCheck check = check_of(network, in_float32(), "x");
  CHECK(check.report.verdict == Verdict::agree);
  CHECK(check.report.kinks == 1);
}

TEST_CASE("float32: backward of float32 layers may round its way off linearity, not clip") {
  const Network right = network_of(smooth, defects::with_float32({"tanh", "matmul", "multiply"}));
  CHECK(check_of(right, {}).report.verdict == Verdict::agree);
  const Network clipped = replant(right, {"tanh"}, defects::upstream_clipped(2.5));
  CHECK(check_of(clipped, {}).report.reason.find("not linear") != std::string::npos);
}
