#include <gradcheck/user_layers/tensor_traits.hpp>

namespace gradcheck {

void throw_unfit(const Shape& shape, const std::string& wanted) {
  throw_shape("tensor", "it", to_string(shape), wanted);
}

void require_entries(std::size_t numbers, const Shape& shape) {
  if (numbers != entries_of(shape)) {
    throw_unfit(shape, std::to_string(numbers) + (numbers == 1 ? " entry" : " entries"));
  }
}

}  // namespace gradcheck
