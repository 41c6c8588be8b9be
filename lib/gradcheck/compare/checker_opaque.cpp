#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <gradcheck/compare/checker_side.hpp>
#include <gradcheck/compare/judge_derivative.hpp>
#include <gradcheck/compare/opaque_layers.hpp>
#include <gradcheck/compare/sample_to_confirm.hpp>

/// Checker's comparison behind layers that are known by their values alone.
namespace gradcheck {

namespace {

Derivative derivative_of(const Estimate& estimate) {
  Derivative d;
  d.seen = std::isfinite(estimate.bound()) ? Seen::smooth : Seen::nothing;
  d.value = static_cast<double>(estimate.value);
  d.truncation = static_cast<double>(estimate.truncation);
  d.rounding = static_cast<double>(estimate.rounding);
  return d;
}

/// What differs by less than this is looked at on a whole ladder before it counts as wrong, until
/// one entry has stood there: one more quotient tells the gross from the fine, but not what a bound
/// has missed.
constexpr double gross = DifferentiationOptions{}.resolution;

/// Backward's choice at a kink may turn over with the least move, which its scatter cannot tell
/// from rounding: there so many units of rounding of the largest entry are granted in its place.
constexpr double granted_units = 64;

/// And where backward is coarse, this many times its coarseness.
constexpr double granted_coarseness = 4;

struct Coarse {
  double unit;        ///< unit roundoff of the layers that read the value
  double coarseness;  ///< relative, of its gradient
};

std::vector<double> rounding_of(const double* analytic, const double* rounding,
                                const std::vector<bool>& at_kink, const Coarse& coarse) {
  std::vector<double> u(rounding, rounding + at_kink.size());
  double largest = 0;
  for (std::size_t i = 0; i < u.size(); ++i) {
    largest = std::fmax(largest, std::abs(analytic[i]));
  }
  for (std::size_t i = 0; i < u.size(); ++i) {
    u[i] = std::isnan(u[i]) ? granted_units * coarse.unit * largest : u[i];
    u[i] = at_kink[i] ? std::min(u[i], granted_units * coarse.unit * largest) : u[i];
    u[i] = std::max(u[i], granted_coarseness * coarse.coarseness * std::abs(analytic[i]));
  }
  return u;
}

/// The entries of one output's gradient.
class OpaqueRow {
 public:
  /// Of the entries that were compared.
  OpaqueRow(const double* analytic, const double* rounding, std::vector<Derivative> numeric,
            const std::vector<bool>& compared, const std::vector<bool>& at_kink,
            const CheckOptions& options)
      : analytic_(analytic),
        rounding_(rounding),
        compared_(compared),
        at_kink_(at_kink),
        options_(options),
        numeric_(std::move(numeric)) {
    for (std::size_t i = 0; i < compared.size(); ++i) {
      judgements_.push_back(compared[i] ? judged(i, numeric_[i]) : Judgement{Verdict::agree, true});
    }
  }

  /// Moves the worst and some random ones of the entries that disagree alone. False where one shows
  /// that what was told is not so.
  bool confirm(OpaqueLayers& layers, ValueId value) {
    const std::vector<std::size_t> chosen = sample_to_confirm();
    for (const std::size_t i : chosen) {
      std::optional<OpaqueLayers::Lone> alone = layers.alone(value, i);
      // At kinks the subdifferential has spoken, after samples of its own.
      if (!alone || at_kink_[i] || shown_again(i, *alone) || contradicted_alone(i, *alone)) {
        ++confirmed_;
      }
    }
    looked_at_ = chosen.size();
    if (confirmed_ < looked_at_) {
      doubt_others_than(chosen);
    }
    return confirmed_ == looked_at_;
  }

  /// Entries that the elements' bounds leave open may be settled by their contraction; until one is
  /// not, which leaves the tensor open anyway.
  void settle(OpaqueLayers& layers, ValueId value) {
    for (std::size_t i = 0; i < judgements_.size(); ++i) {
      if (judgements_[i].verdict == Verdict::inconclusive && !at_kink_[i]) {
        std::optional<OpaqueLayers::Lone> alone = layers.alone(value, i);
        if (!alone || !(settled(i, alone->derivative(Ladder::first)) ||
                        settled(i, alone->derivative(Ladder::independent)))) {
          return;
        }
      }
    }
  }

  /// "32 of 32 confirmed" beyond a number of disagreements that are not all looked at; else empty.
  std::string confirmation() const {
    const auto count = static_cast<std::size_t>(
        std::ranges::count(judgements_, Verdict::disagree, &Judgement::verdict));
    return count <= looked_at_ || looked_at_ == 0
               ? ""
               : fmt::format("of {} disagreeing entries, {} were moved alone: {} confirmed", count,
                             looked_at_, confirmed_);
  }

