#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <gradcheck/compare/opaque_node.hpp>

namespace gradcheck {

namespace {

/// Elements of the Jacobians of one layer that are kept (32 bytes each).
constexpr std::size_t most_kept = std::size_t{1} << 22;
/// An entry that is moved alone takes this part of the step that it took in its group: another one,
/// and near enough to see what does not reach as far as that.
constexpr double other_step = 0x1.6p-9;

/// What stands in the way of a derivative, and what settles it; empty if nothing does.
std::string reason_of(Seen seen) {
  switch (seen) {
    case Seen::jump:
      return "the function jumps there, so it has no derivative; move the point off the jump";
    case Seen::infinite:
      return "the difference quotients grow as the step shrinks: an infinite derivative or a cusp; "
             "move the point away from it";
    case Seen::coarse:
      return "near the point the function is rougher than its rounding, and only steps beyond that "
             "give a value; check it in a wider arithmetic, or without the offset of its input";
    case Seen::nothing:
      return "no step gives a usable value; move the point into the domain of the layer";
    case Seen::kink:
      return "a kink where neither side of backward's choice could be shown; move the point off "
             "the "
             "kink";
    default:
      return "";
  }
}

bool has_value(Seen seen) {
  return seen == Seen::smooth || seen == Seen::constant || seen == Seen::staircase;
}

}  // namespace

OpaqueNode::OpaqueNode(const Forward& layer, Inputs<double> x, std::uint64_t seed)
    : jacobian_(layer, x, seed), seed_(seed), slots_(x.size()) {}

const NumericGradient<double>& OpaqueNode::through(std::size_t slot,
                                                   const NumericGradient<double>& outputs,
                                                   const ScopeOf& scope,
                                                   const BackwardRow& backward) {
  const bool kept = kept_ <= most_kept;
  if (!passed_ || (!kept && last_outputs_ != outputs.value)) {
    pass(outputs, scope, backward);
  } else if (kept) {
    add_up(slots_[slot], outputs);
  }
  last_outputs_ = outputs.value;
  return slots_[slot].last;
}

/// Differentiates every input once. What cannot be kept is added up at once.
void OpaqueNode::pass(const NumericGradient<double>& outputs, const ScopeOf& scope,
                      const BackwardRow& backward) {
  kinked_.clear();
  kept_ = 0;
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
    if (jacobian_.function().layer().differentiable(slot)) {
      differentiate(slot, outputs, scope);
    }
  }
  add_kinks(outputs, backward);
  passed_ = true;
}

/// Until the structure that was found holds to the end.
void OpaqueNode::differentiate(std::size_t slot, const NumericGradient<double>& outputs,
                               const ScopeOf& scope) {
  const Shape shape = shape_of(jacobian_.function().x(slot));
  const std::size_t before = kept_;
  for (bool whole = false; !whole;) {
    kept_ = before;
    std::erase_if(kinked_, [&](const KinkedElement& k) { return k.slot == slot; });
    Slot& of = slots_[slot] = {};
    of.steps.assign(entries_of(shape), 0);
    of.kinked.assign(entries_of(shape), false);
    of.scope = scope(slot);
    of.last = zero_gradient<double>(shape);
    whole = jacobian_.differentiate(
        slot, [&](std::size_t entry, const Derivative& d) { take(slot, entry, d, outputs); },
        of.scope);
  }
}

namespace {

/// How far the derivative is from what smaller steps have seen, if they plainly saw another one:
/// the flats of stairs apart, which cannot.
double contradicted_by(const Derivative& d) {
  double apart = 0;
  for (const Plateau& p : d.others) {
    const bool nearer = p.step < d.step && !p.flat;
    apart = nearer ? std::max(apart, std::abs(p.value - d.value)) : apart;
  }
  return apart;
}

}  // namespace

void OpaqueNode::take(std::size_t slot, std::size_t entry, const Derivative& d,
                      const NumericGradient<double>& outputs) {
  Slot& of = slots_[slot];
  if (d.seen == Seen::kink) {
    kinked_.push_back({slot, entry, d.output, d.left, d.right});
    of.kinked[entry] = true;
  } else if (!has_value(d.seen)) {
    spoil(slot, entry, d.seen);
  } else {
    of.steps[entry] = std::max(of.steps[entry], d.seen == Seen::constant ? 0 : d.step);
    keep(slot,
         {static_cast<std::uint32_t>(entry), static_cast<std::uint32_t>(d.output), d.value,
          std::max(d.truncation, contradicted_by(d)), d.rounding},
         outputs);
  }
}

void OpaqueNode::keep(std::size_t slot, const Element& element,
                      const NumericGradient<double>& outputs) {
  add(slots_[slot].last, element, outputs);
  if (++kept_ <= most_kept) {
    slots_[slot].elements.push_back(element);
  }
}

