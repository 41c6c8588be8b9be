#include <gradcheck/report/paint.hpp>

namespace gradcheck {
namespace {

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
  std::string out = "\x1b[";
  return out.append(code_of(ink)).append("m").append(text).append("\x1b[0m");
}

}  // namespace gradcheck
