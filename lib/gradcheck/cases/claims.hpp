#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include <gradcheck/cases/case_file.hpp>
#include <gradcheck/compare/checker.hpp>
#include <gradcheck/network/language.hpp>
#include <gradcheck/result/report.hpp>

namespace gradcheck {

/// What a claim is about, worked out: the tensor that was computed and the part of it that the key
/// names.
struct Computed {
  const Tensor* tensor = nullptr;   ///< the whole named tensor
  double scale = 0;                 ///< its largest entry: it gives the slack
  Selection selection;              ///< the claimed part of it
  std::vector<Shape> other_shapes;  ///< further shapes under which the same entries may be printed
};

/// How strictly printed numbers are judged.
struct ClaimTolerance {
  std::optional<double>
      tolerance;        ///< [claims] tolerance: replaces half a unit of the last printed digit
  double rtol = 1e-7;   ///< for formulas
  bool strict = false;  ///< [claims] strict: there is no last_digit
};

/// The range of the derivatives at an entry that reaches a kink: each of them is right. None where
/// there is no kink.
using DerivativesAt = std::function<std::optional<Interval>(std::size_t position)>;

/// How far rounding may have moved what was computed, by its entries; asked for only where a claim
/// is not right without it.
using RoundingOf = std::function<const Tensor&()>;

/// What is right beside the computed value itself.
struct Leeway {
  DerivativesAt derivatives = [](std::size_t) { return std::nullopt; };
  RoundingOf rounding;
};

/// Judges one claim. A number is right within half a unit of its last printed digit (ends included)
/// plus 1e-9 of the tensor's scale plus the rounding of what was computed; last_digit within one
/// unit, if at least two significant digits are printed; else wrong. A text that is a bare number
/// is judged as one. Any other formula, evaluated over `names`, is right within rtol and its own
/// rounding. Axes of size 1 are ignored;
/// any other difference in shape is one wrong finding. Throws LocatedError if a formula cannot be
/// evaluated.
ClaimReport judge_claim(const Claim& claim, const Computed& computed, const Environment& names,
                        const ClaimTolerance& precision, const Leeway& leeway);

const char* to_string(Claim::Kind kind);

}  // namespace gradcheck
