#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include <defects/corpus.hpp>
#include <defects/examine.hpp>
#include <defects/float32_layers.hpp>
#include <doctest/doctest.h>

#include <gradcheck/network/language.hpp>
#include <gradcheck/tensor/errors.hpp>

using namespace gradcheck;
using namespace gradcheck::defects;

TEST_CASE("float32 layers: forward and backward are those of float") {
  Network network;
  const double x = 0.7;
  network.give("x", Role::parameter, tensor_of({1}, std::vector<double>{x}));
  add_statements(network, parse_statements("L = sin(x)"), with_float32({"sin"}));
  const Values<double> values = forward<double>(network);
  CHECK(values[network.loss()].data()[0] == std::sin(static_cast<float>(x)));
  const Tensor upstream = full<double>({1}, 1);
  CHECK(backward<double>(network, values, network.loss(), upstream)[0].data()[0] ==
        std::cos(static_cast<float>(x)));
  CHECK(network.nodes()[0].layer->precision() == Precision::float32);
  CHECK_THROWS_AS(with_float32({"embedding"}), ValueError);
}

TEST_CASE("float32 layers: each is in the corpus, with its defects") {
  std::set<std::string> planted;
  for (const Specimen& specimen : float32_specimens()) {
    for (const Defect& defect : specimen.defects) {
      if (std::ranges::count(specimen.in_float32, defect.uses.layer) != 0) {
        planted.insert(defect.uses.layer);
      }
    }
  }
  for (const std::string& name : float32_layer_names()) {
    CHECK_MESSAGE(planted.contains(name), name);
  }
}

namespace {

/// Whether a right network is accused of anything but leaving the range of float32.
bool accused(const Examination& examination) {
  return std::ranges::any_of(examination.tensors, [](const TensorReport& tensor) {
    return tensor.verdict == Verdict::disagree &&
           tensor.reason.find("not finite") == std::string::npos;
  });
}

}  // namespace

TEST_CASE("float32: with the analytic side in float32, no right network of the corpus is accused") {
  CheckOptions options;
  options.analytic_precision = Precision::float32;
  for (const Specimen& specimen : examined_corpus()) {
    const Examination examination = examine_right(specimen, 0, options);
    CHECK_MESSAGE(!accused(examination), describe(examination));
  }
}

TEST_CASE("float32: with the analytic side in float32, defects of 1e-3 at clean points are found") {
  CheckOptions options;
  options.analytic_precision = Precision::float32;
  for (const Specimen& specimen : examined_corpus()) {
    for (const Defect& defect : specimen.defects) {
      if (specimen.group == "clean" && visible_change(specimen, defect, 0) >= 1e-3) {
        const Examination examination = examine_wrong(specimen, defect, 0, options);
        CHECK_MESSAGE(examination.good(), describe(examination));
      }
    }
  }
}

TEST_CASE("float32: a look that no other family of steps bears out accuses nobody") {
  const std::vector<Specimen> all = float32_specimens();
  const auto deep = std::ranges::find(all, "float32: a deep network", &Specimen::name);
  REQUIRE(deep != all.end());
  for (const std::uint64_t seed : {37, 40}) {  // kinks of a ReLU within the largest steps
    const Examination examination = examine_right(*deep, seed, {});
    CHECK_MESSAGE(examination.good(), describe(examination));
  }
}
