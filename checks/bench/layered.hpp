#pragma once

#include <functional>
#include <string>

namespace gradcheck::bench {

/// Whole checks of networks of layers that people use, beside the naive loop (naive_layers.hpp).
void register_layered();

/// A row of the table for each, from the seconds of each benchmark by name.
void print_layered(const std::function<double(const std::string&)>& seconds);

}  // namespace gradcheck::bench
