#pragma once

#include <gradcheck/cases/table_reader.hpp>

namespace gradcheck {

/// The value of a name in [inputs], [constants] or [parameters]: numbers, LaTeX, a constant
/// expression, or a generator such as { normal = [2, 3], seed = 1 }. Throws LocatedError.
Tensor read_given(const TableReader& table, const Entry& entry);

/// How many entries a generator says that its tensor has; 0 for anything else. Throws LocatedError.
std::size_t declared_entries(const TableReader& table, const Entry& entry);

}  // namespace gradcheck
