#include <thread>

#include <doctest/doctest.h>

#include <gradcheck/tensor/budget.hpp>

using namespace gradcheck;

TEST_CASE("budget: what is taken is counted, and refused where it is too much") {
  Budget budget({.bytes = 1'000'000});
  CHECK(budget.take(600'000));
  CHECK_FALSE(budget.take(400'001));
  CHECK(budget.refused());
  CHECK(budget.take(400'000));
  budget.give_back(1'000'000);
  CHECK(budget.take(1'000'000));
  CHECK(budget.memory_text() == "976.6 KiB");
}

TEST_CASE("budget: beyond it, small blocks are granted, up to a mebibyte") {
  Budget budget({.bytes = 1'000'000});
  CHECK(budget.take(1'000'000));
  CHECK_FALSE(budget.take(4097));
  std::size_t granted = 0;
  while (budget.take(4096)) {
    granted += 4096;
  }
  CHECK(granted == std::size_t{1} << 20);
}

TEST_CASE("budget: what is given back more than was taken does no harm") {
  Budget budget({.bytes = 1'000'000});
  budget.give_back(5'000'000);
  CHECK(budget.take(5'900'000));
  CHECK_FALSE(budget.take(5'900'000));
}

TEST_CASE("budget: it counts for its thread, while it lives, and for those that share it") {
  CHECK(Budget::current() == nullptr);
  {
    Budget outer({});
    CHECK(Budget::current() == &outer);
    {
      Budget inner({});
      CHECK(Budget::current() == &inner);
    }
    CHECK(Budget::current() == &outer);
    std::thread([&] {
      CHECK(Budget::current() == nullptr);
      const Budget::Share share(&outer);
      CHECK(Budget::current() == &outer);
    }).join();
  }
  CHECK(Budget::current() == nullptr);
}

TEST_CASE("budget: time and memory beyond it are refused with the option that allows more") {
  CHECK_NOTHROW(spend_time());
  CHECK_NOTHROW(require_memory(1e300));
  const Budget budget({.seconds = 0, .bytes = std::size_t{1} << 30});
  CHECK_THROWS_WITH_AS(
      spend_time(),
      "time: has more than <0 s> passed, expected the check done in 0 s; --timeout "
      "allows more",
      BudgetError);
  CHECK_NOTHROW(require_memory(1073741824));
  CHECK_THROWS_WITH_AS(require_memory(3.2 * 1073741824),
                       "memory: has a need of about <3.2 GiB>, expected at most 1 GiB; --memory "
                       "allows more",
                       BudgetError);
}

TEST_CASE("budget: bytes are told in the unit that fits") {
  CHECK(bytes_text(0) == "0 bytes");
  CHECK(bytes_text(1023) == "1023 bytes");
  CHECK(bytes_text(1024) == "1 KiB");
  CHECK(bytes_text(83886080) == "80 MiB");
  CHECK(bytes_text(5497558138880) == "5 TiB");
}
