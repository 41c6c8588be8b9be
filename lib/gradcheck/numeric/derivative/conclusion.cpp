#include <algorithm>
#include <cmath>
#include <limits>

#include <gradcheck/numeric/derivative/conclusion.hpp>
#include <gradcheck/numeric/derivative/plateaus.hpp>
#include <gradcheck/numeric/derivative/standing.hpp>

namespace gradcheck {

namespace {

/// The step up to which nothing changes.
double flat_length(const Quotients& q) {
  const auto changed = std::find(q.unchanged.begin(), q.unchanged.end(), false);
  const auto flat = changed - q.unchanged.begin();
  return flat == 0 ? 0 : q.step[static_cast<std::size_t>(flat - 1)];
}

/// One output, while it is concluded.
class Conclusion {
 public:
  Conclusion(Response& response, const LadderProbes& probes, std::size_t output, Leaps& leaps,
             const DifferentiationOptions& options)
      : response_(response),
        probes_(probes),
        output_(output),
        leaps_(leaps),
        options_(options),
        least_reach_(options.same_argument * response.unit_roundoff() *
                     response.characteristic_scale()),
        central_(line(Side::both)) {
    result_.output = output;
    result_.whole_ladder = true;
  }

  Derivative conclude() {
    const Plateau* best = reference(central_, Side::both, all_);
    if (best == nullptr || !resolved(*best)) {
      best = from_longer_side(best);
    }
    if (best == nullptr) {
      take_all();
      return result_;
    }
    take(*best);
    if (best->corner) {
      resolve_corner();
    } else if (!resolved(*best)) {
      note_divergence();
    }
    return result_;
  }

 private:
  Quotients line(Side side) const { return quotients(response_, probes_, output_, side); }

  const Quotients& right() { return right_.size() > 0 ? right_ : right_ = line(Side::right); }
  const Quotients& left() { return left_.size() > 0 ? left_ : left_ = line(Side::left); }
  const Quotients& longer_side() { return right().size() >= left().size() ? right() : left(); }

  bool resolved(const Plateau& p) const {
    return p.bound() <= options_.resolution * std::abs(p.value);
  }

  /// The plateau that stands on a side, among all of them. Beyond a leap all smaller steps count
  /// for nothing, since they saw but the flat of a stair.
  const Plateau* reference(const Quotients& q, Side side, std::vector<Plateau>& all) {
    for (int from = 0;;) {
      all = plateaus(q, options_, from);
      const Plateau* best = standing(all, least_reach_, options_);
      const Leap leap =
          best == nullptr || best->corner ? Leap{} : leaps_.after(*best, q, output_, side);
      if (leap.size == 0) {
        return best;
      }
      flats_.push_back(*best);
      flats_.back().flat = true;
      result_.quantum = std::max(result_.quantum, leap.size);
      from = leap.end;
    }
  }

  /// At the edge of a domain one side reaches farther than both.
  const Plateau* from_longer_side(const Plateau* best) {
    if (longer_side().size() <= central_.size()) {
      return best;
    }
    one_sided_ = plateaus(longer_side(), options_);
    const Plateau* other = standing(one_sided_, least_reach_, options_);
    return other != nullptr &&
                   (best == nullptr || resolved(*other) || other->bound() < best->bound())
               ? other
               : best;
  }

  void take(const Plateau& best) {
    result_.value = best.value;
    result_.truncation = best.truncation;
    result_.rounding = best.rounding;
    result_.step = best.step;
    // The errors of pieces that leap are no independent ones: they grow up to the next leap.
    result_.rounding = std::max(result_.rounding, 2 * result_.quantum / best.step);
    result_.seen = seen_of(best);
    double flat = flat_length(central_);
    if (!flats_.empty()) {
      flat = std::max(flat_length(right()), flat_length(left()));
    }
    result_.others = alternatives(all_, best, flat, options_);
    // Flats that are longer than arithmetic alone makes them.
    if (flat > options_.arithmetic_flat * response_.characteristic_scale()) {
      result_.others.insert(result_.others.end(), flats_.begin(), flats_.end());
    }
  }

