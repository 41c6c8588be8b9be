#pragma once
// A class's stack of papers: right derivations, and the same with one mistake each.

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include <gradcheck/result/report.hpp>

namespace gradcheck::checks {

/// One student's paper.
struct Paper {
  std::string kind;                ///< of the mistake: "sign", "transpose", ...
  std::string right;               ///< the case file without the mistake
  std::string written;             ///< with it
  std::size_t line = 0;            ///< on which it stands
  std::set<std::string> patterns;  ///< diagnoses that say what it is
};

/// 30 papers by 30 students, each with numbers of its own.
std::vector<Paper> stack_of_papers();

/// What checking a paper found.
struct Grade {
  bool line_found = false;  ///< the first wrong line is the mistake's
  bool diagnosed = false;   ///< with one of its patterns
  std::size_t accused = 0;  ///< right lines called wrong, in the right paper too
  std::string said;         ///< the verdicts and diagnoses
};
Grade grade(const Paper& paper);

}  // namespace gradcheck::checks
