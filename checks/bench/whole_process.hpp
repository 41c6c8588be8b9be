#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "naive.hpp"

namespace gradcheck::bench {

/// What a process takes, from its start to its end.
struct ProcessCost {
  double wall = 0;  ///< seconds
  double cpu = 0;   ///< seconds, user and system
  long faults = 0;  ///< page faults that read nothing
  double peak = 0;  ///< resident memory, MiB
};

/// The cheapest of so many runs of a command, by CPU time; what it writes is dropped. Throws
/// std::runtime_error where it cannot be run, or ends with another status than 0.
ProcessCost cost_of(const std::vector<std::string>& command, std::size_t runs);

/// A case file of that network at a random point, in a temporary folder that goes with it.
class CaseFolder {
 public:
  CaseFolder();
  ~CaseFolder();
  CaseFolder(const CaseFolder&) = delete;
  CaseFolder& operator=(const CaseFolder&) = delete;

  std::filesystem::path write(const std::string& name, const Perceptron& network) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace gradcheck::bench
