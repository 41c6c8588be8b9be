#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <gradcheck/check/checker.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/tensor/random.hpp>

#include "naive.hpp"

/// Whole gradient checks beside the naive loop over all parameters, in one run and on one thread.
/// The naive loop is timed on a sample of its parameters and scaled up: two forwards for each.
namespace gradcheck::bench {

namespace {

struct Subject {
  std::string name;
  Perceptron network;
};

std::vector<Subject> subjects() {
  Perceptron deep{{64}, 16, Activation::tanh, true};
  deep.widths.resize(21, 64);
  return {{"784-50-10 sigmoid, batch 100", {{784, 50, 10}, 100, Activation::sigmoid}},
          {"256-256-256-256-10 ReLU, batch 32", {{256, 256, 256, 256, 10}, 32, Activation::relu}},
          {"20 tanh layers of width 64, batch 16", deep},
          {"2048-512-10 ReLU, batch 64", {{2048, 512, 10}, 64, Activation::relu}}};
}

const char* name_of(Activation activation) {
  return activation == Activation::relu      ? "relu"
         : activation == Activation::sigmoid ? "sigmoid"
                                             : "tanh";
}

/// The same architecture as the naive one's.
Network network_of(const Perceptron& perceptron) {
  const auto layer = [](const char* name) { return make_layer(*standard_layers().find(name), {}); };
  Network network;
  const auto classes = static_cast<std::int64_t>(perceptron.widths.back());
  ValueId h = network.give("x", Role::input,
                           random_normal({perceptron.batch, perceptron.widths[0]}, 0, 1, 1));
  const ValueId t =
      network.give("t", Role::constant, random_integers({perceptron.batch}, 0, classes, 2));
  for (std::size_t k = 1; k < perceptron.widths.size(); ++k) {
    const std::size_t in = perceptron.widths[k - 1], out = perceptron.widths[k];
    const std::string number = std::to_string(k);
    const Tensor weights = random_normal({in, out}, 0, 1 / std::sqrt(double(in)), 10 + k);
    const ValueId W = network.give("W" + number, Role::parameter, weights);
    const ValueId b =
        network.give("b" + number, Role::parameter, random_normal({out}, 0, 0.1, 50 + k));
    h = network.apply("z" + number, layer("affine"), {h, W, b});
    if (k + 1 < perceptron.widths.size() || perceptron.activate_last) {
      h = network.apply("a" + number, layer(name_of(perceptron.activation)), {h});
    }
  }
  network.apply("L", layer("softmax_cross_entropy"), {h, t});
  return network;
}

/// Seconds for the naive loop over all parameters, from a few of each layer.
void run_naive(benchmark::State& state, const Perceptron& perceptron) {
  Naive naive(perceptron);
  std::size_t layer = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(naive.quotient(layer, 0));
    layer = (layer + 1) % naive.layers();
  }
  state.counters["parameters"] = static_cast<double>(perceptron.parameters());
}

void run_check(benchmark::State& state, const Perceptron& perceptron) {
  const Network network = network_of(perceptron);
  for (auto _ : state) {
    Checker checker(network, {});
    for (const ValueId id : network.leaves()) {
      if (network.value(id).role == Role::parameter &&
          checker.check(id).report.verdict != Verdict::agree) {
        state.SkipWithError("a right network does not agree");
      }
    }
  }
}

/// Keeps the times, by name, beside what the console shows.
class Times : public benchmark::ConsoleReporter {
 public:
  Times() : ConsoleReporter(OO_None) {}
  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) {
      seconds_[run.benchmark_name()] = run.GetAdjustedCPUTime() / 1e9;
    }
  }
  double of(const std::string& name) const {
    const auto found = seconds_.find(name);
    return found == seconds_.end() ? NAN : found->second;
  }

 private:
  std::map<std::string, double> seconds_;
};

void print_table(const Times& times) {
  fmt::print("\n{:<38}{:>12}{:>12}{:>12}{:>9}\n", "network", "parameters", "naive", "gradcheck",
             "ratio");
  for (const Subject& subject : subjects()) {
    const double parameters = static_cast<double>(subject.network.parameters());
    const double naive = parameters * times.of("naive/" + subject.name);
    const double check = times.of("gradcheck/" + subject.name);
    fmt::print("{:<38}{:>12}{:>10.1f} s{:>10.3f} s{:>8.0f}x\n", subject.name, parameters, naive,
               check, naive / check);
  }
}

}  // namespace

int run(int count, char** words) {
  benchmark::Initialize(&count, words);
  for (const Subject& subject : subjects()) {
    benchmark::RegisterBenchmark(("naive/" + subject.name).c_str(),
                                 [=](benchmark::State& s) { run_naive(s, subject.network); });
    benchmark::RegisterBenchmark(("gradcheck/" + subject.name).c_str(),
                                 [=](benchmark::State& s) { run_check(s, subject.network); });
  }
  Times times;
  benchmark::RunSpecifiedBenchmarks(&times);
  print_table(times);
  return 0;
}

}  // namespace gradcheck::bench

int main(int count, char** words) { return gradcheck::bench::run(count, words); }