  /// Leaps of a few roundings of what y runs through over the scale are those of any arithmetic.
  Seen seen_of(const Plateau& best) {
    const double range = std::abs(best.value) * response_.characteristic_scale();
    if (result_.quantum > options_.stair * response_.unit_roundoff() * range) {
      return Seen::staircase;
    }
    const Quotients& q = one_sided_.empty() ? central_ : longer_side();
    if (flats_.empty() && begins_late(q, best, options_)) {
      return Seen::coarse;
    }
    return best.step <= flat_length(q) ? Seen::constant : Seen::smooth;
  }

  /// Where no estimate converges: the farthest quotient, and how far all others are from it.
  void take_all() {
    const Quotients& q = longer_side();
    if (q.size() == 0) {
      result_.truncation = std::numeric_limits<double>::infinity();
      return;
    }
    result_.seen = Seen::smooth;
    result_.value = q.value.back();
    result_.step = q.step.back();
    for (const double other : q.value) {
      result_.truncation = std::max(result_.truncation, std::abs(other - result_.value));
    }
    note_divergence();
  }

  /// Both one-sided derivatives at a corner; where they cannot be had it is a cusp, or nothing.
  void resolve_corner() {
    std::vector<Plateau> on_right, on_left;
    const Plateau* r = reference(right(), Side::right, on_right);
    const Plateau* l = reference(left(), Side::left, on_left);
    if (r == nullptr || l == nullptr) {
      take_all();
      return;
    }
    result_.right = {r->value, r->bound()};
    result_.left = {l->value, l->bound()};
    result_.value = (r->value + l->value) / 2;
    result_.rounding = (r->rounding + l->rounding) / 2;
    result_.truncation = (r->truncation + l->truncation) / 2;
    result_.seen = !contradict(*r, *l) ? Seen::smooth : beside_kink() ? Seen::coarse : Seen::kink;
  }

  /// Whether nearer steps show a derivative that is none between both sides: what larger ones show
  /// is then the kink of something that is no kink from near by, or lies elsewhere.
  bool beside_kink() const {
    const auto [low, high] = std::minmax(result_.left.value, result_.right.value);
    const double bound = result_.left.bound + result_.right.bound;
    return std::any_of(all_.begin(), all_.end(), [&, low = low, high = high](const Plateau& p) {
      return p.step < result_.step && p.farthest > least_reach_ &&
             std::max(p.value - high, low - p.value) > p.bound() + bound;
    });
  }

  /// Says so if the quotients of a side grow at the smallest steps by a steady ratio.
  void note_divergence() {
    const double ratio = std::max(growth(right()), growth(left()));
    if (ratio >= options_.slowest_ratio) {
      result_.seen = ratio > 2 - options_.steady_ratio ? Seen::jump : Seen::infinite;
    }
  }

  /// By which ratio they grow from each of the smallest steps to the next smaller one; 0 if they do
  /// not, or no faster than noise may make them.
  double growth(const Quotients& q) const {
    const int steps = 2 * options_.least_steps;
    if (q.size() <= steps) {
      return 0;
    }
    double least = 2, most = 0;
    for (int k = 0; k < steps; ++k) {
      if (std::abs(q.value[k]) * q.step[k] <= options_.abrupt * q.unit[k]) {
        return 0;
      }
      const double ratio = q.value[k] / q.value[k + 1];
      least = std::min(least, ratio);
      most = std::max(most, ratio);
    }
    return most - least <= options_.steady_ratio * most ? most : 0;
  }

  Response& response_;
  const LadderProbes& probes_;
  std::size_t output_;
  Leaps& leaps_;
  const DifferentiationOptions& options_;
  double least_reach_;
  Quotients central_, right_, left_;
  std::vector<Plateau> all_, one_sided_, flats_;
  Derivative result_;
};

}  // namespace

std::vector<Derivative> conclude(Response& response, const LadderProbes& probes,
                                 const std::vector<std::size_t>& outputs, Leaps& leaps,
                                 const DifferentiationOptions& options) {
  std::vector<Derivative> result;
  for (const std::size_t output : outputs) {
    result.push_back(Conclusion(response, probes, output, leaps, options).conclude());
  }
  return result;
}

}  // namespace gradcheck
