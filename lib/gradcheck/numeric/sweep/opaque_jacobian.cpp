#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include <gradcheck/numeric/derivative/nearest_leap.hpp>
#include <gradcheck/numeric/derivative/steps.hpp>
#include <gradcheck/numeric/sweep/direction_response.hpp>
#include <gradcheck/numeric/sweep/opaque_jacobian.hpp>
#include <gradcheck/tensor/random.hpp>

namespace gradcheck {

namespace {

/// The displacement of an affine input, in scales: the farther, the less rounding.
constexpr double affine_step = 4;
/// And the nearest at which it is tested.
constexpr double affine_near = 0x1p-10;
/// So many units of rounding of the largest value seen are no sign that an output is not affine: a
/// sum of n terms rounds by about √n.
constexpr double affine_units = 256;
/// Where terms cancel in an output, that is far more than its size tells: up to so many units, if
/// its values a little apart along a line scatter by so much.
constexpr double most_affine_units = 0x1p14;
/// Residuals are sums of values with weights up to 4, and the worst of many outputs is 4 to 5
/// standard deviations off.
constexpr double affine_scatter = 64;
/// Points on that line. They are ∛u of a scale apart, where third differences of a smooth function
/// are below its rounding; of values that scatter by 1 they are √20.
constexpr int scatter_points = 6;
const double third_difference = std::sqrt(20.0);
/// Entries that are moved alone to see that groups tell the truth: a fault in a share s of the
/// entries is missed with probability (1 − s)³.
constexpr int lone_entries = 3;

/// Entries that are tried as a pilot: one may be where the layer is flat.
constexpr int pilots = 2;

/// Residuals of an affine function, by output; and the largest values met.
class Residuals {
 public:
  explicit Residuals(OpaqueFunction& f) : f_(f), largest_(f.y().size()), size_(f.y().size()) {
    see(f.y());
  }

  std::vector<double> at(std::span<const Move> moves, double factor) {
    std::vector<Move> scaled(moves.begin(), moves.end());
    for (Move& move : scaled) {
      move.by *= factor;
    }
    std::vector<double> y = f_.moved(scaled);
    refused_ = refused_ || y.empty();
    y.resize(f_.y().size(), std::numeric_limits<double>::quiet_NaN());
    see(y);
    return y;
  }

  /// Takes in a y0 + b y1 + c y2 ..., which is 0 for affine functions.
  void add(std::initializer_list<std::pair<double, const std::vector<double>*>> terms) {
    for (std::size_t j = 0; j < largest_.size(); ++j) {
      double sum = 0;
      for (const auto& [factor, y] : terms) {
        sum += factor * (*y)[j];
      }
      largest_[j] = std::isnan(sum) ? sum : std::max(largest_[j], std::abs(sum));
    }
  }

  /// The noise of each output if all are affine; empty if one is not.
  std::vector<double> noise(const std::vector<double>& tolerances, std::span<const Move> line) {
    std::vector<double> noise(largest_.size());
    std::vector<double> scatter;
    for (std::size_t j = 0; j < noise.size(); ++j) {
      const double unit = f_.unit_roundoff() * size_[j];
      if (refused_ || !(largest_[j] <= most_affine_units * unit + tolerances[j])) {
        return {};
      }
      if (largest_[j] > affine_units * unit + tolerances[j]) {
        scatter = scatter.empty() ? scatter_along(line) : std::move(scatter);
        if (!(largest_[j] <= affine_scatter * scatter[j])) {
          return {};
        }
      }
      noise[j] = std::max({largest_[j], unit, tolerances[j]});
    }
    return noise;
  }

 private:
  /// How far the values of each output are off a smooth curve through points of a line.
  std::vector<double> scatter_along(std::span<const Move> line) {
    const double apart = std::exp2(std::floor(std::log2(f_.unit_roundoff()) / 3));
    std::vector<std::vector<double>> y;
    for (int k = 1; k <= scatter_points; ++k) {
      y.push_back(at(line, k * apart));
    }
    std::vector<double> scatter(largest_.size());
    for (std::size_t j = 0; j < scatter.size(); ++j) {
      for (std::size_t k = 0; k + 3 < y.size(); ++k) {
        const double third = y[k + 3][j] - 3 * y[k + 2][j] + 3 * y[k + 1][j] - y[k][j];
        scatter[j] = std::max(scatter[j], std::abs(third) / third_difference);
      }
    }
    return scatter;
  }

  void see(const std::vector<double>& y) {
    for (std::size_t j = 0; j < y.size(); ++j) {
      size_[j] = std::max(size_[j], std::abs(y[j]));
    }
  }

