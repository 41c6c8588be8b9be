#pragma once

namespace gradcheck {

inline constexpr const char* version = "0.1.0";

}  // namespace gradcheck
