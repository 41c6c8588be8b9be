#pragma once

#include <vector>

#include <gradcheck/network/syntax.hpp>
#include <gradcheck/network/token_stream.hpp>

namespace gradcheck {

/// The subscripts up to the closing bracket, which is left to the caller; one at least.
std::vector<Subscript> parse_subscripts(TokenStream& tokens);

}  // namespace gradcheck
