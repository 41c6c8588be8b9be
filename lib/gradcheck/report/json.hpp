#pragma once

#include <string>

#include <gradcheck/result/report.hpp>

namespace gradcheck {

/// The report as JSON, `"schema": 1`: every key always present and in one order, doubles written so
/// that they read back the same, numbers that are not finite as "NaN", "Infinity", "-Infinity".
/// Bytes that are not UTF-8 become U+FFFD.
std::string to_json(const Report& report);

}  // namespace gradcheck