  OpaqueFunction& f_;
  std::vector<double> largest_;
  std::vector<double> size_;
  bool refused_ = false;
};

}  // namespace

OpaqueJacobian::OpaqueJacobian(const Forward& layer, Inputs<double> x, std::uint64_t seed)
    : f_(layer, x), random_(seed), tolerances_(tolerances_of(f_)) {
  take_size_from(f_.y());
  all_zero_ = typical_ == 0;
}

/// The mean size of the outputs at the point or, where all are 0, at the first probe where they are
/// not: a 0 may be what larger numbers leave.
void OpaqueJacobian::take_size_from(const std::vector<double>& y) {
  if (typical_ > 0) {
    return;
  }
  for (std::size_t j = 0; j < y.size(); ++j) {
    typical_ += std::isfinite(y[j]) ? std::abs(y[j]) / static_cast<double>(y.size()) : 0;
  }
}

OpaqueJacobian::Slot& OpaqueJacobian::explored(std::size_t slot) {
  const auto [place, fresh] = slots_.try_emplace(slot);
  Slot& found = place->second;
  if (fresh) {
    std::optional<Tensor> own = own_scales(f_.x(slot));
    found.scales = own ? *std::move(own) : scales_of_zeros(slot);
    test_affine(slot, found);
    found.dependence =
        std::make_unique<Dependence>(f_, slot, found.scales, tolerances_, found.affine, random_());
    found.alone = found.dependence->groups() < f_.x(slot).size() && !alike_alone(slot, found);
  }
  return found;
}

const Tensor& OpaqueJacobian::scales(std::size_t slot) { return explored(slot).scales; }

OpaqueJacobian::Structure OpaqueJacobian::structure(std::size_t slot) {
  const Slot& found = explored(slot);
  return {found.alone ? f_.x(slot).size() : found.dependence->groups(), found.affine, !found.alone,
          found.pilot_calls};
}

/// Zeros have no size of their own: that of the displacement which changes the outputs by theirs.
Tensor OpaqueJacobian::scales_of_zeros(std::size_t slot) {
  constexpr int rounds = 3;
  double scale = 1;
  for (int round = 0; round < rounds; ++round) {
    std::vector<Move> moves;
    for (std::size_t i = 0; i < f_.x(slot).size(); ++i) {
      moves.push_back({slot, i, scale * signed_part(random_)});
    }
    const std::vector<double>& y = f_.moved(moves);
    double change = 0, size = 0;
    for (std::size_t j = 0; j < y.size(); ++j) {
      change = std::fmax(change, std::abs(y[j] - f_.y()[j]));
      size = std::fmax(size, std::abs(f_.y()[j]));
    }
    if (change > 0 && size > 0 && std::isfinite(change)) {
      scale *= size / change;
    } else if (y.empty() || !std::isfinite(change)) {
      scale *= affine_near;
    }
  }
  return full<double>(shape_of(f_.x(slot)), std::isfinite(scale) && scale > 0 ? scale : 1);
}

/// y(x + d) along random displacements of all entries, together and from near, and of single ones.
void OpaqueJacobian::test_affine(std::size_t slot, Slot& found) {
  const std::size_t n = found.scales.size();
  std::vector<Move> d, e, both;
  for (std::size_t i = 0; i < n; ++i) {
    d.push_back({slot, i, signed_part(random_) * found.scales.data()[i]});
    e.push_back({slot, i, signed_part(random_) * found.scales.data()[i]});
    both.push_back({slot, i, d[i].by + e[i].by});
  }
  Residuals residuals(f_);
  const std::vector<double> y = f_.y();
  const std::vector<double> ahead = residuals.at(d, 1), behind = residuals.at(d, -1);
  residuals.add({{1, &ahead}, {1, &behind}, {-2, &y}});
  const std::vector<double> far = residuals.at(d, affine_step);
  residuals.add({{1, &far}, {-affine_step, &ahead}, {affine_step - 1, &y}});
  const std::vector<double> other = residuals.at(e, 1), sum = residuals.at(both, 1);
  residuals.add({{1, &sum}, {-1, &ahead}, {-1, &other}, {1, &y}});
  const std::vector<double> near = residuals.at(d, affine_near);
  residuals.add({{1, &near}, {-affine_near, &ahead}, {affine_near - 1, &y}});
  for (int k = 0; k < 2 && n > 0; ++k) {
    const std::span<const Move> one(&d[random_() % n], 1);
    const std::vector<double> up = residuals.at(one, affine_step);
    const std::vector<double> down = residuals.at(one, -affine_step);
    residuals.add({{1, &up}, {1, &down}, {-2, &y}});
  }
  take_size_from(near);
  take_size_from(ahead);
  found.noise = residuals.noise(tolerances_, d);
  found.affine = !found.noise.empty();
}

/// Whether a few entries do alone what they do in their groups.
bool OpaqueJacobian::alike_alone(std::size_t slot, const Slot& found) {
  const Dependence& dependence = *found.dependence;
  for (int k = 0; k < lone_entries; ++k) {
    const std::size_t group = random_() % dependence.groups();
    const std::vector<std::uint32_t>& members = dependence.members(group);
    const auto chosen = static_cast<std::uint32_t>(random_() % members.size());
    std::vector<Move> moves;
    for (const std::uint32_t entry : members) {
      moves.push_back({slot, entry, signed_part(random_) * found.scales.data()[entry]});
    }
    const std::vector<double> together = f_.moved(moves);
    const std::vector<double>& alone = f_.moved({&moves[chosen], 1});
    const auto owners = dependence.owners(group);
    for (std::size_t j = 0; j < alone.size() && !together.empty(); ++j) {
      const double expected = owners[j] == chosen ? together[j] : f_.y()[j];
      const double room = affine_units * f_.unit_roundoff() * std::abs(f_.y()[j]);
      if (differ(alone[j], expected, tolerances_[j] + room)) {
        return false;
      }
    }
  }
  return true;
}

bool OpaqueJacobian::distrust_groups(std::size_t slot) {
  Slot& found = explored(slot);
  const bool fresh =
      !found.alone && (found.affine || found.dependence->groups() < found.scales.size());
  found.alone = true;
  return fresh;
}

/// What single entries show, on the whole ladder: fewer outputs than a group has.
Pilot OpaqueJacobian::pilot_of(std::size_t slot) {
  Pilot pilot;
  const std::size_t n = slots_.at(slot).scales.size();
  const std::uint64_t before = f_.calls();
  for (int k = 0; n > 0 && k < pilots && !pilot.known; ++k) {
    GroupResponse response = lone(slot, random_() % n);
    derivative(response, pilot, options_);
  }
  slots_.at(slot).pilot_calls += f_.calls() - before;
  return pilot;
}

bool OpaqueJacobian::differentiate(std::size_t slot, const Sink& sink, Scope& scope) {
  Slot& found = explored(slot);
  const std::size_t n = found.scales.size();
  scope.done.assign(n, false);
  Pilot pilot = found.affine && !found.alone ? Pilot{} : pilot_of(slot);
  if (!found.alone) {
    for (const std::size_t group : order_of_groups(found, scope)) {
      if (scope.expired && scope.expired()) {
        return true;
      }
      if (!by_group(slot, group, pilot, sink, scope)) {
        found.alone = true;
        return false;
      }
    }
    return true;
  }
  for (std::size_t i = 0; i < n && !(scope.expired && scope.expired()); ++i) {
    if (scope.wanted.empty() || scope.wanted[i]) {
      GroupResponse response = lone(slot, i);
      by_probes(response, pilot, sink);
      scope.done[i] = true;
    }
  }
  return true;
}

/// Where time may run out, those first that say most: the largest.
std::vector<std::size_t> OpaqueJacobian::order_of_groups(const Slot& found,
                                                         const Scope& scope) const {
  std::vector<std::size_t> order(found.dependence->groups());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (scope.expired) {
    std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t group) {
      return found.dependence->members(group).size();
    });
  }
  return order;
}

