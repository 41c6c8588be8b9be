#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gradcheck/network/mistakes.hpp>
#include <gradcheck/network/syntax.hpp>

namespace gradcheck {

/// Names that stand for something, but for nothing that could be read.
struct LostNames {
  std::set<std::string> names;
  bool others = false;  ///< whether there may be more of them
};

/// The statements of a text that have no mistake, the mistakes of the others, and what these would
/// have assigned.
struct ReadStatements {
  std::vector<Statement> statements;
  Mistakes mistakes;  ///< at most 100
  LostNames lost;
};

/// As parse_statements, but goes on after a mistake: at the end of its line or, where brackets are
/// open there, behind the line that closes them. Where none does, at the next line that looks like
/// a statement.
ReadStatements read_statements(std::string_view text, Position origin = {1, 1});

}  // namespace gradcheck
