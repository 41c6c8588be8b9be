// Runs the corpora of planted defects and of right but tricky backwards, and prints what the engine
// makes of them. With --seeds it runs so many seeds from N on and prints which verdicts are not the
// same for all.

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <defects/figures.hpp>
#include <fmt/format.h>

namespace gradcheck::defects {

namespace {

struct NamedCorpus {
  std::string name;
  bool (*print)(const FigureOptions&);
};

const std::vector<NamedCorpus> corpora{{"own", print_own_figures}};

struct Arguments {
  std::string corpus;  ///< empty: all of them
  FigureOptions figures;
};

std::optional<Arguments> parse(int count, char** words) {
  Arguments arguments;
  for (int k = 1; k < count; ++k) {
    const std::string word = words[k];
    const bool has_value = k + 1 < count;
    if (word == "--verbose") {
      arguments.figures.verbose = true;
    } else if (word == "--no-bound") {
      arguments.figures.bound = false;
    } else if (word == "--seed" && has_value) {
      arguments.figures.seed = std::stoull(words[++k]);
    } else if (word == "--seeds" && has_value) {
      arguments.figures.seeds = std::stoull(words[++k]);
    } else if (word == "--filter" && has_value) {
      arguments.figures.filter = words[++k];
    } else if (word == "--corpus" && has_value) {
      arguments.corpus = words[++k];
    } else {
      return std::nullopt;
    }
  }
  return arguments;
}

/// Prints those corpora; false if something is missed or accused, or if there is no such corpus.
bool print(const Arguments& arguments) {
  bool good = true, any = false;
  for (const NamedCorpus& corpus : corpora) {
    if (arguments.corpus.empty() || arguments.corpus == corpus.name) {
      fmt::print("{}corpus: {}\n\n", any ? "\n" : "", corpus.name);
      good = corpus.print(arguments.figures) && good;
      any = true;
    }
  }
  return good && any;
}

}  // namespace

}  // namespace gradcheck::defects

int main(int count, char** words) {
  const auto arguments = gradcheck::defects::parse(count, words);
  if (!arguments) {
    fmt::print(stderr,
               "usage: gradcheck_corpus [--corpus NAME] [--verbose] [--seed N] [--seeds COUNT] "
               "[--filter TEXT] [--no-bound]\n");
    return 2;
  }
  return gradcheck::defects::print(*arguments) ? 0 : 1;
}
