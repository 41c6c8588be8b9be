#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include <gradcheck/network/syntax.hpp>

namespace gradcheck {

/// The smallest piece of the network language.
struct Token {
  enum class Kind {
    number,
    name,
    string,   ///< with its quotes
    symbol,   ///< an operator, a bracket, a comma, ...
    newline,  ///< the end of a line or `;`, outside of brackets
    end,      ///< of the text
  };
  Kind kind = Kind::end;
  std::string_view text;  ///< in the text given to the lexer
  Position at;
  std::string_view meaning;  ///< of a symbol: as it is written in ASCII, "*" for "×"

  bool is(std::string_view symbol) const { return kind == Kind::symbol && meaning == symbol; }
};

/// Cuts a text in the network language into tokens, one at a time. Inside brackets the end of a
/// line is space, as in Python.
class Lexer {
 public:
  /// Throws LocatedError if the text is longer than 1 MiB. The text must outlive the lexer.
  Lexer(std::string_view text, Position origin);
  ~Lexer();
  Lexer(const Lexer&) = delete;
  Lexer& operator=(const Lexer&) = delete;

  /// Throws LocatedError where no token begins.
  Token next();

 private:
  void count_brackets(const Token& token);

  struct Input;  // keeps PEGTL, which is slow to compile, out of the header
  std::unique_ptr<Input> input_;
  Position at_;
  std::size_t open_ = 0;  // brackets
};

}  // namespace gradcheck
