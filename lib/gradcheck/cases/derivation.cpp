#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <gradcheck/cases/case_network.hpp>
#include <gradcheck/cases/derivation.hpp>
#include <gradcheck/cases/derivation_blame.hpp>
#include <gradcheck/cases/printed.hpp>
#include <gradcheck/cases/printed_derivation.hpp>
#include <gradcheck/cases/statement_judge.hpp>
#include <gradcheck/diagnose/diagnosis.hpp>

namespace gradcheck {

namespace {

/// Larger networks are not searched for what a wrong line should have been.
constexpr std::size_t most_searched = std::size_t{1} << 22;

/// What became of a line.
struct Line {
  std::optional<Evaluated> written;    ///< with everything before it as written
  std::optional<Evaluated> corrected;  ///< with every gradient before it put right
  std::optional<ShapeMistake> misshaped;
  bool lost = false;     ///< it reads what has no value
  bool refused = false;  ///< it cannot be carried out: a mistake of the file
  std::optional<StatementReport> report;
};

void define(Environment& names, const std::string& name, const Evaluated& value) {
  names.values[name] = value.value;
  names.long_values[name] = value.long_value;
}

StatementReport report_of(const DerivationLine& line, const Network& network,
                          StatementVerdict verdict) {
  StatementReport report;
  report.name = line.claims ? network.value(*line.claims).name : line.target;
  report.target = line.target;
  report.statement = line.statement.text;
  report.line = line.statement.at.line;
  report.column = line.statement.at.column;
  report.verdict = verdict;
  if (line.claims) {
    report.expected_shape = network.value(*line.claims).shape;
  }
  return report;
}

/// A statement whose operands do not fit together, or whose only one does not fit.
StatementReport misshaped(StatementReport report, const ShapeMistake& mistake) {
  report.max_relative_error = std::numeric_limits<double>::infinity();
  std::vector<std::string> operands;
  for (const ShapeMistake::Operand& one : mistake.operands) {
    operands.push_back(fmt::format("{} has shape {}", one.text, to_string(one.shape)));
  }
  report.detail = operands.size() == 1
                      ? mistake.what()
                      : fmt::format("{}: these do not fit together", fmt::join(operands, ", "));
  if (report.expected_shape) {
    report.detail +=
        fmt::format("; {} must have shape {}", report.target, to_string(*report.expected_shape));
  }
  return report;
}

/// The lines with a verdict.
std::vector<std::size_t> lines_with(StatementVerdict verdict,
                                    const std::vector<DerivationLine>& all,
                                    const std::vector<Line>& done) {
  std::vector<std::size_t> lines;
  for (std::size_t k = 0; k < all.size(); ++k) {
    if (all[k].claims && done[k].report && done[k].report->verdict == verdict) {
      lines.push_back(k);
    }
  }
  return lines;
}

HelperReport helper_report(const DerivationLine& line, const Line& done) {
  HelperReport helper{line.target, line.statement.text, line.statement.at.line, {}};
  helper.value =
      done.corrected ? done.corrected->value : scalar(std::numeric_limits<double>::quiet_NaN());
  return helper;
}

/// Walks through the lines with two sets of names: as written, and with every gradient put right.
class DerivationCheck {
 public:
  DerivationCheck(Checker& checker, DerivationLines read, StatementJudge judge,
                  const DerivationTolerance& tolerance, const CheckOptions& options)
      : checker_(checker),
        network_(checker.network()),
        lines_(std::move(read.lines)),
        judge_(std::move(judge)),
        options_(options) {
    found_.mistakes = std::move(read.mistakes);
    written_ = environment_of(network_, checker.values(), checker.long_values());
    corrected_ = written_;
    if (tolerance.as_printed) {
      printed_ = printed_roundings(lines_, written_);
    }
  }

  CheckedDerivation run() {
    done_.resize(lines_.size());
    for (std::size_t k = 0; k < lines_.size(); ++k) {
      work_out(k);
      require_room(k);
      judge(k);
      if (done_[k].written) {
        define(written_, lines_[k].target, *done_[k].written);
      }
    }
    find_faults();
    gather();
    return std::move(found_);
  }

 private:
  std::optional<Evaluated> attempt(std::size_t k, const Environment& names) {
    try {
      return evaluate(lines_[k].statement.value, names);
    } catch (const ShapeMistake& mistake) {
      done_[k].misshaped = mistake;
    } catch (const LocatedError& error) {
      done_[k].refused = true;
      refusal_ = error;
    }
    return std::nullopt;
  }

