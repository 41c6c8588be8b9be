// Diagnoses every planted defect that is found, and prints how often the layer and the pattern are
// right:  gradcheck_diagnosis [--verbose] [--seed N] [--filter TEXT]

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

#include <defects/diagnoses.hpp>
#include <fmt/format.h>

#include <gradcheck/report/wording.hpp>

namespace gradcheck::defects {

namespace {

struct Arguments {
  bool verbose = false;
  std::uint64_t seed = 0;
  std::string filter;
};

std::optional<Arguments> parse(int count, char** words) {
  Arguments arguments;
  for (int k = 1; k < count; ++k) {
    const std::string word = words[k];
    const bool has_value = k + 1 < count;
    if (word == "--verbose") {
      arguments.verbose = true;
    } else if (word == "--seed" && has_value) {
      arguments.seed = std::stoull(words[++k]);
    } else if (word == "--filter" && has_value) {
      arguments.filter = words[++k];
    } else {
      return std::nullopt;
    }
  }
  return arguments;
}

double percent(std::size_t part, std::size_t all) {
  return all == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(all);
}

void print_one(const Diagnosed& one) {
  const bool wrong_pattern = !one.expected.empty() && !one.pattern_found();
  fmt::print("{}{}{}\n", one.name, one.layer_found ? "" : "  [another layer]",
             wrong_pattern ? fmt::format("  [expected: {}]", one.expected) : "");
  for (const Diagnosis& diagnosis : one.said) {
    fmt::print("    {}\n", diagnosis_text(diagnosis, {}));
  }
  for (const std::string& pattern : one.asserted_in_spite) {
    fmt::print("    asserted in spite of one more wrong entry: {}\n", pattern);
  }
}

void print(const DiagnosisFigures& figures) {
  fmt::print("planted defects that are found    {:5}\n", figures.found);
  fmt::print("the right layer is named          {:5}  {:.1f} %\n", figures.layers,
             percent(figures.layers, figures.found));
  fmt::print("with a pattern                    {:5}\n", figures.patterned);
  fmt::print("the right pattern is named        {:5}  {:.1f} %\n", figures.patterns,
             percent(figures.patterns, figures.patterned));
  fmt::print("another that fits every entry     {:5}\n", figures.unexpected);
  fmt::print("asserted though an entry is off   {:5}\n", figures.in_spite);
}

}  // namespace

int diagnosis_program(int argc, char** argv) {
  const std::optional<Arguments> arguments = parse(argc, argv);
  if (!arguments) {
    fmt::print(stderr, "usage: gradcheck_diagnosis [--verbose] [--seed N] [--filter TEXT]\n");
    return 2;
  }
  const std::vector<Diagnosed> all = diagnose_all(arguments->seed, arguments->filter);
  for (const Diagnosed& one : all) {
    if (arguments->verbose) {
      print_one(one);
    }
  }
  print(figures_of(all));
  return 0;
}

}  // namespace gradcheck::defects

int main(int argc, char** argv) { return gradcheck::defects::diagnosis_program(argc, argv); }
