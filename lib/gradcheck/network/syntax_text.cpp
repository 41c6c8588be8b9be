#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <gradcheck/network/syntax.hpp>

namespace gradcheck {
namespace {

using Kind = Expression::Kind;

// How tightly an expression holds together; an operand that holds less than its place asks gets
// parentheses.
enum Tightness { comparison = 1, sum, product, sign, power, postfix, atom };

Tightness tightness(const Expression& e) {
  switch (e.kind) {
    case Kind::binary:
      if (e.text == "**") {
        return power;
      }
      if (e.text == "*" || e.text == "/" || e.text == "@") {
        return product;
      }
      return e.text == "+" || e.text == "-" ? sum : comparison;
    case Kind::negate:
      return sign;
    case Kind::number:
      return std::signbit(e.number) ? sign : atom;
    case Kind::transpose:
    case Kind::index:
      return postfix;
    default:
      return atom;
  }
}

std::string number_text(double number) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  return {buffer.data(), end};
}

std::string operand_text(const Expression& e, std::string text, int least) {
  return tightness(e) >= least ? text : fmt::format("({})", text);
}

// What `.T` or an index is written after; `2.T` would be no number.
std::string base_text(const Expression& e, std::string text) {
  return operand_text(e, std::move(text), e.kind == Kind::number ? atom + 1 : int{postfix});
}

std::string binary_text(const Expression& e, std::string left_text) {
  const int own = tightness(e);
  const int left = own == power ? int{postfix} : own == comparison ? own + 1 : own;
  const int right = own == power ? int{sign} : own + 1;
  return fmt::format("{} {} {}", operand_text(e.children[0], std::move(left_text), left), e.text,
                     operand_text(e.children[1], to_string(e.children[1]), right));
}

std::string subscript_text(const Subscript& subscript) {
  const auto text = [](const std::optional<long long>& n) {
    return n ? std::to_string(*n) : std::string();
  };
  switch (subscript.kind) {
    case Subscript::Kind::index:
      return text(subscript.start);
    case Subscript::Kind::slice:
      return text(subscript.start) + ":" + text(subscript.stop) +
             (subscript.step ? fmt::format(":{}", *subscript.step) : std::string());
    default:
      return "...";
  }
}

template <class Items, class Text>
std::string joined(const Items& items, Text text, std::string so_far = {}) {
  for (const auto& item : items) {
    so_far += (so_far.empty() ? "" : ", ") + text(item);
  }
  return so_far;
}

std::string keyword_text(const Keyword& keyword) {
  return fmt::format("{}={}", keyword.name, to_string(keyword.value));
}

std::string word_text(const std::string& word) {
  const char quote = word.find('"') == std::string::npos ? '"' : '\'';
  return quote + word + quote;
}

// The text around that of the first operand, of an expression that begins with it.
std::string text_around(std::string first, const Expression& e) {
  switch (e.kind) {
    case Kind::binary:
      return binary_text(e, std::move(first));
    case Kind::transpose:
      return base_text(e.children[0], std::move(first)) + ".T";
    default:
      return fmt::format("{}[{}]", base_text(e.children[0], std::move(first)),
                         joined(e.subscripts, subscript_text));
  }
}

// The text of an expression that does not begin with an operand.
std::string text_of(const Expression& e) {
  const auto text = [](const Expression& child) { return to_string(child); };
  switch (e.kind) {
    case Kind::number:
      return number_text(e.number);
    case Kind::name:
      return e.text;
    case Kind::string:
      return word_text(e.text);
    case Kind::boolean:
      return e.number != 0 ? "true" : "false";
    case Kind::call:
      return fmt::format("{}({})", e.text,
                         joined(e.keywords, keyword_text, joined(e.children, text)));
    case Kind::negate:
      return fmt::format("-{}", operand_text(e.children[0], to_string(e.children[0]), sign));
    default:
      return fmt::format("[{}]", joined(e.children, text));
  }
}

}  // namespace

std::string to_string(const Expression& e) {
  const std::vector<const Expression*> chain = chain_of(e);
  std::string text = text_of(*chain.back());
  for (std::size_t k = chain.size() - 1; k-- > 0;) {
    text = text_around(std::move(text), *chain[k]);
  }
  return text;
}

}  // namespace gradcheck
