#include <cmath>

#include <doctest/doctest.h>

#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/numeric/rounding/float32_noise.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/random.hpp>

using namespace gradcheck;

namespace {

/// f entry by entry.
template <class Function>
TensorFunction entrywise(Function f) {
  return [f](const Tensors<double>& x) { return pack(map(x[0], f)); };
}

Tensors<double> one(Tensor t) { return pack(std::move(t)); }

}  // namespace

TEST_CASE("noise: what a float32 function loses inside is seen, and little more") {
  const Tensor x = random_uniform({200}, 1, 2, 0);
  const auto loses = [](double v) {
    const volatile float far = static_cast<float>(v) + 1000.0F;
    return static_cast<double>(far - 1000.0F);
  };
  const Tensor noise = noise_of(entrywise(loses), one(x), {true}, 0)[0];
  const double half_unit = std::ldexp(1.0, -15);  // of the numbers near 1000
  int below = 0;
  for (const double amplitude : entries(noise)) {
    CHECK(amplitude <= 4 * half_unit);
    below += 2 * amplitude < half_unit ? 1 : 0;  // rounding errors are twice the amplitude
  }
  CHECK(below <= 2);
}

TEST_CASE("noise: a function without noise has one unit of float32, of its value or its input") {
  const Tensor x = random_uniform({50}, 1, 2, 1);
  const auto flat = [](double v) { return 5 + v / 10; };
  const auto steep = [](double v) { return 10 * (v - 1); };
  const Tensor of_value = noise_of(entrywise(flat), one(x), {true}, 0)[0];
  const Tensor of_input = noise_of(entrywise(steep), one(x), {true}, 0)[0];
  for (std::size_t i = 0; i < x.size(); ++i) {
    CHECK(of_value.data()[i] == float32_epsilon * flat(x.data()[i]));
    CHECK(of_input.data()[i] >= 5 * float32_epsilon * x.data()[i]);
    CHECK(of_input.data()[i] <= 10.001 * float32_epsilon * x.data()[i]);
  }
}

TEST_CASE("noise: labels stay as they are") {
  const Tensor label = full<double>({1}, 2);
  const TensorFunction f = [&](const Tensors<double>& x) {
    CHECK(x[1].data()[0] == 2);
    return pack(map(x[0], [](double v) { return 2 * v; }));
  };
  noise_of(f, pack(full<double>({1}, 3), label), {true, false}, 0);
}

TEST_CASE("noise: where a function refuses to be moved, one unit is left") {
  const TensorFunction f = [](const Tensors<double>& x) -> Tensors<double> {
    if (x[0].data()[0] != 1) {
      throw ValueError("f: x has another value, expected 1");
    }
    return pack(full<double>({1}, 5));
  };
  CHECK(noise_of(f, one(full<double>({1}, 1)), {true}, 0)[0].data()[0] == 5 * float32_epsilon);
}

TEST_CASE("noise: several sources of one value add up") {
  Noise noise(2);
  CHECK(!noise.any());
  noise.add(1, full<double>({1}, 3));
  noise.add(1, full<double>({1}, 4));
  CHECK(noise.any());
  CHECK(!noise.present[0]);
  CHECK(noise.amplitude[1].data()[0] == 7);
}
