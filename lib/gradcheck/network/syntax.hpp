#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

/// A place in a text; both count from 1, columns in Unicode code points. Line 0 means unknown.
struct Position {
  std::size_t line = 0;
  std::size_t column = 0;
};

/// An error at a place of the text. what() is the message alone; whoever knows the file prefixes
/// it.
class LocatedError : public Error {
 public:
  LocatedError(Position where, const std::string& message) : Error(message), at(where) {}
  Position at;
};

/// One subscript between brackets: `3`, `-1`, `1:3`, `::2`, `...`.
struct Subscript {
  enum class Kind { index, slice, ellipsis };
  Kind kind = Kind::index;
  std::optional<long long> start;  ///< the index itself for Kind::index
  std::optional<long long> stop;
  std::optional<long long> step;
};

struct Keyword;

/// An expression of the network language as a tree.
struct Expression {
  enum class Kind {
    number,     ///< `number`
    name,       ///< `text`
    string,     ///< "sum": `text` without quotes (only as a keyword's value)
    boolean,    ///< true, false: `number` is 1 or 0 (only as a keyword's value)
    call,       ///< text(children..., keywords...)
    binary,     ///< children[0] text children[1]; text is + - * / ** @ > >= < <= == !=
    negate,     ///< -children[0]
    transpose,  ///< children[0].T
    index,      ///< children[0][subscripts]
    array,      ///< [children...]
  };
  Kind kind = Kind::number;
  Position at;  ///< of its first character (for a binary: of the operator)
  std::string text;
  double number = 0;
  std::vector<Expression> children;
  std::vector<Keyword> keywords;  ///< of a call, in order
  std::vector<Subscript> subscripts;
};

/// `name=value` in a call.
struct Keyword {
  std::string name;
  Expression value;
};

/// `targets = value`.
struct Statement {
  std::vector<std::string> targets;  ///< one, or several: `y, h, c = lstm(...)`
  Position at;                       ///< of the first target
  std::string text;  ///< as written, on one line, without comment and surrounding space
  Expression value;
};

/// The statements of a text, one a line or separated by `;`, with `#` comments. Positions are those
/// in a file in which the text's first character stands at `origin`. Precedence as in Python:
/// `**` binds tighter than unary minus on its left, then `* / @`, then `+ -`, then comparisons
/// (which do not chain). Inside brackets, and after a `\` at its end, a line goes on in the next
/// one. A carriage return of its own ends a statement, though no line of the file: so the reader of
/// case files writes the `\n` of an escaped string. Throws LocatedError; nesting beyond 200 levels,
/// chains of more than 1,000 operators and texts beyond 1 MiB are refused.
std::vector<Statement> parse_statements(std::string_view text, Position origin = {1, 1});

/// One expression, nothing after it.
Expression parse_expression(std::string_view text, Position origin = {1, 1});

/// A subscript list as in a claim's key: parses "z3[0, 1:]" into the name and the subscripts (none
/// without brackets).
std::pair<std::string, std::vector<Subscript>> parse_reference(std::string_view text,
                                                               Position origin = {1, 1});

/// From the expression on, always the first operand of what begins with one (binary, transpose,
/// index), the last being one that does not. Long chains of operators, `a + b + ...`, are long
/// here: whoever walks a tree takes these in a loop, and recurses into what is left, which is not
/// deep.
std::vector<const Expression*> chain_of(const Expression& expression);

/// The expression as text again, with as few parentheses as needed (for messages and temporaries).
std::string to_string(const Expression& expression);

}  // namespace gradcheck
