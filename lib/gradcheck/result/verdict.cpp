#include <gradcheck/result/verdict.hpp>

namespace gradcheck {

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::agree:
      return "agree";
    case Verdict::inconclusive:
      return "inconclusive";
    case Verdict::disagree:
      return "disagree";
    case Verdict::error:
      return "error";
  }
  return "?";
}

}  // namespace gradcheck
