#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <program/process.hpp>

#include <gradcheck/cases/run.hpp>
#include <gradcheck/compare/checker.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/report/text.hpp>
#include <gradcheck/tensor/random.hpp>

#include "naive.hpp"
#include "tiny_files.hpp"

/// Whole gradient checks beside the naive loop over all parameters, in one run and on one thread.
/// The naive loop is timed on a sample of its parameters and scaled up: two forwards for each.
/// Beside them, how the time of a check grows with the network, and a run over many tiny files.
namespace gradcheck::bench {

namespace {

constexpr std::size_t tiny_files = 1000;

/// What wrong gradients are too large by, every entry of them.
constexpr double wrong_by = 1e-3;

/// What is checked: a column of the table for each.
struct Way {
  std::string title;
  bool right;  ///< the gradients
};

const std::vector<Way>& ways() {
  static const std::vector<Way> all{{"gradcheck", true}, {"all wrong", false}};
  return all;
}

struct Subject {
  std::string name;
  Perceptron network;
  std::size_t ways = 2;  ///< so many of them are tried
};

Perceptron lecture_network(std::size_t inputs) {
  return {{inputs, 50, 10}, 100, Activation::sigmoid};
}

std::vector<Subject> subjects() {
  Perceptron deep{{64}, 16, Activation::tanh, true};
  deep.widths.resize(21, 64);
  return {{"784-50-10 sigmoid, batch 100", lecture_network(784)},
          {"256-256-256-256-10 ReLU, batch 32", {{256, 256, 256, 256, 10}, 32, Activation::relu}},
          {"20 tanh layers of width 64, batch 16", deep},
          {"2048-512-10 ReLU, batch 64", {{2048, 512, 10}, 64, Activation::relu}}};
}

/// The same network, growing.
std::vector<Subject> growing() {
  std::vector<Subject> all;
  for (const std::size_t inputs : {196, 784, 3136}) {
    all.push_back({fmt::format("growing/{}-50-10", inputs), lecture_network(inputs), 1});
  }
  return all;
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

/// The verdict on a parameter's gradient, or on one that is wrong throughout.
Verdict verdict_on(Checker& checker, ValueId id, bool right) {
  if (right) {
    return checker.check(id).report.verdict;
  }
  Tensor gradient = checker.gradients()[id];
  for (double& g : entries(gradient)) {
    g *= 1 + wrong_by;
  }
  const Tensor rounding = zeros<double>(shape_of(gradient));
  return checker.check_claimed(id, gradient, rounding, {}).report.verdict;
}

void run_check(benchmark::State& state, const Perceptron& perceptron, const Way& way) {
  const Network network = network_of(perceptron);
  for (auto _ : state) {
    Checker checker(network, {});
    for (const ValueId id : network.leaves()) {
      if (network.value(id).role == Role::parameter &&
          verdict_on(checker, id, way.right) != (way.right ? Verdict::agree : Verdict::disagree)) {
        state.SkipWithError("not the right verdict");
      }
    }
  }
}

void run_tiny_files(benchmark::State& state) {
  const TinyFiles tiny(tiny_files);
  for (auto _ : state) {
    const Report report = run_cases(tiny.files(), {});
    benchmark::DoNotOptimize(to_text(report, {}));
    if (!report.agrees()) {
      state.SkipWithError("a right case does not agree");
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
      seconds_[run.benchmark_name()] = run.GetAdjustedRealTime() / 1e9;
    }
  }
  double of(const std::string& name) const {
    const auto found = seconds_.find(name);
    return found == seconds_.end() ? NAN : found->second;
  }

 private:
  std::map<std::string, double> seconds_;
};

std::string name_of(const Subject& subject, const Way& way) {
  return way.title + "/" + subject.name;
}

/// "-" for what was not run.
std::string cell(double value, const char* format) {
  return std::isnan(value) ? "-" : fmt::format(fmt::runtime(format), value);
}

void print_row(const Times& times, const Subject& subject) {
  const double parameters = static_cast<double>(subject.network.parameters());
  const double naive = parameters * times.of("naive/" + subject.name);
  fmt::print("{:<38}{:>12}{:>12}", subject.name, parameters, cell(naive, "{:.1f} s"));
  for (std::size_t k = 0; k < subject.ways; ++k) {
    const double check = times.of(name_of(subject, ways()[k]));
    fmt::print("{:>12}{:>9}", cell(check, "{:.3f} s"), cell(naive / check, "{:.0f}x"));
  }
  fmt::print("\n");
}

void print_table(const Times& times) {
  fmt::print("\n{:<38}{:>12}{:>12}", "network", "parameters", "naive");
  for (const Way& way : ways()) {
    fmt::print("{:>12}{:>9}", way.title, "ratio");
  }
  fmt::print("\n");
  for (const Subject& subject : subjects()) {
    print_row(times, subject);
  }
}

/// The slope of log time over log parameters that fits best (least squares).
double exponent(const Times& times, const std::vector<Subject>& all) {
  double n = 0, sum_x = 0, sum_y = 0, sum_xx = 0, sum_xy = 0;
  for (const Subject& subject : all) {
    const double x = std::log(static_cast<double>(subject.network.parameters()));
    const double y = std::log(times.of(name_of(subject, ways()[0])));
    n += 1, sum_x += x, sum_y += y, sum_xx += x * x, sum_xy += x * y;
  }
  return (n * sum_xy - sum_x * sum_y) / (n * sum_xx - sum_x * sum_x);
}

void print_growth(const Times& times) {
  fmt::print("\nN-50-10 sigmoid, batch 100:");
  for (const Subject& subject : growing()) {
    fmt::print(" N = {} {},", subject.network.widths[0],
               cell(times.of(name_of(subject, ways()[0])), "{:.4f} s"));
  }
  fmt::print(" time ~ parameters^{}\n", cell(exponent(times, growing()), "{:.2f}"));
  fmt::print("{} tiny files: {}\n", tiny_files, cell(times.of("tiny files"), "{:.3f} s"));
}

void register_checks(const Subject& subject) {
  for (std::size_t k = 0; k < subject.ways; ++k) {
    const Way& way = ways()[k];
    benchmark::RegisterBenchmark(name_of(subject, way).c_str(),
                                 [=](benchmark::State& s) { run_check(s, subject.network, way); });
  }
}

}  // namespace

int run(int count, char** words) {
  benchmark::Initialize(&count, words);
  for (const Subject& subject : subjects()) {
    benchmark::RegisterBenchmark(("naive/" + subject.name).c_str(),
                                 [=](benchmark::State& s) { run_naive(s, subject.network); });
    register_checks(subject);
  }
  for (const Subject& subject : growing()) {
    register_checks(subject);
  }
  benchmark::RegisterBenchmark("tiny files", run_tiny_files);
  Times times;
  benchmark::RunSpecifiedBenchmarks(&times);
  print_table(times);
  print_growth(times);
  return 0;
}

}  // namespace gradcheck::bench

int main(int count, char** words) {
  gradcheck::prepare_process(words);
  return gradcheck::bench::run(count, words);
}
