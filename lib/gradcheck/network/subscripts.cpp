#include <gradcheck/network/subscripts.hpp>

#include <charconv>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace gradcheck {
namespace {

std::optional<long long> integer(TokenStream& tokens) {
  const Token first = tokens.token();
  const bool negative = tokens.accept("-");
  if (!tokens.at(Token::Kind::number)) {
    if (negative) {
      tokens.fail("an integer after '-'");
    }
    return std::nullopt;
  }
  const Token digits = tokens.take();
  long long value = 0;
  const char* end = digits.text.data() + digits.text.size();
  const auto [stop, failure] = std::from_chars(digits.text.data(), end, value);
  if (failure != std::errc() || stop != end) {
    throw LocatedError(first.at, "index has " + std::string(digits.text) + ", expected an integer of 64 bits");
  }
  return negative ? -value : value;
}

Subscript subscript(TokenStream& tokens) {
  Subscript parsed;
  if (tokens.accept("...")) {
    parsed.kind = Subscript::Kind::ellipsis;
    return parsed;
  }
  parsed.start = integer(tokens);
  if (!tokens.accept(":")) {
    if (!parsed.start) {
      tokens.fail("an index (3, -1, 1:3, ::2 or ...) after " + quoted(tokens.previous()));
    }
    return parsed;
  }
  parsed.kind = Subscript::Kind::slice;
  parsed.stop = integer(tokens);
  if (tokens.accept(":")) {
    const Token step = tokens.token();
    parsed.step = integer(tokens);
    if (parsed.step == 0) {
      throw LocatedError(step.at, "the step of a slice has 0, expected another integer");
    }
  }
  return parsed;
}

}  // namespace

std::vector<Subscript> parse_subscripts(TokenStream& tokens) {
  std::vector<Subscript> found;
  bool ellipsis = false;
  do {
    const Token first = tokens.token();
    found.push_back(subscript(tokens));
    if (found.back().kind == Subscript::Kind::ellipsis && std::exchange(ellipsis, true)) {
      throw LocatedError(first.at, "only one '...' may stand in an index");
    }
  } while (tokens.accept(","));
  return found;
}

}  // namespace gradcheck
