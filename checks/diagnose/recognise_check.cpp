#include <cmath>

#include <defects/alterations.hpp>
#include <diagnose/seen.hpp>
#include <doctest/doctest.h>

#include <gradcheck/diagnose/recognise.hpp>
#include <gradcheck/layers/library.hpp>

using namespace gradcheck;
using namespace gradcheck::defects;

namespace {

struct Case {
  Place place;
  Observation seen;
  std::vector<Tensor> others;
};

/// A layer of the library with an altered backward, and the gradient of one of its inputs; the
/// numeric side is the right backward's.
Case planted(const char* layer, Tensors<double> x, const Alteration& alteration, std::size_t slot) {
  const LayerPtr right = make_layer(*standard_layers().find(layer), {});
  std::vector<const Tensor*> in;
  for (const Tensor& each : x) {
    in.push_back(&each);
  }
  Case out{
      {altered(right, alteration), {}, x, right->forward(Inputs<double>(in)), {}, slot, 0}, {}, {}};
  for (std::size_t k = 0; k < x.size(); ++k) {
    out.place.names.push_back(k == 0 ? "x" : "w");
  }
  for (const Tensor& y : out.place.y) {
    out.place.dy.push_back(random_normal(shape_of(y), 0, 1, 11));
  }
  out.others = right->backward(out.place.dy, Inputs<double>(in), out.place.y);
  const Tensors<double> wrong =
      out.place.layer->backward(out.place.dy, Inputs<double>(in), out.place.y);
  out.seen = seen::of(wrong[slot], out.others[slot]);
  return out;
}

std::string said_of(const Case& one, std::size_t uses = 1) {
  Surroundings around;
  around.place = &one.place;
  around.uses = uses;
  around.numbers = numbers_at(one.place);
  around.conditions = conditions_at(one.place);
  around.others = one.others;
  const std::optional<Pattern> pattern = recognise(one.seen, around);
  return pattern ? pattern->name : "";
}

/// The pattern of that mistake. With any one entry off by a little, it must not be asserted.
std::string pattern_of(const char* layer, Tensors<double> x, const Alteration& alteration,
                       std::size_t slot = 0) {
  const Case one = planted(layer, std::move(x), alteration, slot);
  const std::string pattern = said_of(one);
  for (std::size_t i = 0; i < one.seen.size(); ++i) {
    Case spoiled = one;
    spoiled.seen = seen::spoiled(one.seen, i);
    CHECK(said_of(spoiled) != pattern);
  }
  return pattern;
}

Tensors<double> matrices() {
  return {random_normal({4, 3}, 0, 1, 1), random_normal({3, 5}, 0, 1, 2)};
}
Tensors<double> pair() { return {random_normal({3, 4}, 0, 1, 3), random_normal({3, 4}, 0, 1, 4)}; }
Tensors<double> one() { return {random_normal({3, 4}, 0, 1, 5)}; }

Alteration passed_on() {
  return [](auto& call) { call.dx[0] = call.dy[0]; };
}

}  // namespace

TEST_CASE("recognise: a sum over the batch of which one row counts") {
  CHECK(pattern_of("matmul", matrices(), last_row_only(1), 1) == "not summed over the batch");
}

TEST_CASE("recognise: an upstream that is ignored, taken positive or clipped") {
  CHECK(pattern_of("matmul", matrices(), upstream_ignored(), 1) == "upstream ignored");
  CHECK(pattern_of("matmul", matrices(), upstream_magnitude(), 1) == "upstream changed");
  CHECK(pattern_of("matmul", matrices(), upstream_guided(), 1) == "upstream changed");
  CHECK(pattern_of("matmul", matrices(), upstream_clipped(0.7), 1) == "upstream changed");
}

TEST_CASE("recognise: a limit on the upstream is told") {
  const Case clipped = planted("matmul", matrices(), upstream_clipped(0.7), 1);
  Surroundings around;
  around.place = &clipped.place;
  const std::optional<Pattern> pattern = recognise(clipped.seen, around);
  REQUIRE(pattern);
  CHECK(pattern->sentence ==
        "analytic is right for an upstream clipped at ±0.7: backward is not linear in it");
}

TEST_CASE("recognise: values of another call") {
  CHECK(pattern_of("matmul", matrices(), stale(0), 1) == "stale values");
  CHECK(pattern_of("tanh", one(), stale(0)) == "stale values");
}

TEST_CASE("recognise: a derivative that is missing, or at the wrong value") {
  CHECK(pattern_of("tanh", one(), passed_on()) == "derivative missing");
  CHECK(pattern_of("sigmoid", one(), slope([](auto v, auto) { return v * (1 - v); })) ==
        "derivative at the wrong value");
  CHECK(pattern_of("sin", one(), slope([](auto, auto y) { return std::cos(y); })) ==
        "derivative at the wrong value");
}

TEST_CASE("recognise: a derivative of which a part is missing") {
  CHECK(pattern_of("sigmoid", one(), slope([](auto, auto y) { return y; })) ==
        "derivative incomplete");
  CHECK(pattern_of("tanh", one(), slope([](auto, auto y) { return 1 - y; })) ==
        "derivative incomplete");
}

TEST_CASE("recognise: a mask that is inverted or ignored") {
  CHECK(pattern_of("relu", one(), slope([](auto v, auto) { return v > 0 ? 0 : 1; })) ==
        "mask inverted");
  CHECK(pattern_of("relu", one(), passed_on()) == "mask ignored");
  CHECK(pattern_of("maximum", pair(), swapped(0, 1)) == "mask inverted");
}

TEST_CASE("recognise: the gradient of another input") {
  CHECK(pattern_of("multiply", pair(), swapped(0, 1)) == "inputs exchanged");
}

TEST_CASE("recognise: zero is a missing contribution where the value has other uses") {
  const Case one = planted("multiply", pair(), dropped(), 0);
  CHECK(said_of(one) == "zero");
  CHECK(said_of(one, 2) == "missing fan-out");
}

TEST_CASE("recognise: where only some entries are wrong") {
  CHECK(said_of(planted("tanh", one(), scaled_entry(5, 2), 0)) == "one entry");
  const Alteration size = slope([](auto v, auto) { return 2 * std::abs(v); });
  CHECK(said_of(planted("square", one(), size, 0)) == "some entries");
}

TEST_CASE("recognise: nothing is said of a mistake that has no pattern, nor of none") {
  CHECK(said_of(planted("tanh", one(), slope([](auto v, auto) { return std::exp(v); }), 0)) == "");
  CHECK(said_of(planted("tanh", one(), scaled(1), 0)) == "");
}

TEST_CASE("recognise: what is nearer to the mistake comes first") {
  // Rounded to float32 and the only entry that is not zero: a factor would fit as well.
  Tensor numeric = zeros<double>({3});
  numeric.data()[1] = 0.1;
  Tensor analytic =
      map(numeric, [](double n) { return static_cast<double>(static_cast<float>(n)); });
  Observation seen = seen::of(std::move(analytic), numeric);
  seen.rtol = 1e-9;
  const std::optional<Pattern> pattern = recognise(seen, {});
  REQUIRE(pattern);
  CHECK(pattern->name == "float32 precision");
}
