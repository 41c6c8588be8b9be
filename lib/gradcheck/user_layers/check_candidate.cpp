#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <gradcheck/check/check.hpp>
#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/user_layers/check_candidate.hpp>
#include <gradcheck/user_layers/joined_parts.hpp>
#include <gradcheck/user_layers/judge_candidate.hpp>

namespace gradcheck {
namespace {

/// Points nearby: enough for a mean that is known eight times better than one value.
constexpr std::size_t points_nearby = 64;
/// Results of the same call that differ by more units of rounding than this do so for another
/// reason than the order of sums.
constexpr double repeated_units = 64;

NumberType type_of(const UserLayer& candidate, const CandidateOptions& options) {
  const bool single = candidate.precision() == Precision::float32;
  return options.precision.value_or(single ? NumberType::float32 : NumberType::float64);
}

class CandidateCheck {
 public:
  CandidateCheck(UserLayer& candidate, const std::shared_ptr<UserLayer>& reference,
                 const CandidateOptions& options)
      : candidate_(candidate),
        reference_(reference),
        options_(options),
        type_(type_of(candidate, options)) {}

  CaseReport run() {
    require_options();
    CandidateRuns runs(candidate_, *reference_, options_.inputs, type_, options_.check.seed);
    const CandidateSamples samples = runs.samples(points_nearby);
    if (repeats(runs)) {
      vouch(runs);
      for (std::size_t t = 0; t < samples.names.size(); ++t) {
        take(judge_candidate(samples, t, type_, options_.roundings));
      }
      check_batch_law();
    }
    finish(samples);
    return std::move(report_);
  }

 private:
  void require_options() const {
    if (options_.inputs.empty()) {
      throw_value(candidate_.name(), ".inputs", "no tensors", "what forward is called with");
    }
    if (!(options_.roundings >= 0)) {
      throw_value(candidate_.name(), "roundings", fmt::format("<{}>", options_.roundings),
                  "a number of at least 1, or 0 to measure them");
    }
    if (options_.batch_law == BatchLaw::weighted && !options_.part_weight) {
      throw_value(candidate_.name(), "part_weight", "<none>",
                  "what a part of the batch counts for");
    }
  }

  /// The same calls give the same again, up to the order of sums.
  bool repeats(CandidateRuns& runs) {
    const LayerRun first = runs.again();
    const LayerRun then = runs.again();
    const double tolerance = repeated_units * unit_roundoff(type_);
    const auto of_outputs =
        difference_between(candidate_, {first.y, {}, {}}, {then.y, {}, {}}, tolerance);
    const auto of_all = difference_between(candidate_, first, then, tolerance);
    if (of_outputs) {
      find("forward gives another result when it is called again: " + of_outputs->text +
           "; recomputed, it would not be the same (other dropout masks? seed them in "
           "before_forward)");
    } else if (of_all) {
      find("backward gives another result on the same forward: " + of_all->text +
           "; does it recompute forward with other random numbers (dropout masks)?");
    }
    return !of_all;
  }

  void find(std::string text) {
    report_.findings.push_back(std::move(text));
    report_.verdict = graver(report_.verdict, Verdict::disagree);
  }

  /// The reference's own gradients, against numeric ones at the same point.
  void vouch(const CandidateRuns& runs) {
    LayerOptions own;
    own.hygiene = false;
    own.check = options_.check;
    own.name = "the reference";
    for (std::size_t k = 0; k < options_.inputs.size(); ++k) {
      own.inputs.push_back(options_.inputs[k]);
      own.inputs.back().value = runs.point().x[k];
    }
    const CaseReport one = check_layer(reference_, own).cases.at(0);
    report_.probes += one.probes;
    if (one.error) {
      throw ValueError("the reference: " + one.error->message);
    }
    for (const TensorReport& tensor : one.tensors) {
      if (tensor.verdict == Verdict::disagree) {
        find(
            fmt::format("the reference's own gradient is wrong: {} disagrees with the numeric one "
                        "in {} of {} entries",
                        tensor.name, tensor.disagreeing, tensor.entries));
      } else if (tensor.verdict == Verdict::inconclusive) {
        report_.notes.push_back("nothing vouches for the reference's gradient of " + tensor.name +
                                ": it is inconclusive itself");
        report_.verdict = graver(report_.verdict, Verdict::inconclusive);
      }
    }
    if (one.verdict == Verdict::agree) {
      report_.notes.push_back("the reference's gradients agree with numeric ones");
    }
  }

