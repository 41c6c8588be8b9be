#include <gradcheck/numeric/sweep/tensor_sweep.hpp>

namespace gradcheck {

Estimate Swept::estimate(std::size_t entry) const {
  const auto found = refined.find(entry);
  return found != refined.end() ? found->second : slopes.estimate(entry);
}

double Swept::floor(std::size_t entry) const {
  const auto found = refined.find(entry);
  return at_its_best && found != refined.end() ? static_cast<double>(found->second.rounding) : 0;
}

}  // namespace gradcheck
