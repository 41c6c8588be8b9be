#include <algorithm>
#include <map>

#include <gradcheck/check/check.hpp>
#include <gradcheck/check/coverage.hpp>
#include <gradcheck/check/degenerate_points.hpp>
#include <gradcheck/compare/checker.hpp>
#include <gradcheck/compare/stopwatch.hpp>
#include <gradcheck/diagnose/diagnosis.hpp>
#include <gradcheck/network/place.hpp>

namespace gradcheck {

namespace {

bool all_zero(const TensorReport& report) {
  return report.verdict == Verdict::agree && report.entries > 0 &&
         report.unresolved == report.entries;
}

/// One network from its values to its report.
class NetworkCheck {
 public:
  NetworkCheck(const Network& network, const CheckOptions& options, const CheckLimits& limits)
      : network_(network), options_(options), checker_(network, options, nullptr, limits) {}

  CaseReport run(const std::vector<ValueId>& values, const std::vector<ValueId>& outputs) {
    if (values.empty()) {
      throw ValueError(
          "network: it has no parameter or input with a gradient, expected at least one");
    }
    for (const ValueId value : values) {
      add_gradient(value);
    }
    conclude();
    for (std::size_t k = 0; k < values.size(); ++k) {
      if (report_.tensors[k].verdict == Verdict::agree) {
        add_jacobians(outputs, values[k]);
      }
    }
    DiagnosisResult result = diagnose(checker_, checked_, options_);
    report_.diagnosis = std::move(result.diagnosis);
    report_.probes = checker_.probes() + result.probes;
    report_.coverage = coverage_text(network_, values, report_.tensors);
    report_.degenerate = degenerate_points(network_, checker_.values(), values);
    return std::move(report_);
  }

 private:
  void add_gradient(ValueId value) {
    const TensorCheck& check = checked_.emplace(value, checker_.check(value)).first->second;
    report_.tensors.push_back(check.report);
    report_.out_of_time = report_.out_of_time || checker_.out_of_time();
    if (!check.note.empty()) {
      report_.notes.push_back(check.note);
    }
    if (all_zero(check.report)) {
      report_.notes.push_back("every gradient of " + check.report.name + " is zero on both sides");
    }
  }

  void conclude() {
    const auto empty = [](const TensorReport& tensor) { return tensor.entries == 0; };
    if (std::ranges::all_of(report_.tensors, empty)) {
      throw ValueError(report_.out_of_time ? "network: within its limit of time 0 entries were "
                                             "compared, expected at least one"
                                           : "network: its parameters and inputs have 0 entries, "
                                             "expected at least one");
    }
    for (const TensorReport& tensor : report_.tensors) {
      report_.verdict = graver(report_.verdict, tensor.verdict);
    }
    if (std::ranges::all_of(report_.tensors, all_zero)) {
      report_.only_zeros = true;
      report_.verdict = graver(report_.verdict, Verdict::inconclusive);
      report_.notes.push_back(
          "every gradient is zero on both sides, so nothing was compared that could have been "
          "wrong; choose another point");
    }
  }

  void add_jacobians(const std::vector<ValueId>& outputs, ValueId by) {
    for (const ValueId of : outputs) {
      const TensorCheck check = checker_.check_jacobian(of, by);
      const std::string name = network_.value(of).name + "/" + network_.value(by).name;
      if (check.report.verdict == Verdict::inconclusive) {
        report_.notes.push_back("the Jacobian " + name +
                                " was left out: " + std::to_string(check.report.inconclusive) +
                                " of its entries are inconclusive one by one");
        continue;
      }
      report_.tensors.push_back(check.report);
      report_.tensors.back().name = name;
      report_.tensors.back().shape = shape_of(check.analytic);
      report_.verdict = graver(report_.verdict, check.report.verdict);
    }
  }

  const Network& network_;
  const CheckOptions& options_;
  Checker checker_;
  std::map<ValueId, TensorCheck> checked_;
  CaseReport report_;
};

}  // namespace

std::vector<ValueId> checked_values(const Network& network, bool all_values) {
  const std::vector<bool> needed = upstream_values(network.graph(), network.loss());
  std::vector<ValueId> values;
  for (ValueId id = 0; id < network.values().size(); ++id) {
    const Value& value = network.value(id);
    const bool given = value.role == Role::parameter || (value.role == Role::input && needed[id]);
    const bool between = all_values && value.role == Role::intermediate && needed[id] &&
                         !value.name.empty() && id != network.loss();
    if (given || between) {
      values.push_back(id);
    }
  }
  return values;
}

CaseReport check_values(const Network& network, const std::vector<ValueId>& values,
                        const CheckOptions& options, const std::vector<ValueId>& jacobians,
                        const CheckLimits& limits) {
  const Stopwatch watch;
  CaseReport report;
  const auto fail = [&](const std::string& message, Position at) {
    report.verdict = Verdict::error;
    report.error = CaseError{message, at.line, at.column};
  };
  try {
    report = NetworkCheck(network, options, limits).run(values, jacobians);
  } catch (const LocatedError& error) {
    fail(error.what(), error.at);
  } catch (const Error& error) {
    fail(error.what(), {});
  }
  report.seconds = watch.seconds();
  return report;
}

Report check(const Network& network, const CheckOptions& options) {
  CaseReport one = check_values(network, checked_values(network, options.all_values), options);
  one.id = "network";
  return report_of(std::move(one), options);
}

Report report_of(CaseReport one, const CheckOptions& options) {
  Report report;
  report.seed = options.seed;
  report.rtol = options.rtol;
  report.seconds = one.seconds;
  report.cases.push_back(std::move(one));
  return report;
}

}  // namespace gradcheck