  void add_to(Tally& tally, std::size_t row) const {
    const std::size_t n = numeric_.size();
    for (std::size_t i = 0; i < n; ++i) {
      const Derivative& d = numeric_[i];
      if (compared_[i]) {
        tally.add(row * n + i, {analytic_[i], rounding_[i]}, {d.value, d.truncation, d.rounding},
                  judgements_[i]);
      }
    }
  }

 private:
  std::vector<std::size_t> sample_to_confirm() const {
    SampleToConfirm sample(options_.seed);
    for (std::size_t i = 0; i < judgements_.size(); ++i) {
      if (judgements_[i].verdict == Verdict::disagree && std::isfinite(analytic_[i])) {
        sample.add(i, off(i));
      }
    }
    return sample.places();
  }

  double off(std::size_t i) const { return std::abs(analytic_[i] - numeric_[i].value); }

  Judgement judged(std::size_t i, const Derivative& d) const {
    return judge(analytic_[i], rounding_[i], d, options_.rtol);
  }

  /// Whether another quotient disagrees as well, grossly at first, and both by more than they are
  /// apart.
  bool shown_again(std::size_t i, OpaqueLayers::Lone& alone) const {
    const double size = std::max(std::abs(analytic_[i]), std::abs(numeric_[i].value));
    if (!stood_ && off(i) <= gross * size) {
      return false;
    }
    const double quotient = alone.quotient();
    Derivative wider = numeric_[i];
    wider.truncation += std::abs(quotient - wider.value);
    const bool first = judged(i, wider).verdict == Verdict::disagree;
    wider.value = quotient;
    return first && judged(i, wider).verdict == Verdict::disagree;
  }

  /// Whether a ladder of its own disagrees as well; of the first entry that does, leaps in its
  /// neighbourhood allowed for. What it says otherwise stands.
  bool contradicted_alone(std::size_t i, OpaqueLayers::Lone& alone) {
    Derivative other = alone.derivative(Ladder::independent);
    Judgement together = judge(analytic_[i], rounding_[i], numeric_[i], other, options_.rtol);
    if (together.verdict != Verdict::agree && confirmed_ == 0) {
      alone.allow_for_leap(other);
      together = judge(analytic_[i], rounding_[i], numeric_[i], other, options_.rtol);
      if (other.seen == Seen::staircase) {
        together = judged(i, other);
        together.verdict = together.unresolved ? Verdict::inconclusive : together.verdict;
      }
    }
    judgements_[i] = together;
    if (together.verdict == Verdict::agree) {
      numeric_[i] = other;
    }
    stood_ = stood_ || together.verdict == Verdict::disagree;
    return together.verdict == Verdict::disagree;
  }

  bool settled(std::size_t i, const Derivative& other) {
    const Judgement judgement = judged(i, other);
    const bool agrees = judgement.verdict == Verdict::agree && !judgement.unresolved;
    if (agrees) {
      judgements_[i] = judgement;
      numeric_[i] = other;
    }
    return agrees;
  }

  /// Not all that were looked at have stood: the others that disagree need not either.
  void doubt_others_than(const std::vector<std::size_t>& looked_at) {
    std::vector<bool> doubted(judgements_.size(), true);
    for (const std::size_t i : looked_at) {
      doubted[i] = false;
    }
    for (std::size_t i = 0; i < doubted.size(); ++i) {
      Verdict& verdict = judgements_[i].verdict;
      verdict = doubted[i] ? std::min(verdict, Verdict::inconclusive) : verdict;
    }
  }

