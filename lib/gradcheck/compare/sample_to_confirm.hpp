#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

namespace gradcheck {

/// Of entries that disagree and come one after another, those that are looked at one by one: the 16
/// worst and 16 random ones, or all if there are no more.
class SampleToConfirm {
 public:
  explicit SampleToConfirm(std::uint64_t seed) : random_(seed) {}

  /// Takes one more in. Returns which one is left out for that, if any is: it, or an earlier one.
  std::optional<std::size_t> add(std::size_t place, long double severity);

  /// How many were taken in so far.
  std::size_t added() const { return added_; }

  /// Those that are left, in order.
  std::vector<std::size_t> places() const;

 private:
  struct Accused {
    long double severity;
    std::size_t place;
  };
  static bool worse(const Accused& a, const Accused& b);

  std::mt19937_64 random_;
  std::size_t added_ = 0;
  std::vector<Accused> worst_;       ///< a heap, the least bad first
  std::vector<std::size_t> others_;  ///< a sample of all that are not
};

}  // namespace gradcheck
