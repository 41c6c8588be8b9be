#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace gradcheck {

/// A value for reading, to that many significant digits (integers in full): "0.96", "1234567",
/// "1e-09", "NaN", "-Infinity".
std::string number_text(double value, int digits = 6);

/// An error or a bound, of which only the magnitude matters: "3.1e-12", "0".
std::string magnitude_text(double value);

/// Two values with as many digits as it takes to see how they differ: six, or two beyond the last
/// one that they share, up to the 17 that tell all doubles apart.
std::pair<std::string, std::string> told_apart(double a, double b);

/// A time to three digits: "34 µs", "1.25 ms", "12.3 s".
std::string duration_text(double seconds);

/// A rate to three digits: "0.25/s", "980/s", "13.3k/s", "1.25M/s".
std::string rate_text(double per_second);

/// "1,234,567"
std::string count_text(std::uint64_t count);

/// "1 entry", "1,024 entries"
std::string counted(std::uint64_t count, const char* singular, const char* plural);

}  // namespace gradcheck
