#include <algorithm>

#include <gradcheck/compare/checker_side.hpp>
#include <gradcheck/compare/swept_entries.hpp>

/// Checker's comparison of whole tensors.
namespace gradcheck {

/// The whole tensor at once. False, and nothing is changed but the note, where that cannot be had,
/// or where it shows a layer or itself to be other than is said: then nothing is believed but
/// entries on their own.
bool Checker::compare_swept(Side& side, ValueId to, ValueId from, const Tensor& rounding,
                            const Account& account, TensorCheck& check) {
  if (!side.sweep || !is_large(network_) || side.point.noise.any()) {
    return false;
  }
  const std::optional<std::vector<bool>> at_kink = side.ties.of(from, side.sweep->expansion());
  const TensorReport untouched = check.report;
  SweptEntries entries(check, rounding, entries_of(check.report.shape), options_);
  if (!at_kink || !judge_swept(*side.sweep, to, from, account, entries)) {
    check.report = untouched;
    check.note = side.sweep->violated_declaration();
    return false;
  }
  if (entries.choose() && !confirmed_alone(side, to, from, entries)) {
    measure_rounding(network_, point_, network_.loss(), options_, gradients_);
    side.differentiator().aim(from, to);
    if (!entries.settle(side.differentiator())) {
      check.report = untouched;
      check.note = "entries moved alone contradict what was found with all at once";
      return false;
    }
  }
  check.at_kink = *at_kink;
  check.report.kinks = static_cast<std::size_t>(std::ranges::count(check.at_kink, true));
  check.report.reason = entries.reason();
  check.note = entries.confirmation();
  entries.finish();
  return true;
}

/// Whether nothing is to be settled beyond what moving entries alone confirms.
bool Checker::confirmed_alone(Side& side, ValueId to, ValueId from, SweptEntries& entries) const {
  Evaluator<double> evaluator(network_.graph(), side.point.values, side.point.active,
                              ProbeScope::moves);
  evaluator.aim(from, to);
  LoneEntries alone(evaluator, side.point, from, to);
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
    if (!sweep.run(from, to, output,
                   [&](const Swept& block) { entries.judge_block(output, block); })) {
      return false;
    }
    const std::vector<std::size_t> open = entries.open(output);
    const std::vector<Estimate> again =
        open.empty() ? std::vector<Estimate>{} : sweep.refine(from, open);
    if (!again.empty()) {
      entries.judge_again(output, open, again);
    }
    account.tell((output + 1) * columns);
  }
  return true;
}

}  // namespace gradcheck
