#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include <defects/bound_coverage.hpp>
#include <defects/corpus.hpp>
#include <defects/examine.hpp>
#include <defects/figures.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace gradcheck::defects {

namespace {

/// Verdicts counted, for one kind of defect or one group of right networks.
struct Counts {
  std::size_t all = 0;
  std::size_t disagree = 0;
  std::size_t inconclusive = 0;
  std::size_t error = 0;
  std::size_t stray = 0;

  void add(const Examination& examination) {
    ++all;
    disagree += examination.verdict == Verdict::disagree ? 1 : 0;
    inconclusive += examination.verdict == Verdict::inconclusive ? 1 : 0;
    error += examination.verdict == Verdict::error ? 1 : 0;
    stray += examination.stray.empty() ? 0 : 1;
  }
  void add(const Counts& other) {
    all += other.all;
    disagree += other.disagree;
    inconclusive += other.inconclusive;
    error += other.error;
    stray += other.stray;
  }
};

struct Effort {
  std::uint64_t entries = 0;
  std::uint64_t probes = 0;
  double per_entry() const {
    return entries == 0 ? 0 : static_cast<double>(probes) / static_cast<double>(entries);
  }
};

struct Totals {
  std::map<std::string, Counts> planted;  ///< by kind
  std::map<std::string, Counts> right;    ///< by group
  Effort clean;
  Effort tricky;
  Effort float32;
  bool good = true;
};

void count(const Examination& examination, bool verbose, Totals& totals) {
  (examination.planted ? totals.planted : totals.right)[examination.kind].add(examination);
  if (!examination.planted) {
    Effort& effort = examination.kind == "float32" ? totals.float32
                     : examination.tricky          ? totals.tricky
                                                   : totals.clean;
    effort.entries += examination.entries;
    effort.probes += examination.probes;
  }
  totals.good = totals.good && examination.good();
  if (verbose && !examination.good()) {
    fmt::print("{}{}", examination.planted ? "missed: " : "accused: ", describe(examination));
    for (const std::string& tensor : examination.stray) {
      fmt::print("    {} does not agree though the defect does not reach it\n", tensor);
    }
  }
}

Totals run(const FigureOptions& options) {
  Totals totals;
  for (const Examination& examination : examine_all(options.seed, options.filter)) {
    count(examination, options.verbose, totals);
  }
  return totals;
}

void print_planted(const std::map<std::string, Counts>& by_kind) {
  Counts all;
  fmt::print("{:24} {:>9} {:>9} {:>9}\n", "planted defect", "planted", "detected", "missed");
  const auto row = [](const std::string& kind, const Counts& counts) {
    fmt::print("{:24} {:9} {:9} {:9}\n", kind, counts.all, counts.disagree,
               counts.all - counts.disagree);
  };
  for (const auto& [kind, counts] : by_kind) {
    row(kind, counts);
    all.add(counts);
  }
  row("all", all);
  fmt::print("defects for which a tensor that they do not reach was accused: {}\n\n", all.stray);
}

void print_right(const std::map<std::string, Counts>& by_group) {
  Counts clean, tricky;
  fmt::print("{:24} {:>9} {:>12} {:>13} {:>6}\n", "right backward", "networks", "false alarms",
             "inconclusive", "error");
  const auto row = [](const std::string& group, const Counts& counts) {
    fmt::print("{:24} {:9} {:12} {:13} {:6}\n", group, counts.all, counts.disagree,
               counts.inconclusive, counts.error);
  };
  for (const auto& [group, counts] : by_group) {
    row(group, counts);
    if (group != "float32") {
      (group == "clean" ? clean : tricky).add(counts);
    }
  }
  row("all tricky ones", tricky);
}

/// Runs every seed; true if at none of them a network is judged otherwise than at another.
bool compare_seeds(const FigureOptions& options) {
  std::map<std::string, std::map<bool, std::vector<std::uint64_t>>> seen;
  for (std::uint64_t seed = options.seed; seed < options.seed + options.seeds; ++seed) {
    for (const Examination& examination : examine_all(seed, options.filter)) {
      seen[examination.name][examination.good()].push_back(seed);
    }
  }
  std::size_t flips = 0;
  for (const auto& [name, seeds_by_outcome] : seen) {
    if (seeds_by_outcome.size() > 1) {
      ++flips;
      for (const auto& [good, seeds] : seeds_by_outcome) {
        fmt::print("{}: {} at seeds {}\n", name, good ? "right" : "not right",
                   fmt::join(seeds, ", "));
      }
    }
  }
  fmt::print("{} networks at {} seeds each: {} judged rightly at some seeds only\n", seen.size(),
             options.seeds, flips);
  return flips == 0;
}

/// Networks tried for the coverage of the bound.
constexpr std::size_t random_networks = 1500;

void print_bound(const FigureOptions& options) {
  const Coverage coverage = cover_bounds(options.seed, random_networks);
  fmt::print("\nbound on the numeric value's error: {} entries of {} random networks\n",
             coverage.entries, coverage.networks);
  fmt::print(
      "beyond it: {}, {:.2f} in 10,000; accused: {}; inconclusive: {}; networks that failed: {}\n",
      coverage.violations, coverage.per_ten_thousand(), coverage.disagreeing, coverage.inconclusive,
      coverage.failures.size());
  if (options.verbose) {
    for (const auto* list : {&coverage.worst, &coverage.failures}) {
      for (const std::string& text : *list) {
        fmt::print("    {}\n", text);
      }
    }
  }
}

}  // namespace

bool print_own_figures(const FigureOptions& options) {
  if (options.seeds > 1) {
    return compare_seeds(options);
  }
  const Totals totals = run(options);
  print_planted(totals.planted);
  print_right(totals.right);
  fmt::print("\nprobes an entry, right networks: clean {:.2f}, tricky {:.2f}, float32 {:.2f}\n",
             totals.clean.per_entry(), totals.tricky.per_entry(), totals.float32.per_entry());
  if (options.bound) {
    print_bound(options);
  }
  return totals.good;
}

}  // namespace gradcheck::defects
