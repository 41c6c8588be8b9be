#pragma once

#include <functional>
#include <optional>
#include <string>

#include <gradcheck/tensor/budget.hpp>

namespace gradcheck::program {

/// What came of work that a child process was given.
struct ChildResult {
  std::optional<std::string> bytes;  ///< what the work returned, if it came to its end
  std::string problem;               ///< otherwise: "crashed: signal 11 (Segmentation fault)"
};

/// Does `work` in a child process, which may take and hold so much and may crash. Whatever it
/// prints goes to standard error, as safe_text() has it. When it has ended, nothing that it started
/// is left. Throws std::system_error if there cannot be a child.
ChildResult run_in_child(const std::function<std::string()>& work, const Allowance& allowance);

}  // namespace gradcheck::program