  const double* analytic_;
  const double* rounding_;
  const std::vector<bool>& compared_;
  const std::vector<bool>& at_kink_;
  const CheckOptions& options_;
  std::vector<Derivative> numeric_;
  std::vector<Judgement> judgements_;
  std::size_t looked_at_ = 0;
  std::size_t confirmed_ = 0;
  bool stood_ = false;  ///< whether an entry was confirmed on a ladder
};

}  // namespace

/// False where there are no such layers, or something between them and the loss cannot be
/// differentiated as a whole.
bool Checker::compare_opaque(Side& side, ValueId to, ValueId from, const Tensor& rounding,
                             const Account& account, TensorCheck& check) {
  if (!opaque_ || !side.sweep) {
    return false;
  }
  const std::size_t n = entries_of(check.report.shape);
  const std::size_t rows = n == 0 ? 0 : check.analytic.size() / n;
  Tally tally(check, options_);
  for (std::size_t row = 0; row < rows; ++row) {
    if (!compare_opaque_row(side, {to, from, row}, rounding, tally, check)) {
      return false;
    }
    account.tell((row + 1) * n);
  }
  tally.finish();
  say_what_was_left_out(from, rows, check);
  check.report.kinks = static_cast<std::size_t>(std::ranges::count(check.at_kink, true));
  if (check.report.verdict == Verdict::inconclusive && check.report.reason.empty()) {
    check.report.reason = opaque_->reason(from);
  }
  if (check.report.verdict == Verdict::disagree && check.report.reason.empty() &&
      check.report.kinks > 0) {
    check.report.reason =
        "at a kink, the gradient is no convex combination of the derivatives nearby (a tie whose "
        "sides get more, or less, than the gradient between them?)";
  }
  return true;
}

/// One output by all entries. Where entries moved alone contradict what was found in groups, the
/// groups are not believed, and all is found anew.
bool Checker::compare_opaque_row(Side& side, const Row& row, const Tensor& rounding, Tally& tally,
                                 TensorCheck& check) {
  const std::size_t n = check.at_kink.size();
  for (const bool trusted : {true, false}) {
    std::vector<Derivative> numeric;
    const auto take = [&](const Swept& block) {
      for (std::size_t i = block.first; i < block.first + block.size(); ++i) {
        numeric.push_back(derivative_of(block.estimate(i)));
      }
    };
    if (!side.sweep->run(row.from, row.to, row.output, take)) {
      check.note = side.sweep->violated_declaration();
      return false;
    }
    for (std::size_t i = 0; i < n; ++i) {
      check.at_kink[i] = opaque_->at_kink(row.from, i);
    }
    const double* analytic = check.analytic.data() + row.output * n;
    const Coarse coarse{opaque_->unit_roundoff(row.from), linearity_.coarseness[row.from]};
    const std::vector<double> u =
        rounding_of(analytic, rounding.data() + row.output * n, check.at_kink, coarse);
    const std::vector<bool> compared = opaque_->compared(row.from);
    OpaqueRow entries(analytic, u.data(), std::move(numeric), compared, check.at_kink, options_);
    if (!entries.confirm(*opaque_, row.from) && trusted && opaque_->distrust_groups(row.from)) {
      side.sweep->forget();
      continue;
    }
    entries.settle(*opaque_, row.from);
    entries.add_to(tally, row.output);
    check.note = entries.confirmation();
    break;
  }
  return true;
}

/// What the limits left out, and what that may have missed.
void Checker::say_what_was_left_out(ValueId from, std::size_t rows, TensorCheck& check) {
  TensorReport& report = check.report;
  if (check.note.empty() && linearity_.coarseness[from] > 0) {
    check.note = fmt::format(
        "backward of {} is linear in its upstream to {:.0e} only: it calculates in float32 inside; "
        "inputs in float32 would be judged as such",
        report.name, linearity_.coarseness[from]);
  }
  const std::vector<bool> compared = opaque_->compared(from);
  const auto done = static_cast<std::size_t>(std::ranges::count(compared, true));
  report.not_checked = (compared.size() - done) * rows;
  if (report.not_checked == 0) {
    return;
  }
  if (opaque_->out_of_time()) {
    report.verdict = graver(report.verdict, Verdict::inconclusive);
    report.reason = fmt::format("time ran out after {} of {} entries", done, compared.size());
    return;
  }
  const double missed = std::pow(0.99, static_cast<double>(done));
  check.note = fmt::format(
      "{} of {} entries of {} were compared, chosen by the seed: a fault in 1 % of the entries is "
      "missed with probability {:.2g}",
      done, compared.size(), report.name, missed);
  test_along_direction(from, check);
}

/// All entries at once, along one random direction.
void Checker::test_along_direction(ValueId from, TensorCheck& check) {
  if (check.analytic.size() != check.at_kink.size()) {
    return;
  }
  const auto along = opaque_->along_direction(from, check.analytic.data());
  if (!along) {
    check.note += "; along a direction of all entries no derivative could be told";
    return;
  }
  const double u = granted_units * opaque_->unit_roundoff(from) * along->size;
  const Judgement judgement = judge(along->analytic, u, along->numeric, options_.rtol);
  if (judgement.verdict == Verdict::disagree) {
    check.report.verdict = Verdict::disagree;
    check.report.reason = fmt::format(
        "along a random direction of all entries, the gradient gives {:.8g} and differences "
        "{:.8g}: "
        "entries that were not compared are wrong",
        along->analytic, along->numeric.value);
  } else {
    check.note += judgement.verdict == Verdict::agree
                      ? "; along a random direction of all entries both sides agree"
                      : "; along a random direction of all entries nothing could be resolved";
  }
}

}  // namespace gradcheck
