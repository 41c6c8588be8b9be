#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <gradcheck/cases/printed.hpp>
#include <gradcheck/cases/statement_judge.hpp>
#include <gradcheck/diagnose/diagnosis.hpp>

namespace gradcheck {

namespace {

/// A numeric value that is known less well than that judges nothing.
constexpr double known_to = 1e-3;

bool same_but_for_ones(Shape a, Shape b) {
  std::erase(a, std::size_t{1});
  std::erase(b, std::size_t{1});
  return a == b;
}

std::string index_of(const std::vector<std::size_t>& index) {
  return index.empty() ? "" : fmt::format("[{}]", fmt::join(index, ", "));
}

/// "[0] is 3, numerically -4 (relative error 1.8)", with the digits that tell them apart.
std::string worst_of(const TensorCheck& check) {
  const EntryReport& worst = check.report.worst;
  const double error = check.report.max_relative_error;
  return fmt::format(
      "{} is {}, numerically {} (relative error {})", index_of(worst.index),
      text_beside(worst.analytic, worst.numeric), text_beside(worst.numeric, worst.analytic),
      std::isfinite(error) ? fmt::format("{:.2g}", error) : text_beside(error, error));
}

}  // namespace

StatementJudge::StatementJudge(Checker& checker, const std::map<ValueId, TensorCheck>& checked,
                               CaseRounding& rounding, std::optional<double> rtol,
                               const CheckOptions& options)
    : checker_(checker), checked_(checked), rounding_(rounding), rtol_(rtol), options_(options) {}

Judged StatementJudge::operator()(ValueId value, const Evaluated& claim,
                                  const std::optional<Tensor>* printed) {
  const Shape& shape = checker_.network().value(value).shape;
  const Shape own = shape_of(claim.value);
  Judged judged;
  if (claim.value.size() != entries_of(shape) || !same_but_for_ones(own, shape)) {
    judged.relative_error = std::numeric_limits<double>::infinity();
    judged.why = fmt::format(" has shape {}, expected {}", to_string(own), to_string(shape));
    return judged;
  }
  const Tensor claimed = reshaped(claim.value, shape);
  const Tensor rounding = reshaped(rounding_of(claim.value, claim.long_value), shape);
  claims_.insert_or_assign(value, claimed);
  TensorCheck check = compared(value, claimed, rounding);
  const bool exact = !rtol_ && check.report.verdict == Verdict::agree;
  judged.agrees = exact || within(check, value, claimed, rounding, printed);
  judged.relative_error = judged.agrees && !exact ? 0 : check.report.max_relative_error;
  if (judged.agrees) {
    judged.note = own == shape ? ""
                               : fmt::format(
                                     " has shape {} in place of {}: axes of size 1 are "
                                     "ignored",
                                     to_string(own), to_string(shape));
    return judged;
  }
  judged.worst = check.report.worst;
  judged.why = worst_of(check) + derivatives_of(value, check);
  numeric_.insert_or_assign(value, std::move(check));
  return judged;
}

/// Whether every entry is as near to the numeric one as all that is granted allows.
bool StatementJudge::within(const TensorCheck& check, ValueId value, const Tensor& claimed,
                            const Tensor& rounding, const std::optional<Tensor>* printed) {
  const double rtol = rtol_.value_or(options_.rtol);
  const Tensor ours = rounding_.of_gradient(value, 0);
  for (std::size_t i = 0; i < claimed.size(); ++i) {
    const double a = claimed.data()[i], n = check.numeric.data()[i];
    const double size = std::max(std::abs(a), std::abs(n)), e = check.bound.data()[i];
    const double granted = rounding.data()[i] + ours.data()[i] + rtol * size +
                           (printed != nullptr && *printed ? (*printed)->data()[i] : 0);
    const bool known = e <= std::max(known_to * size, granted);
    if (!known || !(std::abs(a - n) <= granted + e)) {
      return false;
    }
  }
  return true;
}

TensorCheck StatementJudge::compared(ValueId value, const Tensor& claimed, const Tensor& rounding) {
  const auto known = checked_.find(value);
  if (known == checked_.end() || known->second.report.verdict != Verdict::agree ||
      known->second.report.kinks != 0) {
    return checker_.check_claimed(value, claimed, rounding, claims_);
  }
  TensorCheck check = known->second;
  check.report = compare_with(known->second, claimed, rounding, options_);
  return check;
}

/// What the worst entry might have been if it reaches a kink.
std::string StatementJudge::derivatives_of(ValueId value, const TensorCheck& check) {
  const Shape& shape = checker_.network().value(value).shape;
  for (std::size_t i = 0; i < check.at_kink.size(); ++i) {
    if (check.at_kink[i] && unravel(shape, i) == check.report.worst.index) {
      const Interval derivatives = checker_.kink_interval(checker_.network().loss(), 0, value, i);
      return fmt::format("; it is at a kink, where the derivatives run from {:.6g} to {:.6g}",
                         derivatives.low, derivatives.high);
    }
  }
  return "";
}

std::optional<Diagnosis> StatementJudge::diagnosis(ValueId value, const Evaluated& claim,
                                                   const std::string& name) {
  const Shape& shape = checker_.network().value(value).shape;
  if (claim.value.size() != entries_of(shape)) {
    return std::nullopt;
  }
  // Of a claim of another shape nothing was compared; it may be a transpose.
  const auto compared = numeric_.find(value);
  const TensorCheck numeric = compared != numeric_.end() ? compared->second : checker_.check(value);
  const Observation seen{reshaped(claim.value, shape), numeric.numeric, numeric.bound,
                         reshaped(rounding_of(claim.value, claim.long_value), shape),
                         options_.rtol};
  return diagnose_claimed(checker_, value, seen, name, options_);
}

}  // namespace gradcheck
