#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <defects/specimen.hpp>

#include <gradcheck/compare/checker.hpp>

namespace gradcheck::defects {

/// What the engine says about one network, every parameter of it.
struct Examination {
  std::string name;
  std::string kind;  ///< the defect's; the specimen's group for a right network
  bool planted = false;
  bool tricky = false;
  Verdict verdict = Verdict::agree;  ///< of a planted one: over the tensors that the defect reaches
  std::vector<TensorReport> tensors;
  std::vector<std::string> stray;  ///< tensors accused though the defect does not reach them
  std::string error;               ///< why it could not be checked
  double visible = 0;  ///< the largest relative change of an entry that the defect makes
  std::uint64_t entries = 0;
  std::uint64_t probes = 0;

  /// A defect that is found, or a right network that nothing is said against. A defect that changes
  /// nothing by more than rtol at this point (a dead entry, say) need not be found.
  bool good() const;
};

/// `seed` is that of the point's random values; the engine has its own among the options.
Examination examine_right(const Specimen& specimen, std::uint64_t seed,
                          const CheckOptions& options);
Examination examine_wrong(const Specimen& specimen, const Defect& defect, std::uint64_t seed,
                          const CheckOptions& options);

/// Every right and every wrong network whose name contains `filter`, the engine with the same seed.
std::vector<Examination> examine_all(std::uint64_t seed, const std::string& filter = "");

/// The largest relative change that a defect makes to an entry of any gradient.
double visible_change(const Specimen& specimen, const Defect& defect, std::uint64_t seed);

/// One line a tensor: verdict, worst entry, both values, bound.
std::string describe(const Examination& examination);

}  // namespace gradcheck::defects
