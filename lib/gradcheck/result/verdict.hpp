#pragma once

namespace gradcheck {

/// Of an entry, a tensor or a case, from harmless to grave; `error` is of cases alone.
enum class Verdict { agree, inconclusive, disagree, error };

const char* to_string(Verdict verdict);

/// The graver of two verdicts.
inline Verdict graver(Verdict a, Verdict b) { return a < b ? b : a; }

}  // namespace gradcheck
