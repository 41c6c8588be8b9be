#include <gradcheck/report/paint.hpp>

namespace gradcheck {
namespace {

constexpr std::string_view reset = "\x1b[0m";

/// Parameters of "select graphic rendition" (ECMA-48, 8.3.117).
const char* code_of(Ink ink) {
  switch (ink) {
    case Ink::strong:
      return "1";
    case Ink::faint:
      return "2";
    case Ink::good:
      return "32";
    case Ink::doubtful:
      return "33";
    case Ink::bad:
      return "1;31";
    case Ink::plain:
      break;
  }
  return "";
}

std::string code_text(Ink ink) { return std::string("\x1b[") + code_of(ink) + "m"; }

}  // namespace

Ink ink_of(Verdict verdict) {
  if (verdict == Verdict::agree) {
    return Ink::good;
  }
  return verdict == Verdict::inconclusive ? Ink::doubtful : Ink::bad;
}

Ink ink_of(ClaimVerdict verdict) { return verdict == ClaimVerdict::wrong ? Ink::bad : Ink::good; }

Ink ink_of(StatementVerdict verdict) {
  if (verdict == StatementVerdict::agree) {
    return Ink::good;
  }
  return verdict == StatementVerdict::disagree ? Ink::bad : Ink::doubtful;
}

std::string paint(std::string_view text, Ink ink, bool color) {
  if (!color || ink == Ink::plain || text.empty()) {
    return std::string(text);
  }
  return code_text(ink).append(text).append(reset);
}

std::size_t color_code_length(std::string_view text) {
  for (const Ink ink : {Ink::strong, Ink::faint, Ink::good, Ink::doubtful, Ink::bad}) {
    if (const std::string code = code_text(ink); text.starts_with(code)) {
      return code.size();
    }
  }
  return text.starts_with(reset) ? reset.size() : 0;
}

}  // namespace gradcheck
