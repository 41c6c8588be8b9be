#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace gradcheck::defects::semantic {

/// Random numbers that are the same on every machine.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : bits_(seed) {}

  double uniform(double low, double high) {
    return low + (high - low) * std::ldexp(static_cast<double>(bits_() >> 11), -53);
  }
  std::size_t below(std::size_t count) { return bits_() % count; }
  bool percent(std::size_t share) { return below(100) < share; }
  template <class T>
  const T& of(const std::vector<T>& list) {
    return list[below(list.size())];
  }

 private:
  std::mt19937_64 bits_;
};

}  // namespace gradcheck::defects::semantic
