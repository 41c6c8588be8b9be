#pragma once

#include <string>
#include <vector>

#include "naive.hpp"

namespace gradcheck::bench {

/// A network of the tables.
struct Subject {
  std::string name;
  Perceptron network;
  std::string file;  ///< the name of its case file
};

/// Those that are timed beside the naive loop.
const std::vector<Subject>& subjects();

/// One kind of network, growing in one way.
struct Family {
  std::string name;
  std::vector<Subject> members;
  std::vector<double> sizes;  ///< of each, by which its exponent is measured
};

const std::vector<Family>& families();

}  // namespace gradcheck::bench
