#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradcheck/gradcheck.hpp>
#include <gradcheck/tensor/broadcast.hpp>

using namespace gradcheck;

namespace {

/// A layer whose structure is not what it looks like from a few moves, with its right gradient.
struct Liar {
  std::string name;
  Tensor x;
  std::function<Tensor(const Tensor&)> f;
  std::function<Tensor(const Tensor& dy, const Tensor& x)> gradient;
};

/// Its gradients times `factor` at every `stride`-th entry.
struct Claiming {
  const Liar& liar;
  double factor = 1;
  std::size_t stride = 1;
  Tensor x{};

  Tensor forward(const Tensor& given) {
    x = given;
    return liar.f(x);
  }
  Tensor backward(const Tensor& dy) {
    Tensor dx = liar.gradient(dy, x);
    for (std::size_t i = 0; i < dx.size(); i += stride) {
      dx.data()[i] *= factor;
    }
    return dx;
  }
};

Tensor normal(const Shape& shape, std::uint64_t seed) { return random_normal(shape, 0, 1, seed); }

std::size_t next(std::size_t i, const Tensor& x) { return (i + 1) % x.size(); }

/// y_i = own(x_i) + other(x_{i+1} − base), each with its derivative.
Liar of_neighbours(std::string name, const Tensor& x, std::function<double(double)> own,
                   std::function<double(double)> own_derivative,
                   std::function<double(double)> other,
                   std::function<double(double)> other_derivative) {
  return {std::move(name), x,
          [=](const Tensor& at) {
            Tensor y = at;
            for (std::size_t i = 0; i < y.size(); ++i) {
              const std::size_t k = next(i, at);
              y.data()[i] = own(at.data()[i]) + other(at.data()[k] - x.data()[k]);
            }
            return y;
          },
          [=](const Tensor& dy, const Tensor& at) {
            Tensor dx = dy;
            for (std::size_t i = 0; i < dx.size(); ++i) {
              dx.data()[i] = dy.data()[i] * own_derivative(at.data()[i]);
            }
            for (std::size_t i = 0; i < dx.size(); ++i) {
              const std::size_t k = next(i, at);
              dx.data()[k] += dy.data()[i] * other_derivative(at.data()[k] - x.data()[k]);
            }
            return dx;
          }};
}

std::vector<Liar> liars() {
  const auto twice = [](double t) { return 2 * t; };
  const auto two = [](double) { return 2.0; };
  const auto square = [](double t) { return t * t; };
  const Tensor x = normal({6, 8}, 1);
  return {
      of_neighbours(
          "the neighbour counts only beyond a threshold", x, twice, two,
          [](double d) { return d > 1.5 ? d : 0; }, [](double) { return 0.0; }),
      of_neighbours(
          "the neighbour counts only near the point", x, square, twice,
          [](double d) { return std::abs(d) < 0x1p-13 ? d : std::copysign(0x1p-13, d); },
          [](double) { return 1.0; }),
      of_neighbours(
          "a dead zone", x, square, twice,
          [](double d) { return std::copysign(std::max(std::abs(d) - 0x1p-6, 0.0), d); },
          [](double) { return 0.0; }),
      of_neighbours(
          "linear, but for large displacements", x, twice, two,
          [](double d) { return std::abs(d) > 2.5 ? d * d : 0; }, [](double) { return 0.0; }),
      of_neighbours(
          "linear far away, curved near the point", x, twice, two,
          [](double d) { return 1e-3 * std::tanh(1e3 * d); }, [](double) { return 1.0; }),
      of_neighbours(
          "a saturated neighbour", full<double>({40}, 2.0), twice, two,
          [](double d) { return std::tanh(12 * (d + 2)); },
          [](double d) { return 12 / std::pow(std::cosh(12 * (d + 2)), 2); }),
      of_neighbours(
          "a neighbour that is dead one way", x, square, twice,
          [](double d) { return d < -0.25 ? d + 0.25 : 0; }, [](double) { return 0.0; }),
      {"a backward whose rounding grows as the square of its upstream", x,
       [](const Tensor& at) { return map(at, [](double t) { return 2 * t; }); },
       [](const Tensor& dy, const Tensor&) {
         double size = 0;
         for (const double d : entries(dy)) {
           size = std::max(size, std::abs(d));
         }
         const double large = 0x1p28 * size * size;
         return map(dy, [=](double d) { return (large + 2 * d) - large; });
       }},
      {"all entries, of which few are seen at a time", full<double>({40}, 1.0),
       [](const Tensor& at) {
         double largest = 0;
         for (std::size_t i = 0; i < at.size(); ++i) {
           largest = std::max(largest, std::abs(at.data()[i] - 1) * static_cast<double>(i % 7));
         }
         Tensor y = at;
         for (double& each : entries(y)) {
           each = each * each + (largest > 1 ? largest - 1 : 0);
         }
         return y;
       },
       [](const Tensor& dy, const Tensor& at) { return Tensor(2 * dy * at); }},
      {"a product that looks linear in each factor", normal({32}, 4),
       [](const Tensor& at) {
         Tensor y = zeros<double>({16});
         for (std::size_t i = 0; i < 16; ++i) {
           y(i) = at(i) * at(i + 16);
         }
         return y;
       },
       [](const Tensor& dy, const Tensor& at) {
         Tensor dx = at;
         for (std::size_t i = 0; i < 16; ++i) {
           dx(i) = dy(i) * at(i + 16);
           dx(i + 16) = dy(i) * at(i);
         }
         return dx;
       }},
  };
}

Verdict verdict_of(Claiming layer, std::uint64_t seed) {
  LayerOptions options{.inputs = {layer.liar.x}, .hygiene = false};
  options.check.seed = seed;
  const Report report = check_layer(layer, options);
  return report.cases[0].verdict;
}

/// y = x² plus noise of that size, another each time.
struct Noisy {
  double size;
  double factor = 1;
  std::mt19937_64 random{3};
  Tensor x{};

