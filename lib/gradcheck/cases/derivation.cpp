#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include <fmt/format.h>

#include <gradcheck/cases/case_network.hpp>
#include <gradcheck/cases/derivation.hpp>
#include <gradcheck/cases/printed.hpp>
#include <gradcheck/diagnose/diagnosis.hpp>
#include <gradcheck/network/language.hpp>

namespace gradcheck {

namespace {

/// Walks through the statements with two sets of names: as written, and with every gradient put
/// right.
class DerivationCheck {
 public:
  DerivationCheck(Checker& checker, const std::map<ValueId, TensorCheck>& checked,
                  const CheckOptions& options)
      : checker_(checker), network_(checker.network()), checked_(checked), options_(options) {
    written_ = environment_of(network_, checker.values(), checker.long_values());
    corrected_ = written_;
  }

  CheckedDerivation run(const std::vector<Statement>& statements) {
    for (const Statement& statement : statements) {
      require_new_name(statement);
      const std::optional<Evaluated> written = attempt(statement, written_);
      const std::optional<Evaluated> corrected = attempt(statement, corrected_);
      if (!corrected) {
        throw *failure_;
      }
      step(statement, written, *corrected);
    }
    mark_first_wrong();
    return {std::move(reports_), std::move(diagnosis_)};
  }

 private:
  void require_new_name(const Statement& statement) {
    if (statement.targets.size() != 1) {
      throw LocatedError(statement.at, "a derivation assigns one name at a time");
    }
    const std::string& target = statement.targets[0];
    if (network_.find(target)) {
      throw LocatedError(statement.at,
                         "'" + target + "' is a value of the network, expected a new name");
    }
    if (!assigned_.insert(target).second) {
      throw LocatedError(statement.at, "'" + target + "' is assigned twice, expected a new name");
    }
  }

  /// The statement's value; none if it cannot be evaluated (then failure_ says why).
  std::optional<Evaluated> attempt(const Statement& statement, const Environment& names) {
    if (std::ranges::any_of(names_in(statement.value),
                            [&](const std::string& n) { return lost_.contains(n); }) &&
        &names == &written_) {
      return std::nullopt;
    }
    try {
      return evaluate(statement.value, names);
    } catch (const LocatedError& error) {
      failure_ = error;
      return std::nullopt;
    }
  }

  void step(const Statement& statement, const std::optional<Evaluated>& written,
            const Evaluated& corrected) {
    const std::string& target = statement.targets[0];
    require_room(statement, corrected);
    if (written) {
      define(written_, target, *written);
    } else {
      lost_.insert(target);
    }
    const std::optional<ValueId> value = claimed_by(network_, target);
    if (!value) {
      define(corrected_, target, corrected);
      helpers_[target] = statement.text;
      return;
    }
    reports_.push_back(judged(statement, *value, written, corrected));
    const bool right = reports_.back().verdict == StatementVerdict::agree;
    if (right) {
      define(corrected_, target, *written);
    } else {
      const Tensor& gradient = checker_.gradients()[*value];
      define(corrected_, target, {gradient, cast<long double>(gradient)});
      claims_.erase(*value);
    }
  }

  void require_room(const Statement& statement, const Evaluated& value) {
    entries_ += value.value.size();
    if (entries_ > max_entries) {
      throw LocatedError(statement.at, "all values of the derivation together have more than " +
                                           std::to_string(max_entries) +
                                           " entries, expected fewer");
    }
  }

  static void define(Environment& names, const std::string& name, const Evaluated& value) {
    names.values[name] = value.value;
    names.long_values[name] = value.long_value;
  }

  StatementReport judged(const Statement& statement, ValueId value,
                         const std::optional<Evaluated>& written, const Evaluated& corrected) {
    StatementReport report;
    report.name = network_.value(value).name;
    report.statement = statement.text;
    report.line = statement.at.line;
    report.column = statement.at.column;
    std::string why;
    if (written && agrees(value, *written, report.max_relative_error, why)) {
      return report;
    }
    std::string why_corrected;
    double error = 0;
    const bool inherited = agrees(value, corrected, error, why_corrected);
    report.verdict = inherited ? StatementVerdict::inherited : StatementVerdict::disagree;
    if (!inherited) {
      diagnose_statement(value, corrected);
    }
    report.detail =
        (written ? why : "d" + report.name + " cannot be evaluated with the gradients before it") +
        helpers_of(statement);
    return report;
  }

  /// What a wrong statement's value looks like, with the gradients before it put right.
  void diagnose_statement(ValueId value, const Evaluated& claim) {
    const Shape& shape = network_.value(value).shape;
    if (claim.value.size() != entries_of(shape)) {
      return;
    }
    // Of a claim of another shape nothing was compared; it may be a transpose.
    const auto compared = numeric_.find(value);
    const TensorCheck numeric =
        compared != numeric_.end() ? compared->second : checker_.check(value);
    Tensor rounding = reshaped(rounding_of(claim.value, claim.long_value), shape);
    const Observation seen{reshaped(claim.value, shape), numeric.numeric, numeric.bound,
                           std::move(rounding), options_.rtol};
    if (const std::optional<Diagnosis> found =
            diagnose_claimed(checker_, value, seen, network_.value(value).name, options_)) {
      diagnosis_.push_back(*found);
    }
  }

