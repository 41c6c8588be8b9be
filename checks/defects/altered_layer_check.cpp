#include <cmath>
#include <string>

#include <defects/alterations.hpp>
#include <doctest/doctest.h>

#include <gradcheck/layers/library.hpp>
#include <gradcheck/network/language.hpp>
#include <gradcheck/tensor/errors.hpp>

using namespace gradcheck;
using namespace gradcheck::defects;

namespace {

Network network_of(const std::string& text) {
  Network network;
  network.give("x", Role::parameter, tensor_of({2, 2}, std::vector<double>{1, -2, 3, -4}));
  network.give("w", Role::parameter, tensor_of({2, 2}, std::vector<double>{5, 6, 7, 8}));
  add_statements(network, parse_statements(text));
  return network;
}

/// dL/dx, entry by entry.
std::vector<double> gradient(const Network& network, const std::string& name = "x") {
  const Values<double> values = forward<double>(network);
  const Tensor g =
      backward<double>(network, values, network.loss(), scalar(1.0))[*network.find(name)];
  return {g.data(), g.data() + g.size()};
}

using Numbers = std::vector<double>;

}  // namespace

TEST_CASE("altered layer: forward stays, backward changes, in both precisions") {
  const Network right = network_of("L = sum(x * w)");
  const Network wrong = replant(right, {"multiply"}, scaled(2));
  CHECK(forward<double>(wrong)[wrong.loss()] == forward<double>(right)[right.loss()]);
  CHECK(gradient(right) == Numbers{5, 6, 7, 8});
  CHECK(gradient(wrong) == Numbers{10, 12, 14, 16});
  CHECK(gradient(wrong, "w") == gradient(right, "w"));
  const LongTensor precise = backward<long double>(wrong, forward<long double>(wrong), wrong.loss(),
                                                   scalar(1.0L))[*wrong.find("x")];
  CHECK(precise.data()[3] == 16);
}

TEST_CASE("altered layer: a planted network keeps its values' ids, names and roles") {
  const Network right = network_of("y = 2 * x - w.T; p, q = split(y); L = sum(p * q * 3)");
  const Network wrong = replant(right, {"transpose"}, negated());
  REQUIRE(wrong.values().size() == right.values().size());
  for (ValueId id = 0; id < right.values().size(); ++id) {
    CHECK(wrong.value(id).name == right.value(id).name);
    CHECK(wrong.value(id).role == right.value(id).role);
    CHECK(wrong.value(id).expression == right.value(id).expression);
  }
  CHECK(wrong.loss() == right.loss());
  CHECK(wrong.names() == right.names());
}

TEST_CASE("altered layer: one use of a layer, or all of them") {
  const Network right = network_of("L = sum(sin(sin(x)))");
  const Numbers all = gradient(replant(right, {"sin"}, scaled(3)));
  const Numbers first = gradient(replant(right, {"sin", 0}, scaled(3)));
  CHECK(std::abs(all[0] - 9 * gradient(right)[0]) <= 1e-14);
  CHECK(std::abs(first[0] - 3 * gradient(right)[0]) <= 1e-14);
  CHECK_THROWS_AS(replant(right, {"sin", 2}, scaled(3)), ValueError);
  CHECK_THROWS_AS(replant(right, {"cos"}, scaled(3)), ValueError);
}

TEST_CASE("altered layer: an open mask lets a gradient through") {
  const Network right = network_of("L = sum((x > 0) * w)");
  CHECK(gradient(right) == Numbers{0, 0, 0, 0});
  const Alteration through = [](auto& call) { call.dx[0] = call.dy[0]; };
  CHECK(gradient(replant(right, {"greater"}, through)) == Numbers{0, 0, 0, 0});
  CHECK(gradient(replant(right, {"greater"}, through, true)) == Numbers{5, 6, 7, 8});
}

TEST_CASE("alterations: each does to a gradient what it says") {
  const Network right = network_of("L = sum(w * (x + 0))");
  const auto after = [&](const Alteration& alteration) {
    return gradient(replant(right, {"add"}, alteration));
  };
  CHECK(after(negated()) == Numbers{-5, -6, -7, -8});
  CHECK(after(scaled_entry(6, 10)) == Numbers{5, 6, 70, 8});
  CHECK(after(shifted(1)) == Numbers{6, 7, 8, 9});
  CHECK(after(dropped()) == Numbers{0, 0, 0, 0});
  CHECK(std::isnan(after(never_written(1))[1]));
  CHECK(after(transposed()) == Numbers{5, 7, 6, 8});
  CHECK(after(row_late()) == Numbers{7, 8, 5, 6});
  CHECK(after(last_row_only()) == Numbers{0, 0, 7, 8});
  CHECK(after(averaged_over_rows()) == Numbers{2.5, 3, 3.5, 4});
  CHECK(after(spread_evenly()) == Numbers{6.5, 6.5, 6.5, 6.5});
  CHECK(after(upstream_ignored()) == Numbers{1, 1, 1, 1});
  CHECK(after(upstream_clipped(6.5)) == Numbers{5, 6, 6.5, 6.5});
}

TEST_CASE("alterations: signs and arguments") {
  const Network right = network_of("L = sum(square(x))");
  const auto after = [&](const Alteration& alteration) {
    return gradient(replant(right, {"square"}, alteration));
  };
  CHECK(after(magnitude()) == Numbers{2, 4, 6, 8});
  CHECK(after(stale()) == Numbers{6, -8, 2, -4});
  CHECK(after(at_multiple(3)) == Numbers{6, -12, 18, -24});
  CHECK(after(at_shift(1)) == Numbers{4, -2, 8, -6});
  CHECK(after(slope([](auto v, auto y) { return v + y; })) == Numbers{2, 2, 12, 12});
  CHECK(after(entrywise([](auto v, auto d) { return v > 0 ? d : -d; })) == Numbers{2, 4, 6, 8});
  CHECK(gradient(replant(network_of("L = sum(x * w)"), {"multiply"}, swapped())) ==
        Numbers{1, -2, 3, -4});
  const Numbers rounded =
      gradient(replant(network_of("L = sum(0.1 * x)"), {"multiply"}, float32(1)));
  CHECK(rounded[0] == static_cast<double>(0.1F));
}
