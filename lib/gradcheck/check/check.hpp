#pragma once

#include <vector>

#include <gradcheck/network/network.hpp>
#include <gradcheck/result/options.hpp>
#include <gradcheck/result/report.hpp>

namespace gradcheck {

/// Compares every entry of dL/d(value), for each of `values`, both ways. The Jacobian of each of
/// `jacobians` by each value whose gradient agrees is compared as well, row by row, and reported as
/// "y/x"; one that is inconclusive row by row is left out, with a note. `limits` are those of
/// tensors that a user's layer reads and nothing else.
///
/// What is wrong with the network itself (a layer that throws, a value that is not finite, nothing
/// to compare) is the report's error, not an exception.
CaseReport check_values(const Network& network, const std::vector<ValueId>& values,
                        const CheckOptions& options, const std::vector<ValueId>& jacobians = {},
                        const CheckLimits& limits = {});

/// The parameters and inputs that the loss can be differentiated by, in the order in which they
/// were given; with `all_values` the named intermediate values as well.
std::vector<ValueId> checked_values(const Network& network, bool all_values);

/// Checks a network built in C++: every entry of every parameter and input.
///
///   Report report = check(network);
///   REQUIRE_MESSAGE(report.agrees(), report);
Report check(const Network& network, const CheckOptions& options = {});

/// A report about one case.
Report report_of(CaseReport one, const CheckOptions& options);

}  // namespace gradcheck
