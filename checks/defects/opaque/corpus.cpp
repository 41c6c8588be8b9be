// Runs the corpus of layers that are known from outside alone and prints what the engine makes of
// them:  gradcheck_opaque_corpus [--points N] [--seeds N] [--filter TEXT] [--cures] [--verbose]
// [--failures]
//   --points N   at the random points 0 ... N - 1 of every layer (1)
//   --seeds N    with the check's own seeds 0 ... N - 1, to see verdicts that flip (1)
//   --cures      tries what inconclusive reports of right layers advise
//   --failures   prints nothing but expected_failures.cpp, as the failures make it

#include <cstdio>
#include <map>
#include <optional>
#include <set>

#include <defects/opaque/examine.hpp>
#include <fmt/format.h>

namespace gradcheck::defects::opaque {

namespace {

struct Arguments {
  std::uint64_t points = 1;
  std::uint64_t seeds = 1;
  std::string filter;
  bool cures = false;
  bool verbose = false;
  bool failures = false;
};

/// Verdicts counted.
struct Counts {
  std::map<Verdict, std::size_t> of;

  std::size_t operator[](Verdict verdict) const {
    const auto found = of.find(verdict);
    return found == of.end() ? 0 : found->second;
  }
  std::size_t all() const {
    std::size_t sum = 0;
    for (const auto& [verdict, count] : of) {
      sum += count;
    }
    return sum;
  }
  /// "12 / 3 / 0 / 0": agree, inconclusive, disagree, error.
  std::string text() const {
    return fmt::format("{} / {} / {} / {}", (*this)[Verdict::agree], (*this)[Verdict::inconclusive],
                       (*this)[Verdict::disagree], (*this)[Verdict::error]);
  }
};

struct Calls {
  std::uint64_t calls = 0;
  std::uint64_t entries = 0;
  double per_entry() const {
    return entries == 0 ? 0 : static_cast<double>(calls) / static_cast<double>(entries);
  }
};

/// One group's figures.
struct Tally {
  Counts right, right_attainable;
  Counts visible, visible_attainable, faint;  ///< planted errors
  std::size_t overlooked = 0;                 ///< those that agree and must not
  Calls right_calls, wrong_calls;
  std::map<Cure, std::size_t> cures;

