#pragma once

#include <string>
#include <vector>

#include <gradcheck/compare/checker.hpp>
#include <gradcheck/diagnose/place.hpp>

namespace gradcheck {

/// A layer whose gradient of one input is wrong though its upstream is right.
struct Fault {
  std::size_t node = 0;
  Place place;
  Observation seen;
  std::vector<Tensor> others;  ///< the numeric gradients of all its inputs, by position
  std::string reason;          ///< what is wrong beyond the numbers; may be empty
};

/// The faults that make gradients wrong, the nearest to the loss first.
struct Faults {
  std::vector<Fault> found;
  std::uint64_t probes = 0;
};

/// Walks back from the loss through the layers on the way to the `wrong` values. Each is compared
/// with differences of that layer alone, under the right upstream: where it is at fault, the
/// numeric gradient is passed on in place of its own. Layers that are too large for that are passed
/// over.
Faults find_faults(const Checker& checker, const std::vector<ValueId>& wrong,
                   const CheckOptions& options);

/// The layer of a node at the point of the checker, under that upstream of its outputs.
Place place_of(const Checker& checker, std::size_t node, Tensors<double> upstream,
               std::uint64_t seed);

}  // namespace gradcheck
