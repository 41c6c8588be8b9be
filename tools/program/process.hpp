#pragma once

namespace gradcheck {

/// Prepares the process of a program that checks gradients: to be called first thing in `main`.
/// Memory that was freed is kept for the next tensor, instead of going back to the system, and the
/// heap grows in steps that have room for large pages.
void prepare_process();

}  // namespace gradcheck
