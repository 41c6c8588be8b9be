#include <array>
#include <cstdio>
#include <optional>
#include <string>

#include <tao/pegtl.hpp>

#include <gradcheck/network/lexer.hpp>
#include <gradcheck/network/names.hpp>
#include <gradcheck/network/place.hpp>
#include <gradcheck/tensor/limits.hpp>

namespace gradcheck {
namespace {

namespace pegtl = tao::pegtl;

// What a match is: the kinds of Token, and what never leaves the lexer.
enum class Match { number, name, string, symbol, newline, space, bad_number, open_string, unknown };

namespace grammar {

using pegtl::digit, pegtl::one, pegtl::opt, pegtl::plus, pegtl::seq, pegtl::sor, pegtl::star;

struct digits : plus<digit> {};
struct exponent : seq<one<'e', 'E'>, opt<one<'+', '-'>>, digits> {};
struct decimal : sor<seq<digits, opt<one<'.'>, star<digit>>>, seq<one<'.'>, digits>> {};
struct number : seq<decimal, opt<exponent>> {};
struct stray : sor<pegtl::identifier_other, one<'.'>> {};  // what may not follow a number
struct bad_number : seq<number, plus<stray>> {};

// Names of any script.
struct name {
  using rule_t = name;
  using subs_t = pegtl::empty_list;
  template <class Input>
  static bool match(Input& in) {
    const std::size_t length = name_length({in.current(), in.size()});
    in.bump(length);
    return length > 0;
  }
};

// The spaces of typeset text.
struct wide_space {
  using rule_t = wide_space;
  using subs_t = pegtl::empty_list;
  template <class Input>
  static bool match(Input& in) {
    const std::size_t length = space_length({in.current(), in.size()});
    in.bump(length);
    return length > 0;
  }
};

template <char Quote>
struct quoted : seq<one<Quote>, star<pegtl::not_one<Quote, '\n', '\r'>>, one<Quote>> {};
struct string : sor<quoted<'"'>, quoted<'\''>> {};
struct open_string : one<'"', '\''> {};

struct of_three : pegtl::string<'.', '.', '.'> {};
struct of_two : sor<pegtl::string<'*', '*'>, pegtl::string<'=', '='>, pegtl::string<'!', '='>,
                    pegtl::string<'>', '='>, pegtl::string<'<', '='>> {};
struct of_one : one<'+', '-', '*', '/', '@', '>', '<', '=', '(', ')', '[', ']', ',', ':', '.'> {};
// What papers write for *, -, .T, ** 2 and ** 3.
struct of_papers : sor<pegtl::string<'\xE2', '\x88', '\x92'>, pegtl::string<'\xC3', '\x97'>,
                       pegtl::string<'\xE2', '\x8A', '\x99'>, pegtl::string<'\xE1', '\xB5', '\x80'>,
                       pegtl::string<'\xC2', '\xB2'>, pegtl::string<'\xC2', '\xB3'>,
                       seq<pegtl::string<'^', 'T'>, pegtl::not_at<pegtl::identifier_other>>> {};
struct symbol : sor<of_three, of_two, of_one, of_papers> {};

struct newline : sor<pegtl::eol, one<'\r'>, one<';'>> {};
struct comment : seq<one<'#'>, star<pegtl::not_one<'\n', '\r'>>> {};
struct continuation : seq<one<'\\'>, pegtl::eol> {};
struct space : sor<plus<one<' ', '\t'>>, comment, continuation, wide_space> {};

struct token : sor<space, newline, seq<number, pegtl::not_at<stray>>, bad_number, name, string,
                   open_string, symbol> {};

}  // namespace grammar

template <Match match>
struct Means {
  static void apply0(Match& m) { m = match; }
};

template <class Rule>
struct Action : pegtl::nothing<Rule> {};
template <>
struct Action<grammar::number> : Means<Match::number> {};
template <>
struct Action<grammar::bad_number> : Means<Match::bad_number> {};
template <>
struct Action<grammar::name> : Means<Match::name> {};
template <>
struct Action<grammar::string> : Means<Match::string> {};
template <>
struct Action<grammar::open_string> : Means<Match::open_string> {};
template <>
struct Action<grammar::symbol> : Means<Match::symbol> {};
template <>
struct Action<grammar::newline> : Means<Match::newline> {};
template <>
struct Action<grammar::space> : Means<Match::space> {};

// The first code point of the text: it may be cut short, or no UTF-8 at all.
std::string_view first_character(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80 &&
         length < 4) {
    ++length;
  }
  return text.substr(0, length);
}

std::string shown(std::string_view character) {
  const auto byte = static_cast<unsigned char>(character[0]);
  const bool printable = byte >= 0xC2 ? character.size() > 1 : byte >= 0x20 && byte < 0x7F;
  if (const std::optional<unsigned> code = invisible(character)) {
    std::array<char, 12> hex{};
    std::snprintf(hex.data(), hex.size(), "U+%04X", *code);
    return "character " + std::string(hex.data()) + ", which cannot be seen";
  }
  if (printable) {
    return "character '" + std::string(character) + "'";
  }
  std::array<char, 8> hex{};
  std::snprintf(hex.data(), hex.size(), "0x%02X", byte);
  return "byte " + std::string(hex.data());
}

std::string hint(std::string_view character) {
  if (character == "^") {
    return ": a power is written **, a transpose .T or ^T";
  }
  if (character == "\u2013" || character == "\u2014") {
    return ": a minus is written -";
  }
  if (character == "\u00B7" || character == "\u22C5") {
    return ": a product is written *, or @ for matrices";
  }
  if (character == "\u2218") {
    return ": a product entry by entry is written *";
  }
  if (character == "\u221A") {
    return ": a root is written sqrt(x)";
  }
  if (character == "\u2202") {
    return ": the gradient of w is written dw";
  }
  if (character == "'" || character == "\u2032") {
    return ": a name is letters, digits and _, as in dz";
  }
  return "";
}

void refuse_unless_token(Match match, std::string_view text, Position at) {
  if (match == Match::unknown) {
    throw LocatedError(at, "unknown " + shown(text) + hint(text));
  }
  if (match == Match::bad_number) {
    throw LocatedError(at, "'" + shortened(text) + "' is not a number");
  }
  if (match == Match::open_string) {
    throw LocatedError(at, "missing " + std::string(text) + " at the end of the word");
  }
  const bool is_word = match == Match::name || match == Match::number || match == Match::string;
  if (is_word && text.size() > max_word) {
    throw LocatedError(at, "'" + shortened(text) + "' has " + std::to_string(text.size()) +
                               " characters, expected at most " + std::to_string(max_word));
  }
}

std::string_view meaning_of(std::string_view text) {
  static constexpr std::array<std::array<std::string_view, 2>, 7> papers{{{"\u2212", "-"},
                                                                          {"\u00D7", "*"},
                                                                          {"\u2299", "*"},
                                                                          {"\u1D40", "^T"},
                                                                          {"^T", "^T"},
                                                                          {"\u00B2", "^2"},
                                                                          {"\u00B3", "^3"}}};
  for (const auto& [written, meaning] : papers) {
    if (text == written) {
      return meaning;
    }
  }
  return text;
}

Token::Kind kind_of(Match match) {
  switch (match) {
    case Match::number:
      return Token::Kind::number;
    case Match::name:
      return Token::Kind::name;
    case Match::string:
      return Token::Kind::string;
    case Match::newline:
      return Token::Kind::newline;
    default:
      return Token::Kind::symbol;
  }
}

}  // namespace

