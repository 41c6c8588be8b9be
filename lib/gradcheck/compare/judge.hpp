#pragma once

#include <gradcheck/numeric/derivative/extrapolate.hpp>
#include <gradcheck/result/verdict.hpp>

namespace gradcheck {

/// An analytic derivative and how far its own rounding may have moved it.
struct Analytic {
  long double value = 0;
  long double rounding = 0;
};

/// How strictly an entry is judged.
struct Strictness {
  double rtol = 1e-7;
  long double attainable =
      0;               ///< rounding error of the best value to be had; 0 until that is known
  bool fixed = false;  ///< the user fixed method or step: its bound is part of the tolerance,
                       ///< whatever its size
};

/// What one comparison says. `agree` and `disagree` are what the numbers at hand show;
/// `inconclusive` asks for better ones and is the verdict if there are none.
struct Judgement {
  Verdict verdict = Verdict::inconclusive;
  /// Bound and rounding of backward together are above a tenth of the value: a zero, or below what
  /// arithmetic can see.
  bool unresolved = false;
};

/// With analytic value a ± u and numeric value n ± e:
/// disagree if |a − n| > e + u + rtol·max(|a|, |n|); otherwise agree if e is no more than the
/// largest of rtol·max(|a|, |n|), twice the attainable rounding error, and u; otherwise
/// inconclusive. A value that is not finite never agrees.
Judgement judge(const Analytic& analytic, const Estimate& numeric, const Strictness& strictness);

/// |a − n| / max(|a|, |n|), 0 where both are 0.
double relative_error(long double analytic, long double numeric);

/// |a − n| over what is tolerated: above 1 means disagreement. Orders entries by how bad they are.
long double severity(const Analytic& analytic, const Estimate& numeric, double rtol);

}  // namespace gradcheck