  void work_out(std::size_t k) {
    Line& line = done_[k];
    line.lost = lines_[k].lost || std::ranges::any_of(lines_[k].reads, [&](std::size_t earlier) {
                  return done_[earlier].lost || done_[earlier].refused ||
                         (!done_[earlier].written && !done_[earlier].corrected);
                });
    if (line.lost) {
      return;
    }
    line.corrected = attempt(k, corrected_);
    if (line.refused) {
      found_.mistakes.add(*refusal_);
    } else if (line.corrected) {
      line.written = attempt(k, written_);
      line.misshaped.reset();
      line.refused = false;
    }
  }

  void require_room(std::size_t k) {
    entries_ += done_[k].corrected ? done_[k].corrected->value.size() : 0;
    if (entries_ > max_entries) {
      throw LocatedError(lines_[k].statement.at,
                         "all values of the derivation together have more than " +
                             std::to_string(max_entries) + " entries, expected fewer");
    }
  }

  void judge(std::size_t k) {
    Line& line = done_[k];
    const std::optional<ValueId> value = lines_[k].claims;
    if (value && (line.lost || line.refused)) {
      line.report = report_of(lines_[k], network_, StatementVerdict::not_judged);
    } else if (line.misshaped) {
      line.report =
          misshaped(report_of(lines_[k], network_, StatementVerdict::disagree), *line.misshaped);
    } else if (value) {
      line.report = judged(k, *value);
    }
    if (!line.corrected) {
      return;
    }
    if (value && line.report->verdict != StatementVerdict::agree) {
      const Tensor& gradient = checker_.gradients()[*value];
      define(corrected_, lines_[k].target, {gradient, cast<long double>(gradient)});
      judge_.forget(*value);
    } else {
      define(corrected_, lines_[k].target, value ? *line.written : *line.corrected);
    }
  }

  StatementReport judged(std::size_t k, ValueId value) {
    StatementReport report = report_of(lines_[k], network_, StatementVerdict::agree);
    const Line& line = done_[k];
    const std::optional<Tensor>* leeway = printed_.empty() ? nullptr : &printed_[k];
    if (line.written) {
      const Judged seen = judge_(value, *line.written, leeway);
      report.max_relative_error = seen.relative_error;
      report.shape = shape_of(line.written->value);
      if (!seen.note.empty()) {
        found_.notes.push_back(report.target + seen.note);
      }
      if (seen.agrees) {
        return report;
      }
      report.detail = report.target + seen.why;
      report.worst = seen.worst;
      report.claimed = line.written->value;
      report.right = checker_.gradients()[value];
    } else {
      report.detail = report.target + " cannot be evaluated with the gradients before it";
    }
    const bool inherited = judge_(value, *line.corrected, leeway).agrees;
    report.verdict = inherited ? StatementVerdict::inherited : StatementVerdict::disagree;
    return report;
  }

  void find_faults() {
    std::vector<std::size_t> wrong = lines_with(StatementVerdict::disagree, lines_, done_);
    std::ranges::copy(lines_with(StatementVerdict::not_judged, lines_, done_),
                      std::back_inserter(wrong));
    if (wrong.empty() || network_.entries() > most_searched) {
      return;
    }
    DerivationBlame blame(network_, lines_, std::move(wrong),
                          lines_with(StatementVerdict::agree, lines_, done_));
    for (const BlamedHelper& helper : blame.helpers()) {
      if (!done_[helper.line].refused && !done_[helper.line].lost) {
        accuse(helper);
      }
    }
    for (std::size_t k = 0; k < lines_.size(); ++k) {
      const bool at_fault =
          done_[k].report && done_[k].report->verdict == StatementVerdict::disagree;
      if (at_fault && lines_[k].claims) {
        diagnose(k, blame);
      }
    }
  }

  void accuse(const BlamedHelper& helper) {
    Line& line = done_[helper.line];
    const bool had_report = line.report.has_value();
    StatementReport report =
        had_report ? *line.report
                   : report_of(lines_[helper.line], network_, StatementVerdict::disagree);
    std::vector<std::string> readers;
    for (const std::size_t reader : helper.readers) {
      readers.push_back(lines_[reader].target);
      StatementReport& inherits = *done_[reader].report;
      if (inherits.verdict == StatementVerdict::disagree) {
        inherits.verdict = StatementVerdict::inherited;
      }
    }
    const std::string other = helper.meant.empty() ? "another value of " + report.target
                                                   : report.target + " = " + helper.meant;
    const std::string text =
        fmt::format("{} would be right with {}", fmt::join(readers, ", "), other);
    report.detail += (report.detail.empty() ? "" : "; ") + text;
    report.right = helper.right;
    if (line.corrected) {
      report.claimed = line.corrected->value;
      report.shape = shape_of(*report.claimed);
    }
    report.expected_shape = shape_of(helper.right);
    line.report = std::move(report);
    if (helper.pattern) {
      found_.diagnosis.push_back({of_derivation, lines_[helper.line].target, helper.pattern->name,
                                  helper.pattern->sentence});
    }
  }

