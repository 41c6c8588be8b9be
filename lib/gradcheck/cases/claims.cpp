#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <gradcheck/cases/claims.hpp>
#include <gradcheck/cases/printed.hpp>

namespace gradcheck {

namespace {

/// Granted to every printed number, relative to the largest entry of its tensor: our own rounding
/// never accuses.
constexpr double slack_of_scale = 1e-9;
/// From so many printed digits on, one unit too far may be the source's own rounding.
constexpr int digits_for_last_digit = 2;

Shape squeezed(const Shape& shape) {
  Shape result;
  std::ranges::copy_if(shape, std::back_inserter(result),
                       [](std::size_t extent) { return extent != 1; });
  return result;
}

bool same_but_for_ones(const Shape& a, const Shape& b) { return squeezed(a) == squeezed(b); }

bool fits(const Shape& printed, const Computed& computed) {
  return same_but_for_ones(printed, computed.selection.shape) ||
         std::ranges::any_of(computed.other_shapes,
                             [&](const Shape& s) { return same_but_for_ones(printed, s); });
}

/// The claimed numbers, with what each may be off.
struct Printout {
  Shape shape;
  bool all_equal = false;  ///< one number stands for every entry
  bool formula = false;
  std::vector<Printed> numbers;
  std::vector<double> tolerance;  ///< by number

  std::size_t place(std::size_t entry) const { return all_equal ? 0 : entry; }
};

Printout printout_of(const Written& written, const Environment& names,
                     const ClaimTolerance& precision) {
  Printout printout{written.shape, written.all_equal, false, written.numbers, {}};
  if (written.formula.empty()) {
    for (const Printed& number : written.numbers) {
      printout.tolerance.push_back(precision.tolerance.value_or(number.half_unit));
    }
    return printout;
  }
  const Evaluated formula = evaluate(parse_expression(written.formula, written.formula_at), names);
  const Tensor rounding = rounding_of(formula.value, formula.long_value);
  printout.shape = shape_of(formula.value);
  printout.formula = true;
  for (std::size_t i = 0; i < formula.value.size(); ++i) {
    const double value = formula.value.data()[i];
    printout.numbers.push_back({"", value, 0, 0});
    printout.tolerance.push_back(
        precision.tolerance.value_or(precision.rtol * std::abs(value) + rounding.data()[i]));
  }
  return printout;
}

/// A formula that is a bare number was put in quotes to keep its digits: it is judged as a number.
Written as_printed(Written written) {
  constexpr std::string_view blanks = " \t\r\n";
  std::string_view text = written.formula;
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  text = text.substr(0, text.find_last_not_of(blanks) + 1);
  if (std::optional<Printed> number = read_printed(text)) {
    written.shape = {};
    written.numbers = {std::move(*number)};
    written.formula.clear();
  }
  return written;
}

/// Nothing is within a room that is not finite: everything would be.
bool is_within(double difference, double room) { return std::isfinite(room) && difference <= room; }

ClaimVerdict verdict_of(double difference, const Printed& printed, double tolerance, double slack,
                        bool may_be_off) {
  if (is_within(difference, tolerance + slack)) {
    return ClaimVerdict::right;
  }
  const bool one_unit = may_be_off && printed.half_unit > 0 &&
                        printed.digits >= digits_for_last_digit &&
                        is_within(difference, 2 * printed.half_unit + slack);
  return one_unit ? ClaimVerdict::last_digit : ClaimVerdict::wrong;
}

Finding wrong_shape(const Printout& printout, const Computed& computed) {
  Finding finding;
  finding.printed = to_string(printout.shape);
  finding.computed = std::numeric_limits<double>::quiet_NaN();
  finding.computed_text = to_string(computed.selection.shape);
  finding.verdict = ClaimVerdict::wrong;
  return finding;
}

/// Judges the entries of one claim.
class EntryJudge {
 public:
  EntryJudge(const Printout& printout, const Computed& computed, const ClaimTolerance& precision,
             const Leeway& leeway)
      : printout_(printout), computed_(computed), leeway_(leeway) {
    slack_ = std::isfinite(computed.scale) ? slack_of_scale * computed.scale : 0;
    may_be_off_ = !precision.tolerance && !printout.formula && !precision.strict;
  }