/// Those members of a group that are wanted. False if an output changes that none of them reaches.
bool OpaqueJacobian::by_group(std::size_t slot, std::size_t group, Pilot& pilot, const Sink& sink,
                              Scope& scope) {
  const Slot& found = slots_.at(slot);
  std::vector<std::uint32_t> members;
  std::vector<std::optional<std::uint32_t>> place;  // by position in the group: among `members`
  for (const std::uint32_t entry : found.dependence->members(group)) {
    const bool wanted = scope.wanted.empty() || scope.wanted[entry];
    place.push_back(wanted ? std::optional(static_cast<std::uint32_t>(members.size()))
                           : std::nullopt);
    if (wanted) {
      members.push_back(entry);
      scope.done[entry] = true;
    }
  }
  if (members.empty()) {
    return true;
  }
  std::vector<std::optional<std::uint32_t>> owners = found.dependence->owners(group);
  for (std::optional<std::uint32_t>& owner : owners) {
    owner = owner ? place[*owner] : owner;
  }
  GroupResponse response(f_, slot, members, found.scales, owners, tolerances_);
  response.set_least_size(least_size());
  if (found.affine) {
    by_one_displacement(response, found, sink);
  } else {
    by_probes(response, pilot, sink);
  }
  return !response.stray();
}