  /// What a wrong statement's value looks like, with the gradients before it put right.
  void diagnose(std::size_t k, DerivationBlame& blame) {
    const ValueId value = *lines_[k].claims;
    const std::string& name = network_.value(value).name;
    std::optional<Diagnosis> said;
    if (done_[k].corrected) {
      said = judge_.diagnosis(value, *done_[k].corrected, name);
    }
    if (said && !holds_elsewhere(k, *said, blame)) {
      said.reset();
    }
    // A factor of 2 has a reason where there is a square.
    if (!said || said->pattern == "constant factor") {
      const std::optional<Pattern> mistake = blame.mistake_in(k);
      if (mistake && (!said || mistake->name == "factor 2 of a square")) {
        said = Diagnosis{of_derivation, name, mistake->name, mistake->sentence};
      }
    }
    if (said) {
      found_.diagnosis.push_back(*said);
    }
  }

  /// Whether the same is to be said of the line at another point: then it is no coincidence.
  bool holds_elsewhere(std::size_t k, const Diagnosis& said, const DerivationBlame& blame) const {
    const DerivationPoint* point = blame.elsewhere();
    if (point == nullptr) {
      return done_[k].corrected->value.size() > 1;
    }
    const std::optional<Tensor> claimed = point->value_of(k);
    const ValueId value = *lines_[k].claims;
    const Shape& shape = network_.value(value).shape;
    if (!claimed || claimed->size() != entries_of(shape)) {
      return false;
    }
    try {
      const Checker other(point->network(), options_);
      const Tensor zero = zeros<double>(shape);
      const Observation seen{reshaped(*claimed, shape), point->gradient(value),
                             other.roundings()[value], zero, options_.rtol};
      const std::optional<Diagnosis> again =
          diagnose_claimed(other, value, seen, said.tensor, options_);
      return again && again->pattern == said.pattern &&
             (said.pattern != "constant factor" || again->detail == said.detail);
    } catch (const Error&) {
      return false;
    }
  }

  /// "it uses err = z2 + t (line 3), s = ... (line 4)"
  void quote_helpers(std::size_t k) {
    StatementReport& report = *done_[k].report;
    std::vector<std::string> quoted;
    for (const std::size_t helper : helpers_of(lines_, k)) {
      report.helpers.push_back(helper_report(lines_[helper], done_[helper]));
      quoted.push_back(fmt::format("{} (line {})", lines_[helper].statement.text,
                                   lines_[helper].statement.at.line));
    }
    if (!quoted.empty() && report.verdict == StatementVerdict::disagree) {
      report.detail += fmt::format("; it uses {}", fmt::join(quoted, ", "));
    }
  }

  void gather() {
    std::set<std::size_t> read;
    bool first = true;
    for (std::size_t k = 0; k < lines_.size(); ++k) {
      if (!done_[k].report) {
        continue;
      }
      quote_helpers(k);
      const std::vector<std::size_t> helpers = helpers_of(lines_, k);
      read.insert(helpers.begin(), helpers.end());
      StatementReport& report = *done_[k].report;
      report.first_wrong = first && report.verdict == StatementVerdict::disagree;
      first = first && !report.first_wrong;
      found_.statements.push_back(std::move(report));
    }
    for (const std::size_t k : read) {
      found_.helpers.push_back(
          fmt::format("{} (line {})", lines_[k].target, lines_[k].statement.at.line));
    }
  }

  Checker& checker_;
  const Network& network_;
  const std::vector<DerivationLine> lines_;
  StatementJudge judge_;
  const CheckOptions& options_;
  Environment written_;
  Environment corrected_;
  std::vector<std::optional<Tensor>> printed_;  ///< by line; empty if numbers are exact
  std::vector<Line> done_;
  std::optional<LocatedError> refusal_;
  std::size_t entries_ = 0;  ///< of all that is assigned
  CheckedDerivation found_;
};

}  // namespace

Environment environment_of(const Network& network, const Values<double>& values,
                           const Values<long double>& long_values) {
  Environment names;
  for (const auto& [name, id] : network.names()) {
    names.values.emplace(name, values[id]);
    names.long_values.emplace(name, long_values[id]);
  }
  return names;
}

CheckedDerivation check_derivation(const Program& derivation, Checker& checker,
                                   const std::map<ValueId, TensorCheck>& checked,
                                   CaseRounding& rounding, const DerivationTolerance& tolerance,
                                   const CheckOptions& options) {
  return DerivationCheck(checker, read_derivation(derivation, checker.network()),
                         StatementJudge(checker, checked, rounding, tolerance.rtol, options),
                         tolerance, options)
      .run();
}

}  // namespace gradcheck