  Tensor forward(const Tensor& given) {
    x = given;
    Tensor y = x * x;
    for (double& each : entries(y)) {
      each += size * signed_part(random);
    }
    return y;
  }
  Tensor backward(const Tensor& dy) const { return 2 * factor * x * dy; }
};

struct Square {
  double factor = 1;
  Tensor x{};
  Tensor forward(const Tensor& given) {
    x = given;
    return x * x;
  }
  Tensor backward(const Tensor& dy) const { return 2 * factor * x * dy; }
};

}  // namespace

TEST_CASE("lying layers: right gradients are never called wrong") {
  for (const Liar& liar : liars()) {
    for (const std::uint64_t seed : {0, 1, 2}) {
      CAPTURE(liar.name);
      CAPTURE(seed);
      CHECK(verdict_of({liar}, seed) != Verdict::disagree);
    }
  }
}

TEST_CASE("lying layers: wrong gradients never agree") {
  for (const Liar& liar : liars()) {
    for (const std::uint64_t seed : {0, 1, 2}) {
      for (const std::size_t stride : {std::size_t{1}, liar.x.size()}) {
        CAPTURE(liar.name);
        CAPTURE(seed);
        CAPTURE(stride);
        CHECK(verdict_of({liar, 1.01, stride}, seed) != Verdict::agree);
      }
    }
  }
}

TEST_CASE("lying layers: noise within the limit is noise, also for what a group reaches") {
  const Tensor x = normal({8, 8}, 5);
  const LayerOptions options{.inputs = {x}};
  const CaseReport right = check_layer(Noisy{1e-13}, options).cases[0];
  CHECK(right.verdict != Verdict::disagree);
  CHECK(right.tensors[0].inconclusive <= 4);
  CHECK(right.tensors[0].effort.structure.find(" groups, ") != std::string::npos);
  CHECK(check_layer(Noisy{1e-13, 1.001}, options).cases[0].verdict == Verdict::disagree);
}

TEST_CASE("lying layers: noise above it is a finding") {
  const Tensor x = normal({8, 8}, 5);
  const Report report = check_layer(Noisy{1e-6}, {.inputs = {x}});
  CHECK_FALSE(report.agrees());
  INFO(to_text(report, {}));
  CHECK(to_text(report, {}).find("forward") != std::string::npos);
}

TEST_CASE("limits: no limit of time is none") {
  const Tensor x = normal({40}, 6);
  const Report report = check_layer(Square{}, {.inputs = {x}, .max_seconds = 0});
  REQUIRE_MESSAGE(report.agrees(), report);
  CHECK(report.cases[0].tensors[0].not_checked == 0);
}

TEST_CASE("limits: a limit of time within which nothing is compared is an error") {
  const Tensor x = normal({40}, 6);
  const Report report = check_layer(Square{}, {.inputs = {x}, .max_seconds = 1e-9});
  CHECK(report.cases[0].verdict == Verdict::error);
  REQUIRE(report.cases[0].error);
  CHECK(report.cases[0].error->message ==
        "network: within its limit of time 0 entries were compared, expected at least one");
}

TEST_CASE("opaque layers: the report says what was found of each tensor") {
  const Tensor x = normal({6, 8}, 7);
  const Report report = check_layer(Square{}, {.inputs = {x}});
  const Effort& effort = report.cases[0].tensors[0].effort;
  CHECK(effort.probes > effort.pilot_probes);
  CHECK(effort.pilot_probes > 0);
  CHECK(effort.structure.find("all entries together, ") == 0);
  CHECK(effort.structure.find(" calls an entry and ") != std::string::npos);
  CHECK(report.cases[0].probes >= effort.probes);
  TextStyle style;
  style.verbose = true;
  CHECK(to_text(report, style).find("structure   x: all entries together") != std::string::npos);
}

TEST_CASE("opaque layers: a wrong gradient takes some calls more, however many its entries are") {
  const Tensor x = normal({40, 50}, 8);
  const auto probes = [&](double factor) {
    Square layer;
    layer.factor = factor;
    return check_layer(layer, {.inputs = {x}}).cases[0].tensors[0].effort.probes;
  };
  CHECK(probes(1.001) <= probes(1) + 500);
}
