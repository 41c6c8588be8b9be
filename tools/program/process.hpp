#pragma once

namespace gradcheck {

/// Prepares the process of a program that checks gradients: to be called first thing in `main`.
/// Memory that was freed is kept for the next tensor, instead of going back to the system.
void prepare_process();

}  // namespace gradcheck
