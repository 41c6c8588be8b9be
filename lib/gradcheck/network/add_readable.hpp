#pragma once

#include <map>
#include <string>
#include <vector>

#include <gradcheck/network/language.hpp>
#include <gradcheck/network/read_statements.hpp>

namespace gradcheck {

/// As add_statements, as far as it can be done: statements that read what is lost are passed over.
/// What they and those with a mistake would have assigned is lost as well. Returns the mistakes.
Mistakes add_readable(Network& network, const std::vector<Statement>& statements, LostNames& lost,
                      const LayerLibrary& library = standard_layers());

/// The value of an expression over named tensors, as `evaluate` has it, but in double alone, which
/// is many times faster.
Tensor evaluate_in_double(const Expression& expression, const std::map<std::string, Tensor>& names,
                          const LayerLibrary& library = standard_layers());

}  // namespace gradcheck
