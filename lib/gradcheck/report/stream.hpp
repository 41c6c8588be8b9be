#pragma once

#include <ostream>

#include <gradcheck/result/report.hpp>

namespace gradcheck {

/// Writes the text report, without colour and 80 columns wide. doctest, GoogleTest and Catch2 show
/// a report in their messages through it.
std::ostream& operator<<(std::ostream& out, const Report& report);

}  // namespace gradcheck
