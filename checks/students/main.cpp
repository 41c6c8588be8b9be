// Checks a class's stack of papers and prints what was found: the figures, and with an argument
// what was said of each paper.

#include <set>

#include <fmt/format.h>

#include "students.hpp"

int main(int argc, char**) {
  using namespace gradcheck::checks;
  std::size_t found = 0, diagnosed = 0, accused = 0, number = 0;
  std::set<std::string> kinds;
  const std::vector<Paper> stack = stack_of_papers();
  for (const Paper& paper : stack) {
    const Grade one = grade(paper);
    found += one.line_found ? 1 : 0;
    diagnosed += one.diagnosed ? 1 : 0;
    accused += one.accused;
    kinds.insert(paper.kind);
    ++number;
    if (argc > 1 || !one.line_found || !one.diagnosed || one.accused > 0) {
      fmt::print("{} {}, line {}{}{}{}\n{}", number, paper.kind, paper.line,
                 one.line_found ? "" : ": not found", one.diagnosed ? "" : ": not diagnosed",
                 one.accused > 0 ? ": right lines accused" : "", one.said);
    }
  }
  fmt::print(
      "{} papers, {} kinds of mistake\nfirst wrong line found  {}\ndiagnosis right        "
      "{}\nright lines accused    {}\n",
      stack.size(), kinds.size(), found, diagnosed, accused);
  return found == stack.size() && 10 * diagnosed >= 9 * stack.size() && accused == 0 ? 0 : 1;
}
