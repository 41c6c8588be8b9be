#pragma once

namespace gradcheck {

/// The arithmetic in which a layer calculates, whatever the type of what it is handed.
enum class Precision { float32, float64 };

}  // namespace gradcheck
