#pragma once

#include <string>
#include <vector>

#include <gradcheck/network/network.hpp>
#include <gradcheck/result/report.hpp>

namespace gradcheck {

/// What was checked and what was not, in a sentence: "8 entries of 2 parameters against the scalar
/// loss L with upstreams 1, -3 and 100, 2 at kinks; not checked: input x". `tensors` are the
/// reports of the checked values, in that order, and of Jacobians ("y/x") after them.
std::string coverage_text(const Network& network, const std::vector<ValueId>& checked,
                          const std::vector<TensorReport>& tensors);

/// "x", "x and y", "x, y, z, u, v and 3 more"
std::string listed(const std::vector<std::string>& names);

}  // namespace gradcheck
