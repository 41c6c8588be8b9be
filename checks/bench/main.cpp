#include <algorithm>
#include <cmath>
#include <filesystem>
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

#include "layered.hpp"
#include "naive.hpp"
#include "subjects.hpp"
#include "tiny_files.hpp"
#include "whole_process.hpp"

/// Whole gradient checks beside the naive loop over all parameters, in one run and on one thread.
/// The naive loop is timed on a sample of its parameters and scaled up: two forwards for each.
/// Beside them, what the program takes as a whole process for the same networks as case files, how
/// that grows with the network, and a run over many tiny files.
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

/// Keeps the CPU times, by name, beside what the console shows.
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

std::string name_of(const Subject& subject, const Way& way) {
  return way.title + "/" + subject.name;
}

/// "-" for what was not run.
std::string cell(double value, const char* format) {
  return std::isnan(value) ? "-" : fmt::format(fmt::runtime(format), value);
}

void print_row(const Times& times, const Subject& subject, const ProcessCost& process) {
  const double parameters = static_cast<double>(subject.network.parameters());
  const double naive = parameters * times.of("naive/" + subject.name);
  fmt::print("{:<38}{:>11}{:>11}", subject.name, parameters, cell(naive, "{:.1f} s"));
  for (const Way& way : ways()) {
    const double check = times.of(name_of(subject, way));
    fmt::print("{:>11}{:>8}", cell(check, "{:.3f} s"), cell(naive / check, "{:.0f}x"));
  }
  fmt::print("{:>11.3f} s{:>7.3f} s{:>8}{:>9}{:>6.0f} MiB\n", process.cpu, process.wall,
             cell(naive / process.cpu, "{:.0f}x"), process.faults, process.peak);
}

void print_table(const Times& times, const std::vector<ProcessCost>& processes) {
  fmt::print("\n{:<38}{:>11}{:>11}", "network", "parameters", "naive");
  for (const Way& way : ways()) {
    fmt::print("{:>11}{:>8}", way.title, "ratio");
  }
  fmt::print("{:>13}{:>9}{:>8}{:>9}{:>10}\n", "process: CPU", "wall", "ratio", "faults", "peak");
  for (std::size_t k = 0; k < subjects().size(); ++k) {
    print_row(times, subjects()[k], processes[k]);
  }
  print_layered([&](const std::string& name) { return times.of(name); });
}

/// What grows by the power of another number that fits best (least squares of logarithms).
double exponent(const std::vector<double>& sizes, const std::vector<double>& costs) {
  double n = 0, sum_x = 0, sum_y = 0, sum_xx = 0, sum_xy = 0;
  for (std::size_t k = 0; k < sizes.size(); ++k) {
    const double x = std::log(sizes[k]), y = std::log(costs[k]);
    n += 1, sum_x += x, sum_y += y, sum_xx += x * x, sum_xy += x * y;
  }
  return (n * sum_xy - sum_x * sum_y) / (n * sum_xx - sum_x * sum_x);
}

/// The program, as processes of their own: measured before this one is large, since a process
/// inherits the peak of the one that started it.
class Processes {
 public:
  Processes() : tiny_(tiny_files), start_up_(check({tiny_.files()[0]}, runs)) {
    for (const Subject& subject : subjects()) {
      costs_.push_back(check({folder_.write(subject.file, subject.network)}, runs));
    }
  }

  const std::vector<ProcessCost>& costs() const { return costs_; }

  /// The exponents are those of the CPU time beyond starting up.
  void print_families() const {
    for (const Family& family : families()) {
      std::vector<double> beyond;
      fmt::print("{:<8}", family.name);
      for (const Subject& member : family.members) {
        const ProcessCost cost = check({folder_.write(member.file, member.network)}, 1);
        beyond.push_back(std::max(cost.cpu - start_up_.cpu, 1e-3));
        fmt::print("  {}: {:.3f} s, {:.0f} MiB", member.file, cost.cpu, cost.peak);
      }
      const std::size_t last = beyond.size() - 1;
      fmt::print(
          "  ~ size^{:.2f}, at last ^{:.2f}\n", exponent(family.sizes, beyond),
          exponent({family.sizes[last - 1], family.sizes[last]}, {beyond[last - 1], beyond[last]}));
    }
  }

  void print_tiny_files() const {
    const ProcessCost all = check(tiny_.files(), runs);
    fmt::print(
        "a tiny file: {:.1f} ms of CPU, {} faults, {:.0f} MiB; {} of them: {:.3f} s of CPU\n",
        1e3 * start_up_.cpu, start_up_.faults, start_up_.peak, tiny_.files().size(), all.cpu);
  }

 private:
  static constexpr std::size_t runs = 5;

  static ProcessCost check(const std::vector<std::filesystem::path>& files, std::size_t times) {
    std::vector<std::string> command{GRADCHECK_PROGRAM, "check", "--quiet", "--jobs", "1"};
    command.insert(command.end(), files.begin(), files.end());
    return cost_of(command, times);
  }

  TinyFiles tiny_;
  CaseFolder folder_;
  ProcessCost start_up_;
  std::vector<ProcessCost> costs_;
};

void register_checks(const Subject& subject) {
  for (const Way& way : ways()) {
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
  register_layered();
  benchmark::RegisterBenchmark("tiny files", run_tiny_files);
  const Processes processes;
  processes.print_families();
  processes.print_tiny_files();
  Times times;
  benchmark::RunSpecifiedBenchmarks(&times);
  print_table(times, processes.costs());
  return 0;
}

}  // namespace gradcheck::bench

int main(int count, char** words) {
  gradcheck::prepare_process();
  return gradcheck::bench::run(count, words);
}
