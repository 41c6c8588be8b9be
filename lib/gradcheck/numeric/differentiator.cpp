#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <type_traits>

#include <fmt/format.h>

#include <gradcheck/numeric/differentiator.hpp>
#include <gradcheck/numeric/precision.hpp>
#include <gradcheck/numeric/rounding.hpp>
#include <gradcheck/numeric/steps.hpp>
#include <gradcheck/tensor/errors.hpp>

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
// How much a step shrinks when a probe is not finite, and how often.
constexpr double shrink = 0x1p-4;
constexpr int shrinks = 12;
constexpr int most_refinements = 8;
// How much nearer the next steps begin then.
constexpr double nearer_at_least = 0x1p-6;
// One-sided differences extrapolate four steps to each side.
constexpr double one_sided_step = 0x1p-12;
constexpr std::uint64_t one_sided_probes = 8;
// The second look keeps this distance from the steps of the first.
constexpr double nearer = 0.7;
// Tensors of at least this many entries are moved by the layers' own way, where there is one; it is
// tested on a few.
constexpr std::size_t moves_from = 64;
constexpr std::size_t tested_moves = 4;
// A quick and a plain evaluation may differ by their rounding: a few widths, or a few units of the
// value itself.
constexpr double move_slack = 8;
constexpr double tiny_share = 0x1p-48;
constexpr long double infinity = std::numeric_limits<long double>::infinity();

}  // namespace

namespace {

/// Whether rounding in long double, at its larger steps, leaves eight digits of every output.
bool long_double_will_do(const Difference& difference) {
  constexpr long double digits = 1e-8L;
  const long double gain =
      difference.in_long_double
          ? 1
          : machine_epsilon<long double>() / machine_epsilon<double>() * first_step / long_step;
  return std::ranges::all_of(difference.estimates, [&](const Estimate& estimate) {
    return gain * estimate.rounding <= digits * std::abs(estimate.value);
  });
}

}  // namespace

Differentiator::Differentiator(const Graph& graph, const Point& point, DifferenceOptions options)
    : graph_(graph),
      point_(point),
      options_(options),
      evaluator_(graph, point.values, point.held, Reach::downstream),
      long_evaluator_(graph, point.long_values, point.held, Reach::downstream),
      propagator_(graph, point.long_values, point.held, point.noise, options.seed),
      long_double_helps_(long_double_helps() && in_long_double(graph)) {}

void Differentiator::reach_as(Reach reach) {
  evaluator_.set_reach(reach);
  long_evaluator_.set_reach(reach);
  evaluator_.aim(from_, target_);
  long_evaluator_.aim(from_, target_);
}

void Differentiator::aim(ValueId from, ValueId target) {
  from_ = from;
  target_ = target;
  const bool large = point_.values[from].size() >= moves_from;
  reach_as(options_.plain ? Reach::everything : large ? Reach::moves : Reach::downstream);
  scales_ = entry_scales(evaluator_, graph_, point_.values, from);
  const Noise noise = point_.noise.between(graph_, from, target);
  float32_ = noise.any();
  const StepFractions& fractions_here = float32_ ? float32_fractions : double_fractions;
  Tensor reach = scales_;
  for (double& r : entries(reach)) {
    r = options_.step ? 2 * *options_.step : r * fractions_here.widths;
  }
  widths_ =
      probe_widths(graph_, point_.values, point_.held, noise, from, reach, target, options_.seed);
  broken_promise_.clear();
  if (large && !options_.plain) {
    test_moves();
  }
  fraction_ = options_.forward_difference ? fractions_here.forward : fractions_here.central;
  if (!fixed() && !float32_ && scales_.size() >= calibrated_from && widths_.size() == 1) {
    fraction_ = calibrated_fraction();
  }
}

