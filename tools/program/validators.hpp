#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace gradcheck::program {

/// A finite number above 0.
CLI::Validator positive_number();

/// A whole number from `least` to `most`.
CLI::Validator whole_number(unsigned long long least, unsigned long long most);

/// One of the words; another one is answered with all of them.
CLI::Validator one_of(std::vector<std::string> words);

}  // namespace gradcheck::program
