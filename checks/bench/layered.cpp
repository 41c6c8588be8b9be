#include "layered.hpp"

#include <cmath>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <gradcheck/compare/checker.hpp>

#include "naive_layers.hpp"

namespace gradcheck::bench {

namespace {

/// Seconds for two forwards of the naive loop.
void run_naive(benchmark::State& state, const LayeredSubject& subject) {
  const std::unique_ptr<NaiveNetwork> naive = subject.naive();
  std::size_t tensor = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(naive->quotient(tensor, 0));
    tensor = (tensor + 1) % naive->tensors();
  }
}

void run_check(benchmark::State& state, const LayeredSubject& subject) {
  const Network network = subject.network();
  const CheckOptions options;
  for (auto _ : state) {
    Checker checker(network, options);
    for (const ValueId id : network.leaves()) {
      if (network.value(id).role == Role::parameter &&
          checker.check(id).report.verdict != Verdict::agree) {
        state.SkipWithError("a right gradient does not agree");
      }
    }
  }
}

}  // namespace

void register_layered() {
  for (const LayeredSubject& subject : layered_subjects()) {
    benchmark::RegisterBenchmark(("naive/" + subject.name).c_str(),
                                 [=](benchmark::State& s) { run_naive(s, subject); });
    benchmark::RegisterBenchmark(("gradcheck/" + subject.name).c_str(),
                                 [=](benchmark::State& s) { run_check(s, subject); });
  }
}

void print_layered(const std::function<double(const std::string&)>& seconds) {
  for (const LayeredSubject& subject : layered_subjects()) {
    const std::size_t parameters = subject.naive()->parameters();
    const double naive = static_cast<double>(parameters) * seconds("naive/" + subject.name);
    const double check = seconds("gradcheck/" + subject.name);
    fmt::print("{:<38}{:>12}{:>10.2f} s{:>10.4f} s{:>8.0f}x\n", subject.name, parameters, naive,
               check, naive / check);
  }
}

}  // namespace gradcheck::bench
