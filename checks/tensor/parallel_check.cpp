#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradcheck/tensor/parallel.hpp>

using namespace gradcheck;

TEST_CASE("in_order: every part is taken once, in order, by the thread that asks") {
  const std::thread::id here = std::this_thread::get_id();
  for (const std::size_t jobs : {0, 1, 3, 50}) {
    for (const std::size_t parts : {0, 1, 2, 7, 20}) {
      std::vector<std::size_t> taken, expected;
      in_order(
          jobs, parts, [](std::size_t part) { return std::to_string(part * part); },
          [&](const std::string& made) {
            CHECK(std::this_thread::get_id() == here);
            taken.push_back(static_cast<std::size_t>(std::stoull(made)));
          });
      for (std::size_t part = 0; part < parts; ++part) {
        expected.push_back(part * part);
      }
      CHECK(taken == expected);
    }
  }
}

TEST_CASE("in_order: several parts are made at the same time") {
  std::atomic<int> waiting = 0;
  const auto meet = [&](std::size_t part) {
    ++waiting;
    while (waiting < 2) {
      std::this_thread::yield();
    }
    return part;
  };
  std::size_t taken = 0;
  in_order(2, 2, meet, [&](std::size_t) { ++taken; });
  CHECK(taken == 2);
}

TEST_CASE("in_order: what a part throws comes back, and what precedes its window was taken") {
  std::vector<std::size_t> taken;
  const auto make = [](std::size_t part) {
    if (part == 5) {
      throw std::runtime_error("part 5");
    }
    return part;
  };
  CHECK_THROWS_WITH_AS(in_order(2, 9, make, [&](std::size_t part) { taken.push_back(part); }),
                       "part 5", std::runtime_error);
  CHECK(taken == std::vector<std::size_t>{0, 1, 2, 3});
}
