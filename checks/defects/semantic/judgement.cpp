#include <defects/semantic/judgement.hpp>
#include <fmt/format.h>

#include <gradcheck/check/check.hpp>

namespace gradcheck::defects::semantic {

namespace {

struct CheckedBy {
  const char* name;
  Sweep sweep;
  std::size_t jobs;
};
constexpr CheckedBy every_way[]{{"auto, one thread", Sweep::automatic, 1},
                                {"auto, two threads", Sweep::automatic, 2},
                                {"plain", Sweep::plain, 1}};

CaseReport checked_by(const CheckedBy& way, const AnyNetwork& network, std::uint64_t seed) {
  CheckOptions options;
  options.seed = seed;
  options.sweep = way.sweep;
  options.jobs = way.jobs;
  return check(network.network, options).cases.at(0);
}

void note_accusations(const CaseReport& report, const char* way, Judgement& judgement) {
  for (const TensorReport& tensor : report.tensors) {
    if (tensor.verdict == Verdict::disagree) {
      judgement.accused = true;
      judgement.findings.push_back(fmt::format(
          "{}: {} disagrees: analytic {:.9g}, numeric {:.9g}, bound {:.2g}; {}", way, tensor.name,
          tensor.worst.analytic, tensor.worst.numeric, tensor.worst.bound, tensor.reason));
    }
  }
}

/// Whether two verdicts may both be given, by ways of which one resolves less.
bool go_together(Verdict a, Verdict b, Sweep sweep) {
  const bool open = a == Verdict::inconclusive || b == Verdict::inconclusive;
  const bool error = a == Verdict::error || b == Verdict::error;
  return a == b || (sweep == Sweep::plain && open && !error);
}

void note_difference(const CaseReport& first, const CaseReport& other, const CheckedBy& way,
                     Judgement& judgement) {
  bool same = go_together(first.verdict, other.verdict, way.sweep) &&
              first.tensors.size() == other.tensors.size();
  std::string where;
  for (std::size_t k = 0; same && k < first.tensors.size(); ++k) {
    same = go_together(first.tensors[k].verdict, other.tensors[k].verdict, way.sweep);
    where = same ? "" : first.tensors[k].name + " ";
  }
  if (!same) {
    judgement.unlike = true;
    judgement.findings.push_back(fmt::format("{}: {}{}, by the first way {}", way.name, where,
                                             to_string(other.verdict), to_string(first.verdict)));
  }
}

}  // namespace

Judgement judge_every_way(const AnyNetwork& network, std::uint64_t seed) {
  Judgement judgement;
  CaseReport first;
  for (const CheckedBy& way : every_way) {
    const CaseReport report = checked_by(way, network, seed);
    note_accusations(report, way.name, judgement);
    if (&way == every_way) {
      first = report;
      judgement.verdict = report.verdict;
    } else {
      note_difference(first, report, way, judgement);
    }
  }
  return judgement;
}

}  // namespace gradcheck::defects::semantic