  void take(TensorReport tensor) {
    if (tensor.verdict == Verdict::disagree) {
      report_.diagnosis.push_back(
          {candidate_.name(), tensor.name, tensor.reason.empty() ? "" : "constant factor",
           tensor.reason.empty() ? fmt::format("{} of {} entries are not the reference's",
                                               tensor.disagreeing, tensor.entries)
                                 : tensor.reason});
    }
    report_.verdict = graver(report_.verdict, tensor.verdict);
    report_.tensors.push_back(std::move(tensor));
  }

  void check_batch_law() {
    if (options_.batch_law == BatchLaw::none) {
      return;
    }
    JoinedParts parts(candidate_, options_.inputs, options_.batch_law, options_.part_weight);
    CandidateRuns runs(parts, *reference_, options_.inputs, type_, options_.check.seed);
    const CandidateSamples samples = runs.samples(points_nearby);
    bool held = true;
    for (std::size_t t = 0; t < samples.names.size(); ++t) {
      const TensorReport joined = judge_candidate(samples, t, type_, options_.roundings);
      if (joined.verdict == Verdict::disagree) {
        held = false;
        find(
            fmt::format("in parts of {} rows {} is not that of the batch: entry {} is {:.6g}, "
                        "expected {:.6g}",
                        parts.sizes(), joined.name, fmt::join(joined.worst.index, ", "),
                        joined.worst.analytic, joined.worst.numeric));
      }
    }
    if (held) {
      report_.notes.push_back("the batch's results are those of its parts of " + parts.sizes() +
                              " rows");
    }
  }

  void finish(const CandidateSamples& samples) {
    std::size_t entries = 0;
    bool zeros = true;
    for (const TensorReport& tensor : report_.tensors) {
      entries += tensor.entries;
      zeros = zeros && tensor.max_bound == 0 && tensor.worst.analytic == 0 &&
              tensor.worst.numeric == 0 && tensor.max_absolute_error == 0;
    }
    if (report_.findings.empty() && entries == 0) {
      throw ValueError(candidate_.name() + ": has 0 entries to compare, expected at least one");
    }
    if (zeros && !report_.tensors.empty()) {
      report_.only_zeros = true;
      report_.verdict = graver(report_.verdict, Verdict::inconclusive);
      report_.notes.push_back("every result is zero on both sides: choose another point");
    }
    report_.coverage = fmt::format(
        "{} entries in {}, at the point and at {} points nearby, all rounded to {}; analytic: the "
        "candidate, numeric: the reference, bound: the candidate's room",
        entries, to_string(type_), samples.reference.size() - 1, to_string(type_));
  }

  UserLayer& candidate_;
  std::shared_ptr<UserLayer> reference_;
  const CandidateOptions& options_;
  NumberType type_;
  CaseReport report_;
};

}  // namespace

Report check_candidate(const std::shared_ptr<UserLayer>& candidate,
                       const std::shared_ptr<UserLayer>& reference,
                       const CandidateOptions& options) {
  CaseReport report;
  try {
    report = CandidateCheck(*candidate, reference, options).run();
  } catch (const Error& error) {
    report = {};
    report.verdict = Verdict::error;
    report.error = CaseError{error.what(), 0, 0};
  }
  report.id = candidate->name();
  return report_of(std::move(report), options.check);
}

}  // namespace gradcheck