namespace {

/// Of the only output; where nothing moves at all it is 0 up to what rounding may have swallowed.
Derivative ladder_of(DirectionResponse& response, Ladder ladder,
                     const DifferentiationOptions& options) {
  const std::vector<Derivative> found = ladder_derivative(response, ladder, options);
  if (!found.empty()) {
    return found[0];
  }
  Derivative d;
  d.seen = response.farthest() > 0 ? Seen::constant : Seen::nothing;
  d.step = response.farthest();
  d.rounding = response.rounding_unit(0) / d.step;
  return d;
}

}  // namespace

Derivative OpaqueJacobian::along(const std::vector<Move>& direction, const Tensor& upstream) {
  DirectionResponse response(f_, direction, entries(upstream), 1, least_size());
  return ladder_of(response, Ladder::first, options_);
}

Derivative OpaqueJacobian::alone(std::size_t slot, std::size_t entry, const Tensor& upstream,
                                 Ladder ladder) {
  DirectionResponse response = lone(slot, entry, upstream);
  return ladder_of(response, ladder, options_);
}

void OpaqueJacobian::allow_for_leap(std::size_t slot, std::size_t entry, const Tensor& upstream,
                                    Derivative& found) {
  DirectionResponse response = lone(slot, entry, upstream);
  gradcheck::allow_for_leap(response, found, options_);
}

DirectionResponse OpaqueJacobian::lone(std::size_t slot, std::size_t entry,
                                       const Tensor& upstream) {
  const Move only{slot, entry, 1};
  return {f_, {&only, 1}, entries(upstream), scales(slot).data()[entry], least_size()};
}

GroupResponse OpaqueJacobian::lone(std::size_t slot, std::size_t entry) {
  const Slot& found = slots_.at(slot);
  const std::uint32_t member[] = {static_cast<std::uint32_t>(entry)};
  const std::vector<std::optional<std::uint32_t>> owners(f_.y().size(), std::uint32_t{0});
  GroupResponse response(f_, slot, member, found.scales, owners, tolerances_);
  response.set_least_size(least_size());
  return response;
}

void OpaqueJacobian::by_one_displacement(GroupResponse& response, const Slot& found,
                                         const Sink& sink) {
  const double by = affine_step * std::exp2(std::ceil(std::log2(response.characteristic_scale())));
  const Probe probe = response.evaluate({&by, 1})[0];
  if (!probe.usable) {
    return tell(response, ladder_derivative(response, Ladder::first, options_), sink);
  }
  for (std::size_t k = 0; k < response.outputs(); ++k) {
    Derivative d;
    d.output = response.output(k);
    d.seen = std::isfinite(probe.y[k]) ? Seen::smooth : Seen::nothing;
    d.value = (probe.y[k] - response.base()[k]) / probe.made_for(k);
    d.rounding = 2 * found.noise[d.output] / std::abs(probe.made_for(k));
    d.step = std::abs(probe.made_for(k));
    sink(response.entry(k), d);
  }
}

/// Where nothing moves in a few probes and the outputs have no size that tells what rounding may
/// have swallowed, the whole ladder is asked.
void OpaqueJacobian::by_probes(GroupResponse& response, Pilot& pilot, const Sink& sink) {
  std::vector<Derivative> found = derivative(response, pilot, options_);
  if (found.size() < response.outputs() && all_zero_ &&
      response.farthest() < response.characteristic_scale()) {
    found = ladder_derivative(response, Ladder::first, options_);
  }
  tell(response, std::move(found), sink);
}

/// Those that do not move are 0 up to what rounding may have swallowed over the largest step: an
/// output that is small, or 0, may be so because larger numbers cancel in it.
void OpaqueJacobian::tell(const GroupResponse& response, std::vector<Derivative> found,
                          const Sink& sink) const {
  std::vector<bool> told(response.outputs(), false);
  for (Derivative& d : found) {
    const std::size_t k = d.output;
    told[k] = true;
    d.output = response.output(k);
    d.step *= response.weight(k);
    sink(response.entry(k), d);
  }
  for (std::size_t k = 0; k < told.size(); ++k) {
    if (!told[k]) {
      Derivative d;
      d.output = response.output(k);
      d.seen = response.farthest() > 0 ? Seen::constant : Seen::nothing;
      d.step = response.farthest() * response.weight(k);
      d.rounding = std::max(response.rounding_unit(k), f_.unit_roundoff() * typical_) / d.step;
      sink(response.entry(k), d);
    }
  }
}

}  // namespace gradcheck