struct Lexer::Input : pegtl::memory_input<pegtl::tracking_mode::lazy> {
  explicit Input(std::string_view text) : memory_input(text, "") {}
};

Lexer::Lexer(std::string_view text, Position origin) : at_(origin) {
  if (text.size() > max_network_text) {
    throw LocatedError(origin, "the text has " + std::to_string(text.size()) +
                                   " bytes, expected at most " + std::to_string(max_network_text));
  }
  input_ = std::make_unique<Input>(text);
}

Lexer::~Lexer() = default;

Token Lexer::next() {
  while (!input_->empty()) {
    const Position at = at_;
    const std::string_view rest(input_->current(), input_->size());
    Match match = Match::unknown;
    pegtl::parse<grammar::token, Action>(*input_, match);
    const std::string_view text = rest.substr(0, rest.size() - input_->size());
    refuse_unless_token(match, match == Match::unknown ? first_character(rest) : text, at);
    at_ = after(at_, text);
    const bool is_space =
        match == Match::space || (match == Match::newline && open_ > 0 && text != ";");
    if (!is_space) {
      const Token token{kind_of(match), text, at, meaning_of(text)};
      count_brackets(token);
      return token;
    }
  }
  return {Token::Kind::end, {}, at_, {}};
}

void Lexer::count_brackets(const Token& token) {
  if (token.is("(") || token.is("[")) {
    ++open_;
  } else if ((token.is(")") || token.is("]")) && open_ > 0) {
    --open_;
  }
}

}  // namespace gradcheck
