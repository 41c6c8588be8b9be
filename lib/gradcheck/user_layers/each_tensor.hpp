#pragma once

#include <tuple>
#include <type_traits>

#include <gradcheck/user_layers/parameter_ref.hpp>
#include <gradcheck/user_layers/tensor_traits.hpp>

namespace gradcheck::detail {

/// What a call returned, as tensors: one tensor, a tuple of them, a container of them, nothing.
/// `separate`: several are expected, so a std::vector of std::vector is no matrix.
template <class Result, class Use>
void each_tensor(Result&& result, bool separate, Use use) {
  using Type = std::remove_cvref_t<Result>;
  if constexpr (TensorLike<Type>) {
    if constexpr (requires {
                    requires TensorLike<typename Type::value_type>;
                    requires !std::is_arithmetic_v<typename Type::value_type>;
                  }) {
      if (separate) {
        for (const auto& each : result) {
          use(each);
        }
        return;
      }
    }
    use(result);
  } else if constexpr (TupleLike<Type>) {
    std::apply([&](const auto&... each) { (use(each), ...); }, result);
  } else {
    for (const auto& each : result) {
      use(each);
    }
  }
}

}  // namespace gradcheck::detail