  /// The entry as a finding, of whatever verdict.
  Finding operator()(std::size_t i) {
    const Printed& printed = printout_.numbers[printout_.place(i)];
    const std::size_t position = computed_.selection.positions[i];
    Finding finding;
    finding.entry = i;
    finding.computed = computed_.tensor->data()[position];
    finding.verdict = verdict(i, finding.computed, slack_);
    if (finding.verdict == ClaimVerdict::right) {
      return finding;
    }
    const double slack = slack_ + rounding_at(position);
    finding.verdict = verdict(i, finding.computed, slack);
    finding.index = unravel(printout_.shape, i);
    finding.printed =
        printout_.formula ? text_beside(printed.value, finding.computed) : printed.text;
    finding.computed_text = computed_text(finding.computed, printed);
    if (finding.verdict != ClaimVerdict::right) {
      allow_derivatives(finding, leeway_.derivatives(position), slack);
    }
    return finding;
  }

 private:
  ClaimVerdict verdict(std::size_t i, double computed, double slack) const {
    const Printed& printed = printout_.numbers[printout_.place(i)];
    return verdict_of(std::abs(printed.value - computed), printed,
                      printout_.tolerance[printout_.place(i)], slack, may_be_off_);
  }

  double rounding_at(std::size_t position) const {
    return leeway_.rounding ? leeway_.rounding().data()[position] : 0;
  }

  /// At a kink every derivative is right; what is none is told their range.
  void allow_derivatives(Finding& finding, const std::optional<Interval>& derivatives,
                         double slack) const {
    if (!derivatives) {
      return;
    }
    const std::size_t place = printout_.place(finding.entry);
    const double printed = printout_.numbers[place].value;
    const double off = printout_.tolerance[place] + slack;
    const double low = derivatives->low - off;
    const double high = derivatives->high + off;
    if (std::isfinite(high - low) && low <= printed && printed <= high) {
      finding.verdict = ClaimVerdict::right;
    } else if (derivatives->low < derivatives->high) {
      const std::string least = fmt::format("{:.6g}", derivatives->low);
      const std::string most = fmt::format("{:.6g}", derivatives->high);
      finding.remark = least == most ? "the derivative there is " + least
                                     : "the derivatives there run from " + least + " to " + most;
    }
  }

  const Printout& printout_;
  const Computed& computed_;
  const Leeway& leeway_;
  double slack_ = 0;
  bool may_be_off_ = false;
};

void count(ClaimReport& report, ClaimVerdict verdict) {
  report.right += verdict == ClaimVerdict::right ? 1 : 0;
  report.last_digit += verdict == ClaimVerdict::last_digit ? 1 : 0;
  report.wrong += verdict == ClaimVerdict::wrong ? 1 : 0;
  report.verdict = std::max(report.verdict, verdict);
}

}  // namespace

const char* to_string(Claim::Kind kind) {
  switch (kind) {
    case Claim::Kind::forward:
      return "forward";
    case Claim::Kind::gradient:
      return "gradient";
    case Claim::Kind::updated:
      return "updated";
    case Claim::Kind::change:
      return "change";
    case Claim::Kind::jacobian:
      return "jacobian";
    case Claim::Kind::numeric_gradient:
      return "numeric.gradient";
    case Claim::Kind::relative_error:
      return "numeric.relative_error";
  }
  return "?";
}

ClaimReport judge_claim(const Claim& claim, const Computed& computed, const Environment& names,
                        const ClaimTolerance& precision, const Leeway& leeway) {
  ClaimReport report;
  report.kind = to_string(claim.kind);
  report.name = claim.key;
  report.line = claim.at.line;
  report.column = claim.at.column;
  const Written written = as_printed(claim.value);
  const Printout printout = printout_of(written, names, precision);
  report.shape = printout.shape;
  report.computed_shape = computed.selection.shape;
  for (const std::size_t position : computed.selection.positions) {
    report.computed.push_back(computed.tensor->data()[position]);
  }
  if (!fits(printout.shape, computed)) {
    report.findings.push_back(wrong_shape(printout, computed));
    report.entries = 1;
    count(report, ClaimVerdict::wrong);
    return report;
  }
  EntryJudge judge(printout, computed, precision, leeway);
  for (std::size_t i = 0; i < entries_of(printout.shape); ++i) {
    Finding finding = judge(i);
    ++report.entries;
    count(report, finding.verdict);
    if (finding.verdict != ClaimVerdict::right) {
      report.findings.push_back(std::move(finding));
    }
  }
  return report;
}

}  // namespace gradcheck
