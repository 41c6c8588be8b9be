#pragma once

#include <gradcheck/cases/table_reader.hpp>

namespace gradcheck {

/// [claims] into `file`: its sub-tables, the tolerance, and the entries of [[claims.after]].
void read_claims(const TableReader& table, CaseFile& file);

/// [errata] into `file`. A dotted key without quotes, `updated.b3 = "..."`, is taken as the one it means.
void read_errata(const TableReader& table, CaseFile& file);

}  // namespace gradcheck
