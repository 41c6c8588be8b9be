#pragma once

namespace gradcheck {

/// Thrown where somebody wants the whole check to end, now. Neither an Error nor a std::exception:
/// nothing that survives a refused probe survives it.
struct Stopped {};

}  // namespace gradcheck