/// No derivative can be told for this entry.
void OpaqueNode::spoil(std::size_t slot, std::size_t entry, Seen seen) {
  slots_[slot].spoiled.emplace(entry, seen);
  slots_[slot].last.coarser.data()[entry] = std::numeric_limits<double>::infinity();
}

void OpaqueNode::add_kinks(const NumericGradient<double>& outputs, const BackwardRow& backward) {
  choose_subgradients(jacobian_, kinked_, backward, seed_);
  for (const KinkedElement& k : kinked_) {
    if (k.settled) {
      keep(k.slot,
           {static_cast<std::uint32_t>(k.entry), static_cast<std::uint32_t>(k.output),
            k.chosen.value, 0, k.chosen.bound},
           outputs);
    } else {
      spoil(k.slot, k.entry, Seen::kink);
    }
  }
}

void OpaqueNode::add_up(Slot& slot, const NumericGradient<double>& outputs) const {
  slot.last = zero_gradient<double>(shape_of(slot.last.value));
  for (const Element& element : slot.elements) {
    add(slot.last, element, outputs);
  }
  for (const auto& [entry, seen] : slot.spoiled) {
    slot.last.coarser.data()[entry] = std::numeric_limits<double>::infinity();
  }
}

void OpaqueNode::add(NumericGradient<double>& sum, const Element& element,
                     const NumericGradient<double>& outputs) {
  const std::size_t j = element.output;
  const double g = outputs.value.data()[j], v = element.value, r = element.rounding;
  sum.value.data()[element.entry] += g * v;
  sum.coarser.data()[element.entry] +=
      outputs.coarser.data()[j] * v + std::abs(g) * element.truncation;
  sum.variance.data()[element.entry] +=
      g * g * r * r + outputs.variance.data()[j] * (v * v + r * r);
}

std::string OpaqueNode::reason(std::size_t slot, const std::string& name) const {
  const Slot& of = slots_[slot];
  if (of.spoiled.empty()) {
    return "";
  }
  const auto& [entry, seen] = *of.spoiled.begin();
  const std::string where = name + index_text(shape_of(of.last.value), entry);
  const std::optional<OpaqueFunction::Refusal>& refusal = jacobian_.function().refusal();
  if (seen == Seen::nothing && refusal) {
    return fmt::format(
        "{}: {}; refused with {}{} = {:.8g}: {}", where, reason_of(seen),
        refusal->move.slot == slot ? name : "another input",
        index_text(shape_of(jacobian_.function().x(refusal->move.slot)), refusal->move.entry),
        refusal->value, refusal->message);
  }
  return where + ": " + reason_of(seen);
}

double OpaqueNode::quotient(std::size_t slot, std::size_t entry) {
  const std::vector<double>& quotients = pair(slot, entry);
  double sum = quotients.empty() ? std::nan("") : 0;
  for (std::size_t j = 0; j < quotients.size(); ++j) {
    const double g = last_outputs_.data()[j];
    sum += g == 0 ? 0 : g * quotients[j];
  }
  return sum;
}

/// (y(x + h) − y(x − h)) / 2h by output, evaluated once for all gradients; empty if refused.
const std::vector<double>& OpaqueNode::pair(std::size_t slot, std::size_t entry) {
  OpaqueFunction& f = jacobian_.function();
  if (slots_[slot].pairs.size() * f.y().size() > most_kept) {
    slots_[slot].pairs.clear();
  }
  const auto [place, fresh] = slots_[slot].pairs.try_emplace(entry);
  std::vector<double>& quotients = place->second;
  if (fresh) {
    const double h = other_step * slots_[slot].steps[entry];
    const Move up{slot, entry, h}, down{slot, entry, -h};
    const double span = f.made(up) - f.made(down);
    quotients = f.moved({&up, 1});
    const std::vector<double>& below = f.moved({&down, 1});
    quotients.resize(std::min(quotients.size(), below.size()));
    for (std::size_t j = 0; j < quotients.size(); ++j) {
      quotients[j] = (quotients[j] - below[j]) / span;
    }
  }
  return quotients;
}

Derivative OpaqueNode::alone(std::size_t slot, std::size_t entry, Ladder ladder) {
  return jacobian_.alone(slot, entry, last_outputs_, ladder);
}

void OpaqueNode::allow_for_leap(std::size_t slot, std::size_t entry, Derivative& found) {
  jacobian_.allow_for_leap(slot, entry, last_outputs_, found);
}

Derivative OpaqueNode::along(const std::vector<Move>& direction) {
  return jacobian_.along(direction, last_outputs_);
}

bool OpaqueNode::distrust_groups(std::size_t slot) {
  const bool fresh = jacobian_.distrust_groups(slot);
  passed_ = passed_ && !fresh;
  return fresh;
}

}  // namespace gradcheck
