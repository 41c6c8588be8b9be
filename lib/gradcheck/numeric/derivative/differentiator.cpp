#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>

#include <gradcheck/numeric/derivative/differentiator.hpp>
#include <gradcheck/numeric/derivative/steps.hpp>
#include <gradcheck/numeric/point/machine_epsilon.hpp>

namespace gradcheck {

namespace {

// Steps are fractions of the entry's scale.
constexpr double first_step = double_fractions.central;
// Tensors of at least this many entries try these steps on a few of them before the first pass.
constexpr std::size_t calibrated_from = 256;
constexpr std::array<double, 6> fractions{0x1p-14, 0x1p-12, 0x1p-10, 0x1p-8, 0x1p-6, 0x1p-4};
constexpr std::size_t calibration_samples = 3;
// Long double's steps start larger, and three of them take the truncation to h⁶.
constexpr double long_step = 0x1p-9;
constexpr int long_steps = 3;
// No step beyond this fraction of the scale: nothing is smooth on that scale in general.
constexpr double largest_step = 0x1p-3;
// Rounding of three steps extrapolated, against that at the largest of them: the nearest leaves
// four times as much, and half of that comes on top.
constexpr long double family_rounding = 6;
constexpr int most_refinements = 8;
// How many of them come before the chain rule is asked where other steps bring nothing.
constexpr int max_stuck_refinements = 3;
// How much nearer the next steps begin then.
constexpr double nearer_at_least = 0x1p-6;
// The second look keeps this distance from the steps of the first.
constexpr double nearer = 0.7;
// Tensors of at least this many entries are moved by the layers' own way, where there is one; it is
// tested on a few.
constexpr std::size_t moves_from = 64;
constexpr std::size_t tested_moves = 4;
// A quick and a plain evaluation may differ by their rounding: a few rounding errors, or a few
// units of the value itself.
constexpr double move_slack = 8;
constexpr double tiny_share = 0x1p-48;
constexpr long double infinity = std::numeric_limits<long double>::infinity();

}  // namespace

namespace {

/// The smallest step of the whole at which a difference of `resolution` is seen. Rounding takes 1.5
/// noise / h of an extrapolated pair's value: sixteen times that leaves it far below.
long double visible_step(const Tensor& rounding_errors, bool in_long_double,
                         long double resolution) {
  constexpr long double rounding_share = 24;
  const long double gain =
      in_long_double ? machine_epsilon<long double>() / machine_epsilon<double>() : 1.0L;
  return rounding_share * gain * max_abs(rounding_errors) / resolution;
}

/// Steps larger than the entry itself may step over what the function does there (a sigmoid at 1e-3
/// in a tensor of 1e10): where rounding forbids smaller ones, they vouch for no more than this.
void grant_features(long double unseen, std::vector<Estimate>& estimates) {
  for (Estimate& estimate : estimates) {
    estimate.truncation = std::max(estimate.truncation, unseen);
  }
}

/// Whether rounding in long double, at its larger steps, leaves eight digits of every output.
bool long_double_will_do(const Difference& difference) {
  constexpr long double digits = 1e-8L;
  const long double gain =
      difference.paired
          ? difference.quotients[0][0].step / (difference.scale * long_step)
          : machine_epsilon<long double>() / machine_epsilon<double>() * first_step / long_step;
  return std::ranges::all_of(difference.estimates, [&](const Estimate& estimate) {
    return gain * estimate.rounding <= digits * std::abs(estimate.value);
  });
}

}  // namespace

Differentiator::Differentiator(const Graph& graph, const EvaluationPoint& point,
                               DifferenceOptions options)
    : graph_(graph),
      point_(point),
      options_(options),
      evaluator_(graph, point.values, point.active, ProbeScope::downstream),
      long_evaluator_(graph, point.long_values(), point.active, ProbeScope::downstream),
      chain_rule_(graph, point.long_values(), point.active, options.seed),
      forward_accumulation_(graph, point.long_values(), point.active, point.noise, options.seed),
      probe_rounding_(graph, point, options.step, options.seed),
      long_double_helps_(long_double_helps() && in_long_double(graph)) {}

void Differentiator::set_scope(ProbeScope reach) {
  evaluator_.set_scope(reach);
  long_evaluator_.set_scope(reach);
  evaluator_.aim(from_, target_);
  long_evaluator_.aim(from_, target_);
}

void Differentiator::aim(ValueId from, ValueId target) {
  from_ = from;
  target_ = target;
  const bool large = point_.values[from].size() >= moves_from;
  set_scope(options_.plain ? ProbeScope::everything
            : large        ? ProbeScope::moves
                           : ProbeScope::downstream);
  scales_ = entry_scales(evaluator_, graph_, point_.values, from);
  const Noise noise = point_.noise.between(graph_, from, target);
  float32_ = noise.any();
  const StepFractions& fractions_here = float32_ ? float32_fractions : double_fractions;
  rounding_errors_ = probe_rounding_.of(from, scales_, noise, target);
  violated_declaration_.clear();
  if (large && !options_.plain) {
    test_moves();
  }
  starts_with_pair_ =
      !fixed() && !float32_ && long_double_helps_ && scales_.size() < calibrated_from;
  if (starts_with_pair_ && scales_.size() > 0) {
    const std::span<const long double> base =
        entries(long_evaluator_.at(0, point_.long_values()[from].data()[0]));
    long_base_.assign(base.begin(), base.end());
  }
  fraction_ = options_.forward_difference ? fractions_here.forward : fractions_here.central;
  if (!fixed() && !float32_ && scales_.size() >= calibrated_from && rounding_errors_.size() == 1) {
    fraction_ = calibrated_fraction();
  }
}

/// A few entries, moved: the target must come out as from a plain evaluation, within rounding. A
/// layer that errs for a share s of the entries is missed with probability (1 − s)^4.
void Differentiator::test_moves() {
  Evaluator<double> plain(graph_, point_.values, point_.active, ProbeScope::everything);
  plain.aim(from_, target_);
  std::mt19937_64 random(options_.seed);
  for (std::size_t sample = 0; sample < tested_moves; ++sample) {
    const std::size_t entry = static_cast<std::size_t>(random() % scales_.size());
    const double position = point_.values[from_].data()[entry] + scales_.data()[entry] * long_step;
    const std::optional<std::vector<double>> quick = probe(evaluator_, entry, position);
    const std::optional<std::vector<double>> slow = probe(plain, entry, position);
    for (std::size_t j = 0; quick && slow && j < slow->size(); ++j) {
      const double difference = std::abs((*quick)[j] - (*slow)[j]);
      if (difference >
          move_slack * rounding_errors_.data()[j] + tiny_share * std::abs((*slow)[j])) {
        violated_declaration_ =
            "a layer's way of moving one entry of " + graph_.values[from_].name +
            " contradicts its forward, so everything was re-evaluated for each probe";
        set_scope(ProbeScope::everything);
        return;
      }
    }
  }
}

/// The step at which the worst of a few entries has the smallest bound, relative to what that entry
/// can have.
double Differentiator::calibrated_fraction() {
  std::array<long double, fractions.size()> worst{};
  for (std::size_t sample = 0; sample < calibration_samples; ++sample) {
    const std::size_t entry = (2 * sample + 1) * scales_.size() / (2 * calibration_samples);
    std::array<long double, fractions.size()> bounds;
    for (std::size_t k = 0; k < fractions.size(); ++k) {
      const Difference difference = first_pass(entry, fractions[k]);
      bounds[k] = difference.failure.empty() ? difference.estimates[0].bound() : infinity;
    }
    const long double best = *std::ranges::min_element(bounds);
    for (std::size_t k = 0; k < fractions.size() && best > 0; ++k) {
      worst[k] = std::max(worst[k], bounds[k] / best);
    }
  }
  const auto best = std::ranges::min_element(worst);
  return *best > 0 && *best < infinity ? fractions[static_cast<std::size_t>(best - worst.begin())]
                                       : first_step;
}

Difference Differentiator::first_pass(std::size_t entry, double fraction) {
  Difference difference;
  difference.entry = entry;
  difference.scale = scales_.data()[entry];
  difference.propagated = !long_double_helps_;
  const double step = options_.step ? *options_.step : difference.scale * fraction;
  if (begin(difference, 2 * step, 2)) {
    conclude(difference, fixed());
  }
  return difference;
}

Difference Differentiator::start(std::size_t entry) {
  std::optional<Difference> seen = starts_with_pair_ ? first_pair(entry) : std::nullopt;
  return seen ? *std::move(seen) : first_pass(entry, fraction_);
}

bool Differentiator::refine(Difference& difference) {
  if (fixed() || !difference.failure.empty() || difference.refinements == most_refinements) {
    return false;
  }
  ++difference.refinements;
  if (float32_) {
    return refine_in_float32(difference);
  }
  if (difference.aliased) {
    return false;
  }
  const bool rounding_is_all = std::ranges::all_of(difference.family, rounding_limits);
  const bool stuck = difference.refinements > max_stuck_refinements;
  if (!difference.propagated &&
      (stuck || (rounding_is_all && (difference.retried || !long_double_will_do(difference))))) {
    difference.propagated = true;
    if (propagate(difference)) {
      return true;
    }
  }
  if (!difference.retried) {
    const bool enough =
        !long_double_helps_ || !difference.propagated || !larger_steps_promise(difference);
    return start_in_long_double(difference, enough ? long_step : largest_step);
  }
  const auto worst = std::ranges::max_element(difference.family, {}, &Estimate::bound);
  const bool rounded = rounding_limits(*worst);
  const bool moved = rounded               ? step_back(difference) || add_smaller(difference)
                     : !worst->converged() ? come_nearer(difference)
                                           : add_smaller(difference);
  if (!moved) {
    return false;
  }
  const std::vector<Estimate> before = std::move(difference.estimates);
  conclude(difference, fixed());
  lower_attainable_of_family(difference);
  difference.estimates =
      rounded ? better(before, difference.estimates) : better(difference.estimates, before);
  return true;
}

std::vector<Estimate> Differentiator::layer_by_layer(std::size_t entry, long double nearness) {
  if (!long_double_helps_ || fixed() || float32_) {
    return {};
  }
  return chain_rule_.differentiate(from_, entry, target_, evaluator_.path(),
                                   static_cast<long double>(scales_.data()[entry]), nearness);
}

/// Whether the largest steps of the whole would leave less rounding than there is.
bool Differentiator::larger_steps_promise(const Difference& difference) const {
  for (std::size_t j = 0; j < difference.estimates.size(); ++j) {
    const Quotient& seen = difference.quotients[0][j];
    const long double there = seen.rounding * seen.step / (difference.scale * largest_step);
    const Estimate& estimate = difference.estimates[j];
    if (rounding_limits(estimate) && family_rounding * there < estimate.rounding) {
      return true;
    }
  }
  return false;
}

/// The chain rule's answer; false if there is none, or if it does not fit the first pass.
bool Differentiator::propagate(Difference& difference) {
  std::vector<Estimate> carried = layer_by_layer(difference.entry);
  if (carried.empty()) {
    return false;
  }
  for (std::size_t j = 0; j < carried.size(); ++j) {
    if (!std::isfinite(carried[j].bound()) || !compatible(carried[j], difference.estimates[j])) {
      return false;
    }
  }
  difference.estimates = std::move(carried);
  if (difference.retried || !larger_steps_promise(difference)) {
    lower_attainable(difference);
  }
  return true;
}

/// At steps from this part of the scale on.
bool Differentiator::start_in_long_double(Difference& difference, double fraction) {
  const std::vector<Estimate> before = difference.estimates;
  const double used = static_cast<double>(difference.quotients[0][0].step);
  const bool shrunk = !difference.paired && used < difference.scale * fraction_;
  difference.paired = false;
  const double first = shrunk ? used : difference.scale * std::max(fraction, fraction_);
  difference.in_long_double = long_double_helps_;
  difference.retried = true;
  if (!begin(difference, first, difference.side == 0 ? long_steps : long_steps + 1)) {
    return false;
  }
  conclude(difference, fixed());
  lower_attainable_of_family(difference);
  difference.estimates = better(before, difference.estimates);
  return true;
}

/// A family of larger steps, on which rounding weighs less.
bool Differentiator::step_back(Difference& difference) {
  const double largest = static_cast<double>(difference.quotients.front()[0].step);
  const double step = std::min(largest * 16, difference.scale * largest_step);
  Difference farther_look = difference;
  if (!(step > largest) || !begin(farther_look, step, long_steps)) {
    return false;
  }
  difference = std::move(farther_look);
  return true;
}

bool Differentiator::add_smaller(Difference& difference) {
  return add(difference, static_cast<double>(difference.quotients.back()[0].step) / 2);
}

/// Steps that see nothing of the function at the point itself start again from much nearer: from
/// the entry's own size where that is small beside its tensor's, else from a small part of the
/// last.
bool Differentiator::come_nearer(Difference& difference) {
  const double smallest = static_cast<double>(difference.quotients.back()[0].step);
  const double own = std::abs(point_.values[from_].data()[difference.entry]);
  const double on_own_scale = own * long_step;
  const bool own_is_nearer = own > 0 && on_own_scale < smallest * nearer_at_least;
  difference.scale = own_is_nearer ? own : difference.scale;
  Difference nearer_look = difference;
  nearer_look.side = 0;
  if (!begin(nearer_look, own_is_nearer ? on_own_scale : smallest * nearer_at_least, long_steps)) {
    return false;
  }
  difference = std::move(nearer_look);
  return true;
}

Difference Differentiator::independent_estimate(const Difference& difference,
                                                long double resolution) {
  Difference look = difference;
  if (float32_ && independent_in_float32(look)) {
    return look;
  }
  const double near =
      static_cast<double>(visible_step(rounding_errors_, look.in_long_double, resolution));
  const double own = std::abs(point_.values[from_].data()[look.entry]);
  const bool seen_there =
      own == 0 || visible_step(rounding_errors_, long_double_helps_, resolution) <= own;
  if (look.paired) {
    start_in_long_double(look, std::clamp(near / look.scale, long_step, largest_step));
    look.estimates = look.family;
    look.refinements = 1;
    grant_features(seen_there ? 0 : resolution, look.estimates);
    return look;
  }
  const double smallest = static_cast<double>(look.quotients.back()[0].step);
  const double least = look.scale * 0x1p-40;
  const double step = near < nearer * smallest
                          ? std::max(near, std::min(least, nearer * smallest))
                          : nearer * static_cast<double>(look.quotients.front()[0].step);
  if (begin(look, step, near < nearer * smallest ? 2 : static_cast<int>(look.quotients.size()))) {
    conclude(look, fixed());
    look.refinements = 1;
    grant_features(seen_there ? 0 : resolution, look.estimates);
  }
  return look;
}

bool Differentiator::reaches_tie(std::size_t entry) {
  if (point_.ties.empty()) {
    return false;
  }
  const double x = point_.values[from_].data()[entry];
  if (!probe(evaluator_, entry, x + scales_.data()[entry] * long_step)) {
    return true;
  }
  return std::ranges::any_of(point_.ties, [&](const NodeTie& tie) {
    const Graph::Node& node = graph_.nodes[tie.node];
    return std::ranges::any_of(tie.tie.entries, [&](const InputEntry& read) {
      const ValueId id = node.inputs[read.slot];
      if (id == from_) {
        return read.entry == entry;
      }
      return evaluator_.value(id).data()[read.entry] != point_.values[id].data()[read.entry];
    });
  });
}

}  // namespace gradcheck
