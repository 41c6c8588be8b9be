#pragma once

#include <string>
#include <string_view>

#include <gradcheck/network/lexer.hpp>

namespace gradcheck {

/// A token as an error message shows it: "'+'", "the end of the line".
std::string quoted(const Token& token);

/// Whether the token is `true` or `false`, which cannot be names.
bool is_boolean(const Token& token);

/// The tokens of a text, seen one ahead.
class TokenStream {
 public:
  TokenStream(std::string_view text, Position origin) : lexer_(text, origin), token_(lexer_.next()) {}

  const Token& token() const { return token_; }        ///< the next one
  const Token& previous() const { return previous_; }  ///< the last one taken; of Kind::end at the start
  bool at(Token::Kind kind) const { return token_.kind == kind; }
  bool at(std::string_view symbol) const { return token_.is(symbol); }

  Token take();
  /// Takes the next token if it is that symbol.
  bool accept(std::string_view symbol);
  /// Takes the closing bracket or throws LocatedError, saying where `opening` stands.
  void close(std::string_view symbol, const Token& opening);
  /// Takes the ends of lines.
  void skip_lines();
  /// Throws LocatedError "expected ..., got <the next token>".
  [[noreturn]] void fail(const std::string& expected) const;

  /// Starts recording the text that is taken, and what was recorded: on one line, without comments.
  void start_record() { record_.clear(); }
  const std::string& record() const { return record_; }

 private:
  Lexer lexer_;
  Token token_;
  Token previous_;
  std::string record_;
};

}  // namespace gradcheck