  void add(const Examination& one) {
    Calls& calls = one.right() ? right_calls : wrong_calls;
    calls.calls += one.calls;
    calls.entries += one.entries;
    if (one.right()) {
      ++right.of[one.verdict];
      right_attainable.of[one.verdict] += one.attainable ? 1 : 0;
      ++cures[one.cure];
    } else {
      ++(one.visible() ? visible : faint).of[one.verdict];
      overlooked += one.failure() ? 1 : 0;
      visible_attainable.of[one.verdict] += one.visible() && one.attainable ? 1 : 0;
    }
  }
};

struct Run {
  std::map<std::string, Tally> groups;
  Tally all;
  std::set<std::string> failures;
  std::map<std::string, std::map<Verdict, std::size_t>> verdicts;  ///< by name and point
};

void note(const Examination& one, std::uint64_t point, bool verbose, Run& run) {
  run.groups[one.group].add(one);
  run.all.add(one);
  ++run.verdicts[fmt::format("{} at point {}", one.name, point)][one.verdict];
  if (one.failure()) {
    run.failures.insert(one.name);
  }
  if (verbose && (one.failure() || (one.right() ? one.attainable : one.visible()) !=
                                       (one.right() ? one.verdict == Verdict::agree
                                                    : one.verdict == Verdict::disagree))) {
    fmt::print("{}: {} at point {}: {}{} {}\n", one.group, one.name, point, to_string(one.verdict),
               one.attainable ? ", attainable" : "", one.reason);
  }
}

Run run_all(const Arguments& arguments) {
  Run run;
  for (const Specimen& specimen : chosen(arguments.filter)) {
    for (std::uint64_t point = 0; point < arguments.points; ++point) {
      CheckOptions options;
      for (; options.seed < arguments.seeds; ++options.seed) {
        for (const Examination& one : examine(specimen, point, options, arguments.cures)) {
          note(one, point, arguments.verbose, run);
        }
      }
    }
  }
  return run;
}

double share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 100 : 100 * static_cast<double>(part) / static_cast<double>(whole);
}

void print_row(const std::string& name, const Tally& tally) {
  fmt::print("{:24} {:>21} {:>21} {:>21} {:>21} {:>19} {:7.1f} {:7.1f}\n", name, tally.right.text(),
             tally.right_attainable.text(), tally.visible.text(), tally.visible_attainable.text(),
             tally.faint.text(), tally.right_calls.per_entry(), tally.wrong_calls.per_entry());
}

void print_figures(const Run& run) {
  const Tally& all = run.all;
  fmt::print(
      "\nverdicts: agree / inconclusive / disagree / error\n{:24} {:>21} {:>21} {:>21} "
      "{:>21} {:>19} {:>15}\n",
      "", "right layers", "attainable ones", "errors to be seen", "at attainable points",
      "fainter errors", "calls an entry");
  for (const auto& [name, tally] : run.groups) {
    print_row(name, tally);
  }
  print_row("all", all);
  const std::size_t wrong = all.right[Verdict::disagree] + all.right[Verdict::error];
  fmt::print("\nright layers called wrong: {} of {}\n", wrong, all.right.all());
  fmt::print("errors of 1 % and more that agree: {} of {}\n", all.overlooked, all.visible.all());
  fmt::print("right layers that agree, where attainable: {} of {} ({:.1f} %)\n",
             all.right_attainable[Verdict::agree], all.right_attainable.all(),
             share(all.right_attainable[Verdict::agree], all.right_attainable.all()));
  fmt::print("errors found, where attainable: {} of {} ({:.1f} %)\n",
             all.visible_attainable[Verdict::disagree], all.visible_attainable.all(),
             share(all.visible_attainable[Verdict::disagree], all.visible_attainable.all()));
}

void print_cures(std::map<Cure, std::size_t> cures) {
  fmt::print("inconclusive right layers: a cure that works {}, one that fails {}, none named {}\n",
             cures[Cure::works], cures[Cure::fails], cures[Cure::none_named]);
}

/// Prints the verdicts that depend on the seed.
void print_flips(const Run& run, std::uint64_t seeds) {
  std::size_t flips = 0;
  for (const auto& [name, verdicts] : run.verdicts) {
    if (verdicts.size() > 1) {
      ++flips;
      fmt::print("{}:", name);
      for (const auto& [verdict, count] : verdicts) {
        fmt::print(" {} {}", to_string(verdict), count);
      }
      fmt::print("\n");
    }
  }
  fmt::print("{} layers at {} seeds each: {} judged otherwise at some of them\n",
             run.verdicts.size(), seeds, flips);
}

/// As the source of expected_failures().
void print_failures(const std::set<std::string>& names) {
  fmt::print(
      "#include <defects/opaque/expected_failures.hpp>\n\n"
      "namespace gradcheck::defects::opaque {{\n\n"
      "const std::vector<std::string>& expected_failures() {{\n"
      "  static const std::vector<std::string> all{{\n");
  for (const std::string& name : names) {
    fmt::print("      \"{}\",\n", name);
  }
  fmt::print("  }};\n  return all;\n}}\n\n}}  // namespace gradcheck::defects::opaque\n");
}

std::optional<Arguments> parse(int count, char** words) {
  Arguments arguments;
  for (int k = 1; k < count; ++k) {
    const std::string word = words[k];
    const bool has_value = k + 1 < count;
    if (word == "--points" && has_value) {
      arguments.points = std::stoull(words[++k]);
    } else if (word == "--seeds" && has_value) {
      arguments.seeds = std::stoull(words[++k]);
    } else if (word == "--filter" && has_value) {
      arguments.filter = words[++k];
    } else if (word == "--cures") {
      arguments.cures = true;
    } else if (word == "--verbose") {
      arguments.verbose = true;
    } else if (word == "--failures") {
      arguments.failures = true;
    } else {
      return std::nullopt;
    }
  }
  return arguments;
}

int main_program(int argc, char** argv) {
  const std::optional<Arguments> arguments = parse(argc, argv);
  if (!arguments) {
    fmt::print(stderr,
               "usage: gradcheck_opaque_corpus [--points N] [--seeds N] [--filter TEXT] [--cures] "
               "[--verbose] [--failures]\n");
    return 2;
  }
  const Run run = run_all(*arguments);
  if (arguments->failures) {
    print_failures(run.failures);
    return 0;
  }
  print_figures(run);
  if (arguments->cures) {
    print_cures(run.all.cures);
  }
  if (arguments->seeds > 1) {
    print_flips(run, arguments->seeds);
  }
  return run.failures.empty() ? 0 : 1;
}

}  // namespace

}  // namespace gradcheck::defects::opaque

int main(int argc, char** argv) { return gradcheck::defects::opaque::main_program(argc, argv); }
