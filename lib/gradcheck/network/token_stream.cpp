#include <cstddef>

#include <gradcheck/network/place.hpp>
#include <gradcheck/network/token_stream.hpp>

namespace gradcheck {

std::string quoted(const Token& token) {
  switch (token.kind) {
    case Token::Kind::end:
      return "the end";
    case Token::Kind::newline:
      return token.text == ";" ? "';'" : "the end of the line";
    case Token::Kind::string:
      return std::string(token.text);
    default:
      return "'" + std::string(token.text) + "'";
  }
}

bool is_boolean(const Token& token) {
  return token.kind == Token::Kind::name && (token.text == "true" || token.text == "false" ||
                                             token.text == "True" || token.text == "False");
}

Token TokenStream::take() {
  if (!record_.empty()) {
    const char* end = previous_.text.data() + previous_.text.size();
    const std::string_view gap(end, static_cast<std::size_t>(token_.text.data() - end));
    record_ += gap.find_first_not_of(" \t") == std::string_view::npos ? gap : " ";
  }
  record_ += token_.text;
  previous_ = token_;
  token_ = lexer_.next();
  return previous_;
}

bool TokenStream::accept(std::string_view symbol) {
  if (!token_.is(symbol)) {
    return false;
  }
  take();
  return true;
}

void TokenStream::close(std::string_view symbol, const Token& opening) {
  if (!accept(symbol)) {
    throw LocatedError(token_.at, "missing '" + std::string(symbol) + "' for the '" +
                                      std::string(opening.text) + "' at " + to_string(opening.at) +
                                      ", got " + quoted(token_));
  }
}

void TokenStream::skip_lines() {
  while (token_.kind == Token::Kind::newline && token_.text != ";") {
    take();
  }
}

void TokenStream::fail(const std::string& expected) const {
  throw LocatedError(token_.at, "expected " + expected + ", got " + quoted(token_));
}

}  // namespace gradcheck
