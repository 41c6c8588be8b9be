#pragma once

#include <cstddef>
#include <string>

#include <gradcheck/network/syntax.hpp>
#include <gradcheck/network/token_stream.hpp>

namespace gradcheck {

/// Reads one expression from the tokens, by recursive descent; one function a rule:
///
///   chain    = operand {operator chain}        as tightly as the operators bind
///   operand  = "-" operand | power
///   power    = postfix ["**" operand | "²" | "³"]
///   postfix  = primary {".T" | "^T" | "ᵀ" | "[" subscripts "]" | "[" name "]"}
///   primary  = number | name | call | "(" chain ")" | array | "(" chain "," [chain {"," chain}]
///   ")" array    = "[" [chain {"," chain}] "]" call     = name "(" [argument {"," argument}] ")"
///   argument = chain | name "=" setting
///   setting  = "word" | "true" | "false" | "None" | chain
class ExpressionParser {
 public:
  explicit ExpressionParser(TokenStream& tokens) : tokens_(tokens) {}

  /// Throws LocatedError.
  Expression parse() { return expression().tree; }

 private:
  // An expression and the height of its tree.
  struct Parsed {
    Expression tree;
    std::size_t height = 1;
  };

  // Counts a level of nesting for as long as it lives.
  class Level {
   public:
    Level(ExpressionParser& parser, const Token& opening);
    ~Level() { --parser_.nesting_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    ExpressionParser& parser_;
  };

  Parsed expression() { return chain(1); }
  Parsed chain(int least);
  Parsed operand();
  Parsed power();
  Parsed postfix();
  Parsed primary();
  Parsed number();
  Parsed parenthesised();
  Parsed array();
  Parsed call(const Token& name);
  void argument(Parsed& call);
  Parsed setting();
  Parsed index(Parsed base, const Token& first);

  static Parsed node(Expression::Kind kind, const Token& first, std::string text = {});
  static void grow(Parsed& parent, const Parsed& child);
  static void adopt(Parsed& parent, Parsed child);

  TokenStream& tokens_;
  std::size_t nesting_ = 0;
};

}  // namespace gradcheck
