#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gradcheck/c_api.h>
#include <gradcheck/result/options.hpp>
#include <gradcheck/result/report.hpp>

namespace gradcheck::program {

/// A plugin, loaded into this process: that is a child's, for its code may do anything.
class PluginLibrary {
 public:
  /// Throws Error if it cannot be loaded, is no plugin, or one for another version.
  explicit PluginLibrary(const std::string& file);

  /// What it wants checked, "affine (5, 3)" each. Throws Error for a list that makes no sense.
  std::vector<std::string> checks() const;

  /// The check at that position in checks(). What is wrong with the layer is thrown as Error.
  Report run(std::size_t check, const CheckOptions& options) const;

 private:
  struct Unload {
    void operator()(void* library) const;
  };

  std::unique_ptr<void, Unload> library_;
  std::vector<gradcheck_plugin_layer> layers_;
};

}  // namespace gradcheck::program