  bool agrees(ValueId value, const Evaluated& claim, double& relative_error, std::string& why) {
    const Shape& shape = network_.value(value).shape;
    if (claim.value.size() != entries_of(shape) ||
        !same_but_for_ones(shape_of(claim.value), shape)) {
      why = fmt::format("d{} has shape {}, expected {}", network_.value(value).name,
                        to_string(shape_of(claim.value)), to_string(shape));
      relative_error = std::numeric_limits<double>::infinity();
      return false;
    }
    const Tensor claimed = reshaped(claim.value, shape);
    const Tensor rounding = reshaped(rounding_of(claim.value, claim.long_value), shape);
    claims_.insert_or_assign(value, claimed);
    TensorCheck check = compared(value, claimed, rounding);
    relative_error = check.report.max_relative_error;
    if (check.report.verdict == Verdict::agree) {
      return true;
    }
    why = worst_of(check) + derivatives_of(value, check);
    numeric_.insert_or_assign(value, std::move(check));
    return false;
  }

  /// "dq[0] is 3, numerically -4 (relative error 1.8)", with the digits that tell them apart.
  static std::string worst_of(const TensorCheck& check) {
    const EntryReport& worst = check.report.worst;
    const double error = check.report.max_relative_error;
    const int digits =
        error > 0 && error < 1 ? std::clamp(2 - static_cast<int>(std::log10(error)), 6, 17) : 6;
    return fmt::format("d{}{} is {:.{}g}, numerically {:.{}g} (relative error {:.2g})",
                       check.report.name, index_of(worst.index), worst.analytic, digits,
                       worst.numeric, digits, error);
  }

  /// What the worst entry might have been if it reaches a kink.
  std::string derivatives_of(ValueId value, const TensorCheck& check) {
    const Shape& shape = network_.value(value).shape;
    for (std::size_t i = 0; i < check.at_kink.size(); ++i) {
      if (check.at_kink[i] && unravel(shape, i) == check.report.worst.index) {
        const Interval derivatives = checker_.kink_interval(network_.loss(), 0, value, i);
        return fmt::format("; it is at a kink, where the derivatives run from {:.6g} to {:.6g}",
                           derivatives.low, derivatives.high);
      }
    }
    return "";
  }

  static std::string index_of(const std::vector<std::size_t>& index) {
    return index.empty() ? "" : fmt::format("[{}]", fmt::join(index, ", "));
  }

  static bool same_but_for_ones(Shape a, Shape b) {
    std::erase(a, std::size_t{1});
    std::erase(b, std::size_t{1});
    return a == b;
  }

  /// Against the numeric values that settled the analytic gradient, where there are any; else by
  /// new probes.
  TensorCheck compared(ValueId value, const Tensor& claimed, const Tensor& rounding) {
    const auto known = checked_.find(value);
    if (known == checked_.end() || known->second.report.verdict != Verdict::agree ||
        known->second.report.kinks != 0) {
      return checker_.check_claimed(value, claimed, rounding, claims_);
    }
    TensorCheck check = known->second;
    check.report = compare_with(known->second, claimed, rounding, options_);
    return check;
  }

  std::string helpers_of(const Statement& statement) const {
    std::string text;
    for (const std::string& name : names_in(statement.value)) {
      const auto helper = helpers_.find(name);
      if (helper != helpers_.end()) {
        text += (text.empty() ? "; it uses " : ", ") + helper->second;
      }
    }
    return text;
  }

  void mark_first_wrong() {
    for (StatementReport& report : reports_) {
      if (report.verdict == StatementVerdict::disagree) {
        report.first_wrong = true;
        return;
      }
    }
  }

  Checker& checker_;
  const Network& network_;
  const std::map<ValueId, TensorCheck>& checked_;
  const CheckOptions& options_;
  Environment written_;
  Environment corrected_;
  std::set<std::string> assigned_;
  std::size_t entries_ = 0;     ///< of all that is assigned
  std::set<std::string> lost_;  ///< names that could not be evaluated as written
  std::map<std::string, std::string> helpers_;
  std::map<ValueId, Tensor> claims_;
  std::optional<LocatedError> failure_;
  std::vector<StatementReport> reports_;
  std::map<ValueId, TensorCheck> numeric_;  ///< of statements that disagree: the numeric side
  std::vector<Diagnosis> diagnosis_;
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
                                   const CheckOptions& options) {
  CheckedDerivation result = DerivationCheck(checker, checked, options)
                                 .run(parse_statements(derivation.text, derivation.at));
  if (result.statements.empty()) {
    throw LocatedError(derivation.at,
                       "the derivation claims no gradient, expected a statement that assigns dNAME "
                       "for a name of the network");
  }
  return result;
}

}  // namespace gradcheck
