#pragma once

#include <string>
#include <vector>

#include <gradcheck/numeric/derivative/differentiator.hpp>

namespace gradcheck {

/// Entries of the aimed value on kinks of layers that cannot say their branches, each with what
/// both of its sides look like, an entry of the target each.
struct KinkedEntry {
  std::size_t entry;
  std::vector<Sides> sides;
};

/// Each may lie between the derivatives of its sides while together they do not: a tied maximum
/// that gives the full gradient to both. So all are moved at once, in a few directions; along each,
/// the analytic derivative must lie between those of both sides. Kinks that do not interact (the
/// derivatives add up) say nothing of each other. `analytic` has the shape of the target, then that
/// of the value. Returns what is wrong; empty if nothing.
std::string joint_kinks_reason(Differentiator& differentiator,
                               const std::vector<KinkedEntry>& kinked, const Tensor& analytic,
                               const Shape& shape);

}  // namespace gradcheck
