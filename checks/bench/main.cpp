// Placeholder benchmark.
#include <benchmark/benchmark.h>

#include "gradcheck/tensor/placeholder.hpp"

static void product(benchmark::State& state) {
  const xt::xarray<double> a = xt::ones<double>({64, 64});
  for (auto _ : state) benchmark::DoNotOptimize(gradcheck::placeholder_product(a, a));
}
BENCHMARK(product);
BENCHMARK_MAIN();
