#pragma once

#include <gradcheck/c/check_callbacks.hpp>
#include <gradcheck/network/graph.hpp>

namespace gradcheck {

/// A tensor of the C interface with its name and role. Throws ValueError or ShapeError.
struct NamedValue {
  std::string name;
  Tensor value;
  Role role = Role::parameter;
};
NamedValue read_value(const gradcheck_value& given, const std::string& where);

/// What gradcheck_check_network, gradcheck_run_cases, gradcheck_check_points and
/// gradcheck_check_candidate do, which see. Throw Error where nothing can be checked, CallbackError
/// where a callback failed.
Report check_network_request(const gradcheck_network* given, const CallbackOptions& options);
Report run_cases_request(const gradcheck_run* given, const CallbackOptions& options);
Report check_points_request(const gradcheck_points* given, const CallbackOptions& options);
Report check_candidate_request(const gradcheck_candidate* given, const CallbackOptions& options);

}  // namespace gradcheck
