#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gradcheck/compare/checker.hpp>
#include <gradcheck/diagnose/observation.hpp>

namespace gradcheck {

/// What is wrong with a network's backward, in words.
struct DiagnosisResult {
  std::vector<Diagnosis> diagnosis;
  std::uint64_t probes = 0;
};

/// For what disagrees among `checked`: the layers at fault, what their gradients look like, and
/// which tensors inherit it. Where no layer can be blamed, what each tensor looks like, if that is
/// anything. Empty if nothing disagrees.
DiagnosisResult diagnose(const Checker& checker, const std::map<ValueId, TensorCheck>& checked,
                         const CheckOptions& options);

/// What somebody's gradient of one value looks like beside the numeric one, if it is anything;
/// `name` is what the value is called. The network's own backward must be right.
std::optional<Diagnosis> diagnose_claimed(const Checker& checker, ValueId value,
                                          const Observation& seen, const std::string& name,
                                          const CheckOptions& options);

}  // namespace gradcheck
