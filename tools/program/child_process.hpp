#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace gradcheck::program {

/// What came of work that a child process was given.
struct ChildResult {
  std::optional<std::string> bytes;  ///< what the work returned, if it came to its end
  std::string problem;               ///< otherwise: "crashed: signal 11 (Segmentation fault)"
};

/// Does `work` in a child process, which may take so long and may crash. Whatever it prints goes to
/// standard error. Throws std::system_error if there cannot be a child.
ChildResult run_in_child(const std::function<std::string()>& work,
                         std::chrono::duration<double> limit);

}  // namespace gradcheck::program
