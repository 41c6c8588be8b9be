#pragma once

#include <string>

#include <gradcheck/result/report.hpp>

namespace gradcheck {

/// A line for each case, for a table over many files: case, verdict, first_wrong_line, claims,
/// claims_right (both by entry), tensors, worst_relative_error. Quoted as in RFC 4180 where needed.
std::string to_csv(const Report& report);

}  // namespace gradcheck
