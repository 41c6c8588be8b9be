#include <algorithm>
#include <optional>

#include <gradcheck/network/expression_parser.hpp>
#include <gradcheck/network/names.hpp>
#include <gradcheck/network/place.hpp>
#include <gradcheck/network/read_statements.hpp>
#include <gradcheck/network/token_stream.hpp>
#include <gradcheck/tensor/limits.hpp>

namespace gradcheck {
namespace {

/// Mistakes of one text that are told; whoever makes more has pasted something else.
constexpr std::size_t most_mistakes = 100;

std::string target(TokenStream& tokens) {
  if (!tokens.at(Token::Kind::name) || is_boolean(tokens.token())) {
    tokens.fail("a name (each statement is NAME = EXPRESSION)");
  }
  return normal_name(tokens.take().text);
}

std::size_t end_of_line(std::string_view text, std::size_t i) {
  return std::min(text.find_first_of("\r\n", i), text.size());
}

/// Behind the word whose quotes open at i; at the end of its line if they do not close.
std::size_t end_of_word(std::string_view text, std::size_t i) {
  const std::size_t line = end_of_line(text, i);
  const std::size_t closing = text.find(text[i], i + 1);
  return closing < line ? closing + 1 : line;
}

/// "y, h = ..."
bool looks_like_statement(std::string_view line) {
  const auto skip_spaces = [&] {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  };
  for (skip_spaces(); name_length(line) > 0; skip_spaces()) {
    line.remove_prefix(name_length(line));
    skip_spaces();
    if (!line.starts_with(',')) {
      return line.starts_with('=') && !line.starts_with("==");
    }
    line.remove_prefix(1);
  }
  return false;
}

/// Where the statement with a mistake that begins at i is taken to end.
std::size_t end_of_statement(std::string_view text, std::size_t i) {
  std::size_t open = 0;             // brackets
  std::optional<std::size_t> next;  // before the first line inside of them that may be a statement
  while (i < text.size()) {
    const char c = text[i];
    if (c == '#') {
      i = end_of_line(text, i);
    } else if (c == '"' || c == '\'') {
      i = end_of_word(text, i);
    } else if (c == '\\' && end_of_line(text, i) == i + 1) {
      i += 2;
    } else if (c == ';' || ((c == '\n' || c == '\r') && open == 0)) {
      break;
    } else {
      if ((c == '\n' || c == '\r') && !next && looks_like_statement(text.substr(i + 1))) {
        next = i;
      }
      open += c == '(' || c == '[' ? 1 : 0;
      open -= (c == ')' || c == ']') && open > 0 ? 1 : 0;
      ++i;
    }
  }
  return open > 0 ? next.value_or(std::min(i, text.size())) : std::min(i, text.size());
}

class StatementReader {
 public:
  StatementReader(std::string_view text, Position origin) : text_(text), origin_(origin) {}

  ReadStatements read() {
    if (text_.size() > max_network_text) {
      found_.mistakes.attempt([&] { TokenStream(text_, origin_); });
      found_.lost.others = true;
      return std::move(found_);
    }
    while (begin_ < text_.size() && found_.mistakes.all().size() < most_mistakes) {
      if (found_.mistakes.attempt([&] { read_on(); })) {
        break;
      }
      begin_ = end_of_statement(text_, begin_);
      lose_targets();
    }
    found_.lost.others = found_.lost.others || found_.mistakes.all().size() >= most_mistakes;
    return std::move(found_);
  }

 private:
  /// All from `begin_` on, up to the first mistake; `begin_` is where its statement begins.
  void read_on() {
    targets_.clear();
    assigns_ = false;
    TokenStream tokens(text_.substr(begin_), after(origin_, text_.substr(0, begin_)));
    while (!tokens.at(Token::Kind::end)) {
      begin_ = offset_of(tokens.token());
      if (tokens.at(Token::Kind::newline)) {
        begin_ += tokens.token().text.size();
        tokens.take();
        continue;
      }
      Statement next = statement(tokens);
      if (!tokens.at(Token::Kind::newline) && !tokens.at(Token::Kind::end)) {
        tokens.fail("an operator or the end of the statement");
      }
      found_.statements.push_back(std::move(next));
      targets_.clear();
      assigns_ = false;
    }
  }

  std::size_t offset_of(const Token& token) const {
    return static_cast<std::size_t>(token.text.data() - text_.data());
  }

  Statement statement(TokenStream& tokens) {
    tokens.start_record();
    Statement parsed;
    parsed.at = tokens.token().at;
    do {
      targets_.push_back(target(tokens));
    } while (tokens.accept(","));
    if (tokens.at("[")) {
      throw LocatedError(
          tokens.token().at,
          "only a whole name can be assigned to (each statement is NAME = EXPRESSION)");
    }
    if (!tokens.at("=")) {
      tokens.fail("'=' after '" + targets_.back() + "' (each statement is NAME = EXPRESSION" +
                  (tokens.at("/") ? "; dL/dw is written dw)" : ")"));
    }
    assigns_ = true;
    tokens.take();
    parsed.targets = targets_;
    parsed.value = ExpressionParser(tokens).parse();
    parsed.text = tokens.record();
    return parsed;
  }

  void lose_targets() {
    found_.lost.others = found_.lost.others || !assigns_;
    found_.lost.names.insert(targets_.begin(), targets_.end());
  }

  std::string_view text_;
  Position origin_;
  std::size_t begin_ = 0;
  std::vector<std::string> targets_;  ///< of the statement that is being read
  bool assigns_ = false;              ///< whether they are all of them
  ReadStatements found_;
};

}  // namespace

ReadStatements read_statements(std::string_view text, Position origin) {
  return StatementReader(text, origin).read();
}

std::vector<Statement> parse_statements(std::string_view text, Position origin) {
  ReadStatements read = read_statements(text, origin);
  read.mistakes.throw_any();
  return std::move(read.statements);
}

}  // namespace gradcheck
