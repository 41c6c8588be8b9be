#include <gradcheck/network/expression_parser.hpp>
#include <gradcheck/network/names.hpp>
#include <gradcheck/network/subscripts.hpp>
#include <gradcheck/network/syntax.hpp>
#include <gradcheck/network/token_stream.hpp>

namespace gradcheck {
namespace {

bool begins_with_operand(const Expression& e) {
  using Kind = Expression::Kind;
  return e.kind == Kind::binary || e.kind == Kind::transpose || e.kind == Kind::index;
}

}  // namespace

std::vector<const Expression*> chain_of(const Expression& expression) {
  std::vector<const Expression*> chain{&expression};
  while (begins_with_operand(*chain.back())) {
    chain.push_back(&chain.back()->children[0]);
  }
  return chain;
}

Expression parse_expression(std::string_view text, Position origin) {
  TokenStream tokens(text, origin);
  tokens.skip_lines();
  Expression parsed = ExpressionParser(tokens).parse();
  tokens.skip_lines();
  if (!tokens.at(Token::Kind::end)) {
    tokens.fail(tokens.at(",") ? "an operator or the end; a decimal comma is written as a point"
                               : "an operator or the end");
  }
  return parsed;
}

std::pair<std::string, std::vector<Subscript>> parse_reference(std::string_view text,
                                                               Position origin) {
  TokenStream tokens(text, origin);
  if (!tokens.at(Token::Kind::name)) {
    tokens.fail("a name");
  }
  std::pair<std::string, std::vector<Subscript>> parsed;
  parsed.first = normal_name(tokens.take().text);
  if (tokens.at("[")) {
    const Token opening = tokens.take();
    parsed.second = parse_subscripts(tokens);
    tokens.close("]", opening);
  }
  if (!tokens.at(Token::Kind::end)) {
    tokens.fail(parsed.second.empty() ? "'[' or the end" : "the end");
  }
  return parsed;
}

}  // namespace gradcheck
