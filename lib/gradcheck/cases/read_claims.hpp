#pragma once

#include <gradcheck/cases/table_reader.hpp>

namespace gradcheck {

/// How the claims of [claims] are judged, its tolerance and strictness, into `file`. A key that it
/// does not have is a mistake, for it may be one of these.
void read_claim_precision(const TableReader& table, CaseFile& file);

/// The sub-tables of [claims] into `file`, and the entries of [[claims.after]].
void read_claims(const TableReader& table, CaseFile& file);

/// [errata] into `file`. A dotted key without quotes, `updated.b3 = "..."`, is taken as the one it
/// means.
void read_errata(const TableReader& table, CaseFile& file);

}  // namespace gradcheck
