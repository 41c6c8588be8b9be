#pragma once

#include <gradcheck/cases/table_reader.hpp>

namespace gradcheck {

/// [update]
UpdateRule read_update(const TableReader& table);

}  // namespace gradcheck
