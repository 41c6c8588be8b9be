#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace gradcheck::program {

/// A finite number above 0.
CLI::Validator positive_number();

/// A whole number from `least` to `most`.
CLI::Validator whole_number(unsigned long long least, unsigned long long most);

/// A time above 0, in seconds or with ms, s, m or h behind it; and how many seconds it is.
CLI::Validator duration();
double seconds_in(const std::string& text);

/// A number of bytes above 0, also with K, M, G or T (powers of 1024) behind it; and how many it
/// is.
CLI::Validator byte_count();
std::size_t bytes_in(const std::string& text);

/// One of the words; another one is answered with all of them.
CLI::Validator one_of(std::vector<std::string> words);

}  // namespace gradcheck::program
