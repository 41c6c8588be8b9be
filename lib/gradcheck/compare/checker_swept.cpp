#include <algorithm>

#include <gradcheck/compare/checker_side.hpp>
#include <gradcheck/compare/swept_entries.hpp>

/// Checker's comparison of whole tensors.
namespace gradcheck {

namespace {

std::vector<Analytic> with_rounding(const Tensor& value, const Tensor& rounding) {
  std::vector<Analytic> analytic(value.size());
  for (std::size_t i = 0; i < analytic.size(); ++i) {
    analytic[i] = {value.data()[i], rounding.data()[i]};
  }
  return analytic;
}

}  // namespace

/// The whole tensor at once. False, and nothing is changed but the note, where that cannot be had,
/// or where it shows a layer or itself to be other than is said: then nothing is believed but
/// entries on their own.
bool Checker::compare_swept(Side& side, ValueId to, ValueId from, const Tensor& rounding,
                            const Account& account, TensorCheck& check) {
  if (!side.sweep || !is_large(network_) || side.point.noise.any()) {
    return false;
  }
  const std::optional<std::vector<bool>> at_kink = side.ties.of(from, side.sweep->expansion());
  std::vector<Analytic> analytic = with_rounding(check.analytic, rounding);
  SweptEntries entries(analytic, entries_of(check.report.shape), options_);
  if (!at_kink || !judge_swept(*side.sweep, to, from, account, entries)) {
    check.note = side.sweep->violated_declaration();
    return false;
  }
  if (entries.choose() && !confirmed_alone(side, to, from, entries)) {
    measure_rounding(network_, point_, network_.loss(), options_, gradients_);
    analytic = with_rounding(check.analytic, rounding);
    side.differentiator().aim(from, to);
    if (!entries.settle(side.differentiator())) {
      check.note = "entries moved alone contradict what was found with all at once";
      return false;
    }
  }
  Tally tally(check, options_);
  for (std::size_t i = 0; i < analytic.size(); ++i) {
    tally.add(i, analytic[i], entries.entries()[i].estimate, entries.entries()[i].judgement);
  }
  check.at_kink = *at_kink;
  check.report.kinks = static_cast<std::size_t>(std::ranges::count(check.at_kink, true));
  check.report.reason = entries.reason();
  check.note = entries.confirmation();
  tally.finish();
  return true;
}

/// Whether nothing is to be settled beyond what moving entries alone confirms.
bool Checker::confirmed_alone(Side& side, ValueId to, ValueId from, SweptEntries& entries) const {
  LoneEntries alone(network_.graph(), side.point, from, to);
  const bool left = entries.confirm(alone);
  side.lone_probes += alone.probes();
  return !left;
}

/// Output by output; what is open is looked at again, from nearer. False where the structure of the
/// network does not allow it, or is not as declared.
bool Checker::judge_swept(ReverseSweep& sweep, ValueId to, ValueId from, const Account& account,
                          SweptEntries& entries) const {
  const std::size_t columns = entries_of(network_.value(from).shape);
  for (std::size_t output = 0; output < entries_of(network_.value(to).shape); ++output) {
    std::optional<Swept> swept = sweep.run(from, to, output);
    if (!swept) {
      return false;
    }
    std::vector<std::size_t> open = entries.judge_output(output, *swept);
    while (!open.empty() && sweep.refine(from, open, *swept)) {
      open = entries.judge_again(output, open, *swept);
    }
    account.tell((output + 1) * columns);
  }
  return true;
}

}  // namespace gradcheck
