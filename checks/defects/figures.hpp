#pragma once

#include <cstdint>
#include <string>

namespace gradcheck::defects {

/// What the program that prints the figures of the corpora is asked for.
struct FigureOptions {
  bool verbose = false;  ///< what is missed and accused, one by one
  bool bound = true;     ///< how often the true error exceeds the bound, too
  std::uint64_t seed = 0;
  std::uint64_t seeds = 1;  ///< so many from `seed` on: which verdicts are not the same for all
  std::string filter;       ///< only what has this in its name
};

/// Each prints the figures of one corpus; true if nothing is missed and nobody is accused.
/// Networks of the library's own layers:
bool print_own_figures(const FigureOptions& options);

}  // namespace gradcheck::defects
