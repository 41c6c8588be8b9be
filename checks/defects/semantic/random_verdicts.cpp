// Checks random networks of all functions of the library at special numbers, every way, and prints
// how often a right layer is called wrong and ways differ:
//   gradcheck_random_verdicts [--networks N] [--from SEED] [--show]
//   --networks N   so many (1000)
//   --from SEED    the first one's seed (0)
//   --show         each network that is judged wrongly, as a case file

#include <cstdio>
#include <map>
#include <optional>

#include <defects/semantic/judgement.hpp>
#include <fmt/format.h>

namespace gradcheck::defects::semantic {

namespace {

struct Arguments {
  std::uint64_t networks = 1000;
  std::uint64_t from = 0;
  bool show = false;
};

std::optional<Arguments> parse(int count, char** words) {
  Arguments arguments;
  for (int k = 1; k < count; ++k) {
    const std::string word = words[k];
    const bool has_value = k + 1 < count;
    if (word == "--networks" && has_value) {
      arguments.networks = std::stoull(words[++k]);
    } else if (word == "--from" && has_value) {
      arguments.from = std::stoull(words[++k]);
    } else if (word == "--show") {
      arguments.show = true;
    } else {
      return std::nullopt;
    }
  }
  return arguments;
}

struct Figures {
  std::map<Verdict, std::uint64_t> verdicts;
  std::map<std::string, std::uint64_t> calls;
  std::uint64_t accused = 0, unlike = 0;
};

void print_case(std::uint64_t seed, const AnyNetwork& network, const Judgement& judgement) {
  fmt::print("# seed {}\n", seed);
  for (const std::string& finding : judgement.findings) {
    fmt::print("# {}\n", finding);
  }
  fmt::print("{}\n", case_file(network));
}

void print(const Figures& figures, std::uint64_t networks) {
  for (const auto& [verdict, count] : figures.verdicts) {
    fmt::print("{}: {}\n", to_string(verdict), count);
  }
  std::string unused;
  for (const LayerType& type : standard_layers().types()) {
    unused += figures.calls.contains(type.name) ? "" : " " + type.name;
  }
  fmt::print("functions called: {} of {}{}{}\n", figures.calls.size(),
             standard_layers().types().size(), unused.empty() ? "" : "; never:", unused);
  fmt::print(
      "networks: {}; with a right layer called wrong: {}; with verdicts that depend on the "
      "way: {}\n",
      networks, figures.accused, figures.unlike);
}

int main_program(int argc, char** argv) {
  const std::optional<Arguments> arguments = parse(argc, argv);
  if (!arguments) {
    fmt::print(stderr, "usage: gradcheck_random_verdicts [--networks N] [--from SEED] [--show]\n");
    return 2;
  }
  Figures figures;
  for (std::uint64_t k = 0; k < arguments->networks; ++k) {
    const std::uint64_t seed = arguments->from + k;
    const AnyNetwork network = any_network(seed);
    const Judgement judgement = judge_every_way(network, seed);
    ++figures.verdicts[judgement.verdict];
    figures.accused += judgement.accused ? 1 : 0;
    figures.unlike += judgement.unlike ? 1 : 0;
    for (const std::string& function : network.functions) {
      ++figures.calls[function];
    }
    if (arguments->show && !judgement.findings.empty()) {
      print_case(seed, network, judgement);
    }
  }
  print(figures, arguments->networks);
  return figures.accused + figures.unlike == 0 ? 0 : 1;
}

}  // namespace

}  // namespace gradcheck::defects::semantic

int main(int argc, char** argv) { return gradcheck::defects::semantic::main_program(argc, argv); }
