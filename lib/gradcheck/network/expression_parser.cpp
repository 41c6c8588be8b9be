#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include <gradcheck/network/expression_parser.hpp>
#include <gradcheck/network/names.hpp>
#include <gradcheck/network/subscripts.hpp>
#include <gradcheck/tensor/limits.hpp>

namespace gradcheck {
namespace {

using Kind = Expression::Kind;

double number_of(const Token& token) {
  double value = 0;
  const char* begin = token.text.data();
  if (std::from_chars(begin, begin + token.text.size(), value).ec != std::errc()) {
    throw LocatedError(token.at, "number has " + std::string(token.text) +
                                     ", expected one in the range of double, up to 1.8e308");
  }
  return value;
}

// Binary operators by how tightly they bind; 0 for everything else.
int precedence(const Token& token) {
  for (const char* symbol : {">", ">=", "<", "<=", "==", "!="}) {
    if (token.is(symbol)) {
      return 1;
    }
  }
  if (token.is("+") || token.is("-")) {
    return 2;
  }
  return token.is("*") || token.is("/") || token.is("@") ? 3 : 0;
}

}  // namespace

ExpressionParser::Level::Level(ExpressionParser& parser, const Token& opening) : parser_(parser) {
  if (parser_.nesting_ == max_nesting) {
    throw LocatedError(opening.at, "an expression may nest at most " + std::to_string(max_nesting) +
                                       " levels deep");
  }
  ++parser_.nesting_;
}

ExpressionParser::Parsed ExpressionParser::node(Kind kind, const Token& first, std::string text) {
  Parsed parsed;
  parsed.tree.kind = kind;
  parsed.tree.at = first.at;
  parsed.tree.text = std::move(text);
  return parsed;
}

void ExpressionParser::grow(Parsed& parent, const Parsed& child) {
  parent.height = std::max(parent.height, child.height + 1);
  if (parent.height > max_height) {
    throw LocatedError(parent.tree.at, "an expression may chain at most " +
                                           std::to_string(max_height) + " operators");
  }
}

void ExpressionParser::adopt(Parsed& parent, Parsed child) {
  grow(parent, child);
  parent.tree.children.push_back(std::move(child.tree));
}

// Operators that bind at least as tightly as `least`, from the left.
ExpressionParser::Parsed ExpressionParser::chain(int least) {
  Parsed left = operand();
  while (precedence(tokens_.token()) >= least) {
    const Token symbol = tokens_.take();
    const int level = precedence(symbol);
    Parsed both = node(Kind::binary, symbol, std::string(symbol.meaning));
    adopt(both, std::move(left));
    adopt(both, chain(level + 1));
    left = std::move(both);
    if (level == 1 && precedence(tokens_.token()) == 1) {
      throw LocatedError(tokens_.token().at, "comparisons do not chain: write (a < b) * (b < c)");
    }
  }
  return left;
}

ExpressionParser::Parsed ExpressionParser::operand() {
  if (!tokens_.at("-")) {
    return power();
  }
  const Token sign = tokens_.take();
  const Level level(*this, sign);
  Parsed parsed = node(Kind::negate, sign);
  adopt(parsed, operand());
  return parsed;
}

ExpressionParser::Parsed ExpressionParser::power() {
  Parsed base = postfix();
  if (tokens_.at("^2") || tokens_.at("^3")) {
    const Token symbol = tokens_.take();
    Parsed both = node(Kind::binary, symbol, "**");
    adopt(both, std::move(base));
    Parsed exponent = node(Kind::number, symbol, symbol.is("^2") ? "2" : "3");
    exponent.tree.number = symbol.is("^2") ? 2 : 3;
    adopt(both, std::move(exponent));
    return both;
  }
  if (!tokens_.at("**")) {
    return base;
  }
  const Token symbol = tokens_.take();
  const Level level(*this, symbol);
  Parsed both = node(Kind::binary, symbol, "**");
  adopt(both, std::move(base));
  adopt(both, operand());
  return both;
}

ExpressionParser::Parsed ExpressionParser::postfix() {
  const Token first = tokens_.token();
  Parsed parsed = primary();
  while (tokens_.at(".") || tokens_.at("[") || tokens_.at("^T")) {
    if (tokens_.at("[")) {
      parsed = index(std::move(parsed), first);
      continue;
    }
    const Token symbol = tokens_.take();
    if (symbol.is(".") && tokens_.token().text != "T") {
      tokens_.fail(tokens_.at(Token::Kind::name) && tokens_.token().text != "t"
                       ? "'T' after '.'; a function stands by itself, as in sum(x)"
                       : "'T' after '.'");
    }
    if (symbol.is(".")) {
      tokens_.take();
    }
    Parsed outer = node(Kind::transpose, first);
    adopt(outer, std::move(parsed));
    parsed = std::move(outer);
  }
  return parsed;
}

// x[0, 1:], or a look-up E[words]: the rows of E that the entries of `words` name.
ExpressionParser::Parsed ExpressionParser::index(Parsed base, const Token& first) {
  const Token opening = tokens_.take();
  if (!tokens_.at(Token::Kind::name)) {
    Parsed outer = node(Kind::index, first);
    outer.tree.subscripts = parse_subscripts(tokens_);
    tokens_.close("]", opening);
    adopt(outer, std::move(base));
    return outer;
  }
  const Token name = tokens_.take();
  tokens_.close("]", opening);
  Parsed lookup = node(Kind::call, first, "embedding");
  adopt(lookup, node(Kind::name, name, normal_name(name.text)));
  adopt(lookup, std::move(base));
  return lookup;
}

ExpressionParser::Parsed ExpressionParser::primary() {
  const Token& next = tokens_.token();
  if (next.is("[")) {
    return array();
  }
  if (next.is("(")) {
    return parenthesised();
  }
  if (next.kind == Token::Kind::number) {
    return number();
  }
  if (next.kind == Token::Kind::string || is_boolean(next)) {
    throw LocatedError(next.at, quoted(next) +
                                    " may only stand as a setting: function(x, keyword=" +
                                    std::string(next.text) + ")");
  }
  if (next.kind != Token::Kind::name) {
    const Token& before = tokens_.previous();
    const bool first = before.kind == Token::Kind::end || before.kind == Token::Kind::newline;
    tokens_.fail(first ? "an expression" : "an expression after " + quoted(before));
  }
  const Token name = tokens_.take();
  return tokens_.at("(") ? call(name) : node(Kind::name, name, normal_name(name.text));
}

ExpressionParser::Parsed ExpressionParser::number() {
  const Token digits = tokens_.take();
  Parsed parsed = node(Kind::number, digits, std::string(digits.text));
  parsed.tree.number = number_of(digits);
  return parsed;
}

ExpressionParser::Parsed ExpressionParser::parenthesised() {
  const Token opening = tokens_.take();
  const Level level(*this, opening);
  Parsed inner = expression();
  if (tokens_.at(",")) {  // (0, 1) is a list, as in Python
    Parsed list = node(Kind::array, opening);
    adopt(list, std::move(inner));
    while (tokens_.accept(",") && !tokens_.at(")")) {
      adopt(list, expression());
    }
    inner = std::move(list);
  }
  tokens_.close(")", opening);
  return inner;
}

ExpressionParser::Parsed ExpressionParser::array() {
  const Token opening = tokens_.take();
  const Level level(*this, opening);
  Parsed parsed = node(Kind::array, opening);
  if (!tokens_.at("]")) {
    do {
      adopt(parsed, expression());
    } while (tokens_.accept(",") && !tokens_.at("]"));
  }
  tokens_.close("]", opening);
  return parsed;
}

ExpressionParser::Parsed ExpressionParser::call(const Token& name) {
  const Token opening = tokens_.take();
  const Level level(*this, opening);
  Parsed parsed = node(Kind::call, name, std::string(name.text));
  if (!tokens_.at(")")) {
    do {
      argument(parsed);
    } while (tokens_.accept(",") && !tokens_.at(")"));
  }
  tokens_.close(")", opening);
  return parsed;
}

// A tensor or a setting by position, or one by keyword: a name alone with '=' after it.
void ExpressionParser::argument(Parsed& call) {
  const Token first = tokens_.token();
  Parsed value = setting();
  auto& keywords = call.tree.keywords;
  if (!tokens_.at("=")) {
    if (!keywords.empty()) {
      throw LocatedError(first.at, "an argument by position may not follow one by keyword");
    }
    adopt(call, std::move(value));
    return;
  }
  if (first.kind != Token::Kind::name || value.tree.kind != Kind::name) {
    throw LocatedError(first.at, "expected the name of a setting before '='");
  }
  const auto same = [&](const auto& keyword) { return keyword.name == first.text; };
  if (std::any_of(keywords.begin(), keywords.end(), same)) {
    throw LocatedError(first.at, "keyword '" + std::string(first.text) + "' is given twice");
  }
  tokens_.take();
  value = setting();
  if (value.tree.kind == Kind::name && value.tree.text == "None") {
    return;  // as in Python: the setting is left at its default
  }
  grow(call, value);
  keywords.push_back({std::string(first.text), std::move(value.tree)});
}

ExpressionParser::Parsed ExpressionParser::setting() {
  if (tokens_.at(Token::Kind::string)) {
    const Token word = tokens_.take();
    return node(Kind::string, word, std::string(word.text.substr(1, word.text.size() - 2)));
  }
  if (is_boolean(tokens_.token())) {
    const Token word = tokens_.take();
    const bool truth = word.text == "true" || word.text == "True";
    Parsed parsed = node(Kind::boolean, word, truth ? "true" : "false");
    parsed.tree.number = truth ? 1 : 0;
    return parsed;
  }
  return expression();
}

}  // namespace gradcheck
