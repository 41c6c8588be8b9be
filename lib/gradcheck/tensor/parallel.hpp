#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <gradcheck/tensor/budget.hpp>

namespace gradcheck {

/// Does the parts 0 … parts − 1 of some work on up to `jobs` threads, this one included, or as many
/// as the system lets us have. `make()` gives each thread its own worker, which is called with one
/// part after another; what parts write must not overlap. All draw on this thread's budget. The
/// first exception is passed on, after all threads are done.
template <class Make>
void in_parallel(std::size_t jobs, std::size_t parts, const Make& make) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  Budget* const budget = Budget::current();
  const auto work = [&] {
    const Budget::Share share(budget);
    try {
      auto worker = make();
      for (std::size_t part = next++; part < parts; part = next++) {
        worker(part);
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = failure ? failure : std::current_exception();
      next = parts;
    }
  };
  std::vector<std::jthread> helpers;
  try {
    while (helpers.size() + 1 < std::min(jobs, parts)) {
      helpers.emplace_back(work);
    }
  } catch (const std::system_error&) {
    // The others do their share.
  }
  work();
  helpers.clear();
  if (failure) {
    std::rethrow_exception(failure);
  }
}

/// Hands what `make(part)` gives for the parts 0 … parts − 1 to `take`, one after another and on
/// this thread; up to `jobs` of them are made at a time.
template <class Make, class Take>
void in_order(std::size_t jobs, std::size_t parts, const Make& make, const Take& take) {
  std::vector<std::optional<std::invoke_result_t<Make, std::size_t>>> made(
      std::max(jobs, std::size_t{1}));
  for (std::size_t first = 0; first < parts; first += made.size()) {
    const std::size_t count = std::min(made.size(), parts - first);
    in_parallel(jobs, count,
                [&] { return [&](std::size_t k) { made[k].emplace(make(first + k)); }; });
    for (std::size_t k = 0; k < count; ++k) {
      take(*std::exchange(made[k], std::nullopt));
    }
  }
}

}  // namespace gradcheck
