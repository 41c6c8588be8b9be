#pragma once

#include <string>
#include <string_view>

#include <gradcheck/result/report.hpp>

namespace gradcheck {

/// A report as bytes, for another process of the same program, and back: everything but claims and
/// derivations, which layers have none of. Not a format to keep; that is JSON.
std::string to_bytes(const Report& report);

/// Throws ValueError for bytes that are not a whole report.
Report report_from_bytes(std::string_view bytes);

}  // namespace gradcheck
