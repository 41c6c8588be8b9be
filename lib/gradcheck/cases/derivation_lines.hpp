#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <gradcheck/cases/case_file.hpp>
#include <gradcheck/network/mistakes.hpp>
#include <gradcheck/network/network.hpp>

namespace gradcheck {

/// One statement of a derivation and what it is about.
struct DerivationLine {
  Statement statement;
  std::string target;              ///< the name that it assigns
  std::optional<ValueId> claims;   ///< the value whose gradient it claims; a helper claims none
  std::vector<std::size_t> reads;  ///< the earlier lines that it reads directly, in their order
  bool lost = false;               ///< it reads what a line with a mistake, or a later one, assigns
};

struct DerivationLines {
  std::vector<DerivationLine> lines;  ///< those that assign a name that they may
  Mistakes mistakes;                  ///< of the others, and of helpers that nothing reads
};

/// The statements of a derivation. A mistake each: what cannot be parsed, assigns several names,
/// one of the network or one for the second time, claims the gradient of a constant, reads a later
/// line; and, where all could be parsed, a helper from which no gradient follows, which would pass
/// unread.
DerivationLines read_derivation(const Program& derivation, const Network& network);

/// The helpers that a line reads, also through others, in their order.
std::vector<std::size_t> helpers_of(const std::vector<DerivationLine>& lines, std::size_t line);

/// The lines that read a helper, also through other helpers, in their order.
std::vector<std::size_t> readers_of(const std::vector<DerivationLine>& lines, std::size_t helper);

}  // namespace gradcheck
