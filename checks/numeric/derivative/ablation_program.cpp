#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <gradcheck/numeric/derivative/derivative.hpp>

#include "numeric/derivative/campaign.hpp"
#include "numeric/derivative/scalar_functions.hpp"

using namespace gradcheck;

namespace {

using Change = std::function<void(DifferentiationOptions&, double factor)>;

Change real(double DifferentiationOptions::*member) {
  return [=](DifferentiationOptions& o, double factor) { o.*member *= factor; };
}

Change whole(int DifferentiationOptions::*member) {
  return [=](DifferentiationOptions& o, double factor) {
    o.*member = static_cast<int>(std::lround(o.*member * factor));
  };
}

struct Number {
  std::string name;
  Change change;
};

std::vector<Number> numbers() {
  using O = DifferentiationOptions;
  return {{"farthest", real(&O::farthest)},
          {"octaves", whole(&O::octaves)},
          {"farther", whole(&O::farther)},
          {"miss", real(&O::miss)},
          {"least_steps", whole(&O::least_steps)},
          {"smooth_ratio", real(&O::smooth_ratio)},
          {"steady_ratio", real(&O::steady_ratio)},
          {"slowest_ratio", real(&O::slowest_ratio)},
          {"corner_ratio", real(&O::corner_ratio)},
          {"same_argument", real(&O::same_argument)},
          {"visible", real(&O::visible)},
          {"abrupt", real(&O::abrupt)},
          {"bisections", whole(&O::bisections)},
          {"leaps_examined", whole(&O::leaps_examined)},
          {"stair", real(&O::stair)},
          {"arithmetic_flat", real(&O::arithmetic_flat)},
          {"agreement", real(&O::agreement)},
          {"resolution", real(&O::resolution)}};
}

/// Rows of the table of exact derivatives that break their promise, in float64.
int broken_rows(const DifferentiationOptions& options) {
  int broken = 0;
  for (const ExactDerivative& row : exact_derivatives()) {
    ScalarResponse response(scalar_function(row.function).in_float64, row.x, Arithmetic::float64,
                            row.x == 0 ? 1 : 0);
    const auto found = ladder_derivative(response, Ladder::first, options);
    const double exact = std::strtod(row.derivative, nullptr);
    const bool kept =
        found.size() == 1 && found[0].bound() <= row.in_float64 &&
        std::abs(found[0].value - exact) <= found[0].bound() + 1e-15 * std::abs(exact);
    broken += kept ? 0 : 1;
  }
  return broken;
}

void print_row(const std::string& name, const DifferentiationOptions& options, int points) {
  int right = 0, accused = 0, acquitted = 0, found = 0;
  long evaluations = 0;
  for (const Family& family : families()) {
    const CampaignResult r = run_campaign(family, points, 1, options);
    right += r.counts[0].agree;
    accused += r.counts[0].disagree;
    acquitted += r.counts[1].agree + r.counts[2].agree + r.counts[3].agree;
    found += r.counts[3].disagree;
    evaluations += r.evaluations;
  }
  std::printf("| %s | %d | %d | %d | %d | %d | %ld |\n", name.c_str(), broken_rows(options), right,
              accused, acquitted, found, evaluations / 1000);
}

}  // namespace

/// gradcheck_derivative_ablation [POINTS]: each number of DifferentiationOptions divided and
/// multiplied by 4, and what that changes: a table in Markdown.
int main(int argc, char** argv) {
  const int points = argc > 1 ? std::atoi(argv[1]) : 40;
  std::printf(
      "| number | exact rows broken | right: agree | right: disagree | wrong: agree | 1.01 "
      "found | 1000 calls |\n|---|---|---|---|---|---|---|\n");
  print_row("as it is", {}, points);
  for (const Number& number : numbers()) {
    for (const double factor : {0.25, 4.0}) {
      DifferentiationOptions options;
      number.change(options, factor);
      print_row("`" + number.name + (factor < 1 ? "` / 4" : "` · 4"), options, points);
    }
  }
}
