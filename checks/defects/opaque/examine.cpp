#include <defects/opaque/cure.hpp>
#include <defects/opaque/examine.hpp>
#include <fmt/format.h>

namespace gradcheck::defects::opaque {

namespace {

/// The gravest tensor of the first case that does not agree, in a line.
std::string first_reason(const Report& report) {
  for (const CaseReport& one : report.cases) {
    if (one.error) {
      return one.error->message;
    }
    for (const TensorReport& tensor : one.tensors) {
      if (tensor.verdict == one.verdict && one.verdict != Verdict::agree) {
        return fmt::format("{}: analytic {:.6g}, numeric {:.6g}, bound {:.1e}; {}", tensor.name,
                           tensor.worst.analytic, tensor.worst.numeric, tensor.worst.bound,
                           tensor.reason);
      }
    }
  }
  return "";
}

Cure try_cure(const Specimen& specimen, const Arrays<double>& point, const Outcome& outcome,
              const CheckOptions& options) {
  if (outcome.verdict != Verdict::inconclusive) {
    return Cure::none_needed;
  }
  const Advice advice = advice_in(outcome.report);
  if (!advice.any()) {
    return Cure::none_named;
  }
  const Outcome cured = follow(advice, specimen, point, options);
  return cured.verdict == Verdict::agree ? Cure::works : Cure::fails;
}

}  // namespace

bool Examination::failure() const {
  if (right()) {
    return verdict == Verdict::disagree || verdict == Verdict::error;
  }
  return change >= never_agreeing && verdict == Verdict::agree;
}

std::vector<Examination> examine(const Specimen& specimen, std::uint64_t point_seed,
                                 const CheckOptions& options, bool try_cures) {
  const Arrays<double> point = point_of(specimen, point_seed);
  const Attainable best = attainable(specimen, point);
  std::vector<Fault> faults = specimen.faults;
  faults.insert(faults.begin(), "");
  std::vector<Examination> all;
  for (const Fault& fault : faults) {
    const Outcome outcome = check_specimen(specimen, point, fault, options);
    Examination one;
    one.name = specimen.name + (fault.empty() ? "" : " / " + fault);
    one.group = specimen.group;
    one.fault = fault;
    one.verdict = outcome.verdict;
    one.attainable = best.relative <= attainable_error;
    one.change = fault.empty() ? 0 : visible_change(specimen, point, fault, best, options.rtol);
    one.calls = outcome.calls;
    one.entries = outcome.entries;
    one.reason = first_reason(outcome.report);
    if (try_cures && fault.empty()) {
      one.cure = try_cure(specimen, point, outcome, options);
    }
    all.push_back(one);
  }
  return all;
}

std::vector<Specimen> chosen(const std::string& filter) {
  std::vector<Specimen> some;
  for (const Specimen& specimen : corpus()) {
    if ((specimen.group + ": " + specimen.name).find(filter) != std::string::npos) {
      some.push_back(specimen);
    }
  }
  return some;
}

}  // namespace gradcheck::defects::opaque
