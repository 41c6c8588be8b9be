#pragma once

#include <string>
#include <vector>

namespace gradcheck::defects::opaque {

/// Right layers that are called wrong and wrong ones that agree, at point 0 or 1. The checks hold
/// the engine to exactly these: `gradcheck_opaque_corpus --points 2 --failures` prints the file.
const std::vector<std::string>& expected_failures();

}  // namespace gradcheck::defects::opaque
