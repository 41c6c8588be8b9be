#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <defects/specimen.hpp>

#include <gradcheck/result/report.hpp>

namespace gradcheck::defects {

/// What is said about a planted defect that was found.
struct Diagnosed {
  std::string name;
  std::string expected;      ///< the pattern; empty where none is to be expected
  bool layer_found = false;  ///< only planted layers are blamed, and one at least
  std::vector<Diagnosis> said;
  /// Patterns that were asserted still, in the same words, with one more entry made wrong.
  std::vector<std::string> asserted_in_spite;

  bool pattern_found() const { return !said.empty() && said[0].pattern == expected; }
};

/// Every planted defect that is found at the points of that seed.
std::vector<Diagnosed> diagnose_all(std::uint64_t seed, const std::string& filter = "");

/// The pattern that a defect should be recognised by; empty if it has none. Some have another than
/// their alteration at other points, or can be told from it by nothing.
std::string expected_pattern(const Specimen& specimen, const Defect& defect);

/// Figures over many.
struct DiagnosisFigures {
  std::size_t found = 0;  ///< defects
  std::size_t layers = 0;
  std::size_t patterned = 0;
  std::size_t patterns = 0;
  std::size_t unexpected = 0;  ///< a pattern where none was expected: it fits, but says little
  std::size_t in_spite = 0;
};
DiagnosisFigures figures_of(const std::vector<Diagnosed>& all);

}  // namespace gradcheck::defects
