#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

namespace gradcheck::bench {

/// Case files of tiny networks (2-3-2, batch 1: 17 parameters), all different, in a temporary
/// folder that goes with it.
class TinyFiles {
 public:
  explicit TinyFiles(std::size_t count);
  ~TinyFiles();
  TinyFiles(const TinyFiles&) = delete;
  TinyFiles& operator=(const TinyFiles&) = delete;

  const std::vector<std::filesystem::path>& files() const { return files_; }

 private:
  std::filesystem::path folder_;
  std::vector<std::filesystem::path> files_;
};

}  // namespace gradcheck::bench