/// A few entries, moved: the target must come out as from a plain evaluation, within rounding. A
/// layer that errs for a share s of the entries is missed with probability (1 − s)^4.
void Differentiator::test_moves() {
  Evaluator<double> plain(graph_, point_.values, point_.held, Reach::everything);
  plain.aim(from_, target_);
  std::mt19937_64 random(options_.seed);
  for (std::size_t sample = 0; sample < tested_moves; ++sample) {
    const std::size_t entry = static_cast<std::size_t>(random() % scales_.size());
    const double position = point_.values[from_].data()[entry] + scales_.data()[entry] * long_step;
    const std::optional<std::vector<double>> quick = probe(evaluator_, entry, position);
    const std::optional<std::vector<double>> slow = probe(plain, entry, position);
    for (std::size_t j = 0; quick && slow && j < slow->size(); ++j) {
      const double difference = std::abs((*quick)[j] - (*slow)[j]);
      if (difference > move_slack * widths_.data()[j] + tiny_share * std::abs((*slow)[j])) {
        broken_promise_ = "a layer's way of moving one entry of " + graph_.values[from_].name +
                          " contradicts its forward, so everything was re-evaluated for each probe";
        reach_as(Reach::everything);
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
      bounds[k] = difference.trouble.empty() ? difference.estimates[0].bound() : infinity;
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

template <class Real>
std::optional<std::vector<Real>> Differentiator::probe(Evaluator<Real>& evaluator,
                                                       std::size_t entry, Real position) {
  ++probes_;
  const Value& moved = graph_.values[from_];
  const auto with = [&] {
    return " with " + (moved.name.empty() ? "it" : moved.name) + index_text(moved.shape, entry) +
           " = " + std::to_string(static_cast<double>(position));
  };
  try {
    const std::span<const Real> values = entries(evaluator.at(entry, position));
    if (std::ranges::all_of(values, [](Real v) { return std::isfinite(v); })) {
      return std::vector<Real>(values.begin(), values.end());
    }
    trouble_ = "not finite" + with();
  } catch (const Error& error) {
    trouble_ = "refused" + with() + ": " + error.what();
  }
  return std::nullopt;
}

template <class Real>
std::optional<std::vector<Quotient>> Differentiator::quotients_in(Evaluator<Real>& evaluator,
                                                                  const Values<Real>& base,
                                                                  const Difference& difference,
                                                                  double step) {
  const Real x = base[from_].data()[difference.entry];
  const Real right = difference.side < 0 ? x : x + static_cast<Real>(step);
  const Real left = difference.side > 0 ? x : x - static_cast<Real>(step);
  const Real width = right - left;
  if (!(width > 0)) {
    trouble_ = "the same at both ends of the step: " + graph_.values[from_].name + " + h is " +
               graph_.values[from_].name;
    return std::nullopt;
  }
  const auto above = probe(evaluator, difference.entry, right);
  const auto below = above ? probe(evaluator, difference.entry, left) : std::nullopt;
  if (!below) {
    return std::nullopt;
  }
  const long double epsilon = machine_epsilon<Real>();
  const long double precision = epsilon / machine_epsilon<double>();
  std::vector<Quotient> quotients(above->size());
  for (std::size_t j = 0; j < quotients.size(); ++j) {
    const long double slope = ((*above)[j] - (*below)[j]) / width;
    const long double noise = 2 * static_cast<long double>(widths_.data()[j]) * precision;
    quotients[j] = {static_cast<long double>(step), slope,
                    noise / width + 4 * epsilon * std::abs(slope)};
  }
  return quotients;
}

bool Differentiator::add(Difference& difference, double step) {
  auto quotients = difference.in_long_double
                       ? quotients_in(long_evaluator_, point_.long_values, difference, step)
                       : quotients_in(evaluator_, point_.values, difference, step);
  if (!quotients) {
    return false;
  }
  const auto place = std::ranges::find_if(
      difference.quotients, [&](const auto& row) { return row.empty() || row[0].step < step; });
  difference.quotients.insert(place, std::move(*quotients));
  return true;
}

/// Quotients at `largest`, half of it, a quarter ...; none if a probe is not finite.
bool Differentiator::fill(Difference& difference, double largest, int count) {
  difference.quotients.clear();
  for (int k = 0; k < count; ++k) {
    if (!add(difference, std::ldexp(largest, -k))) {
      return false;
    }
  }
  return true;
}

/// The same with smaller steps, and at last from one side, where probes are not finite.
bool Differentiator::begin(Difference& difference, double largest, int count) {
  trouble_.clear();
  std::string first_trouble;
  const int first_side = options_.forward_difference ? 1 : difference.side;
  for (const int side : {first_side, 1, -1}) {
    difference.side = side;
    double step = largest;
    for (int k = 0; k < shrinks; ++k, step *= shrink) {
      if (fill(difference, step, count)) {
        return true;
      }
      first_trouble = first_trouble.empty() ? trouble_ : first_trouble;
      if (options_.step) {
        break;
      }
    }
    if (options_.forward_difference || options_.step) {
      break;
    }
  }
  difference.trouble = first_trouble;
  return false;
}

Difference Differentiator::first_pass(std::size_t entry, double fraction) {
  Difference difference;
  difference.entry = entry;
  difference.scale = scales_.data()[entry];
  const double step = options_.step ? *options_.step : difference.scale * fraction;
  if (begin(difference, 2 * step, 2)) {
    conclude(difference, fixed());
  }
  return difference;
}

Difference Differentiator::start(std::size_t entry) { return first_pass(entry, fraction_); }

bool Differentiator::refine(Difference& difference) {
  if (fixed() || !difference.trouble.empty() || difference.refinements == most_refinements) {
    return false;
  }
  ++difference.refinements;
  if (float32_) {
    return refine_in_float32(difference);
  }
  if (!difference.propagated && std::ranges::all_of(difference.estimates, rounding_limits) &&
      !long_double_will_do(difference)) {
    difference.propagated = true;
    if (propagate(difference)) {
      return true;
    }
  }
  if (!difference.in_long_double && !difference.retried) {
    return start_in_long_double(difference);
  }
  const auto worst = std::ranges::max_element(difference.estimates, {}, &Estimate::bound);
  const bool rounded = rounding_limits(*worst);
  const bool moved = rounded               ? step_back(difference)
                     : !worst->converged() ? come_nearer(difference)
                                           : add_smaller(difference);
  if (!moved) {
    return false;
  }
  const std::vector<Estimate> before = std::move(difference.estimates);
  conclude(difference, fixed());
  lower_floors(difference);
  difference.estimates =
      rounded ? better(before, difference.estimates) : better(difference.estimates, before);
  return true;
}

/// A family of larger steps, on which rounding weighs less.
/// The difference carried through layer by layer, in long double; false if there is none, or if it
/// does not fit the first pass.
bool Differentiator::propagate(Difference& difference) {
  if (!long_double_helps_) {
    return false;
  }
  std::vector<Estimate> carried =
      propagator_
          .differentiate(from_, difference.entry, target_, evaluator_.path(),
                         static_cast<long double>(difference.scale))
          .estimates;
  if (carried.empty()) {
    return false;
  }
  for (std::size_t j = 0; j < carried.size(); ++j) {
    if (!compatible(carried[j], difference.estimates[j])) {
      return false;
    }
  }
  difference.estimates = std::move(carried);
  lower_floors(difference);
  return true;
}

bool Differentiator::start_in_long_double(Difference& difference) {
  const std::vector<Estimate> before = difference.estimates;
  const double used = static_cast<double>(difference.quotients[0][0].step);
  const bool shrunk = used < difference.scale * fraction_;
  const double first = shrunk ? used : difference.scale * std::max(long_step, fraction_);
  difference.in_long_double = long_double_helps_;
  difference.retried = true;
  if (!begin(difference, first, difference.side == 0 ? long_steps : long_steps + 1)) {
    return false;
  }
  conclude(difference, fixed());
  lower_floors(difference);
  difference.estimates = better(before, difference.estimates);
  return true;
}

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

Difference Differentiator::second_look(const Difference& difference, long double resolution) {
  Difference look = difference;
  if (float32_ && second_look_in_float32(look)) {
    return look;
  }
  const auto noise = [&](std::size_t j) {
    return static_cast<long double>(widths_.data()[j]) *
           (look.in_long_double ? machine_epsilon<long double>() / machine_epsilon<double>()
                                : 1.0L);
  };
  long double visible = 0;
  for (std::size_t j = 0; j < widths_.size(); ++j) {
    visible = std::max(visible, noise(j) / resolution);
  }
  // Rounding takes 1.5 noise / h of the extrapolated pair's value: sixteen times that leaves it far
  // below.
  const double near = static_cast<double>(24 * visible);
  const double smallest = static_cast<double>(look.quotients.back()[0].step);
  const double least = look.scale * 0x1p-40;
  const double step = near < nearer * smallest
                          ? std::max(near, std::min(least, nearer * smallest))
                          : nearer * static_cast<double>(look.quotients.front()[0].step);
  if (begin(look, step, near < nearer * smallest ? 2 : static_cast<int>(look.quotients.size()))) {
    conclude(look, fixed());
    look.refinements = 1;
  }
  return look;
}

std::vector<OneSidedSlopes> Differentiator::one_sided(const Difference& difference) {
  if (in_long_double(graph_)) {
    return {};
  }
  probes_ += one_sided_probes;
  return one_sided_slopes(graph_, point_, from_, difference.entry, target_,
                          difference.scale * one_sided_step);
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
