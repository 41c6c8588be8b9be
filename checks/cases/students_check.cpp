#include <set>

#include <doctest/doctest.h>

#include "students/students.hpp"

using namespace gradcheck::checks;

TEST_CASE("class: of a stack of papers every first wrong line is found, and no right one accused") {
  const std::vector<Paper> stack = stack_of_papers();
  REQUIRE(stack.size() == 34);
  std::set<std::string> kinds;
  std::size_t diagnosed = 0;
  for (const Paper& paper : stack) {
    CAPTURE(paper.kind);
    CAPTURE(paper.written);
    kinds.insert(paper.kind);
    const Grade one = grade(paper);
    CHECK(one.line_found);
    CHECK(one.accused == 0);
    diagnosed += one.diagnosed ? 1 : 0;
  }
  CHECK(kinds.size() >= 12);
  CHECK(10 * diagnosed >= 9 * stack.size());
}
