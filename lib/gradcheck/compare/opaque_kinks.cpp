#include <algorithm>
#include <cmath>

#include <gradcheck/compare/opaque_kinks.hpp>
#include <gradcheck/compare/subdifferential.hpp>

namespace gradcheck {

namespace {

/// Outputs beyond this many, whose kinks concern several entries at once, are left unsettled: each
/// takes tens of evaluations an entry.
constexpr std::size_t most_outputs = 256;
/// What a mixture of samples is known to beyond their own bounds, as a part of the largest of them.
constexpr double mixture_tolerance = 1e-5;
/// Two gradients at different distances from the kink that differ by more than this part of their
/// size show that something else happens between them.
constexpr double same_piece = 0.1;
/// Central differences near the kink span this part of the distance to it.
constexpr double span_of_distance = 0x1p-4;

double size_of(const KinkedElement& each) {
  return std::max(std::abs(each.left.value), std::abs(each.right.value));
}

/// Gradients of one output by its kinked entries at points a little off the kink. They are taken at
/// two distances and extrapolated to none, so they err by the square of the distance d, and by the
/// rounding u of the differences, 8 u/(span d): d³ = 8 u/span balances both.
class Nearby {
 public:
  Nearby(OpaqueJacobian& jacobian, std::span<const KinkedElement> entries)
      : jacobian_(jacobian),
        entries_(entries),
        distance_(std::exp2(std::round(std::log2(rounding()) / 3))) {}

  std::optional<std::vector<double>> operator()(std::span<const double> direction) {
    const std::vector<double> far = gradient(direction, distance_);
    std::vector<double> near = gradient(direction, distance_ / 2);
    for (std::size_t k = 0; k < near.size(); ++k) {
      const double size = std::max({std::abs(near[k]), std::abs(far[k]), size_of(entries_[k])});
      if (!(std::abs(near[k] - far[k]) <= same_piece * size)) {
        return std::nullopt;
      }
      near[k] = 2 * near[k] - far[k];
    }
    return near;
  }

  /// By what gradients err, relative to values that change by as much as their size.
  double error() const { return rounding() / distance_ + distance_ * distance_; }

 private:
  double rounding() const { return 8 * jacobian_.function().unit_roundoff() / span_of_distance; }

  std::vector<double> gradient(std::span<const double> direction, double distance) {
    std::vector<Move> base;
    for (std::size_t k = 0; k < entries_.size(); ++k) {
      const KinkedElement& at = entries_[k];
      const double scale = jacobian_.scales(at.slot).data()[at.entry];
      base.push_back({at.slot, at.entry, distance * scale * direction[k]});
    }
    std::vector<double> gradient;
    const double y = moved(base, 0, 0).first;
    for (std::size_t k = 0; k < base.size(); ++k) {
      const double h =
          span_of_distance * distance * jacobian_.scales(base[k].slot).data()[base[k].entry];
      const auto [above, right] = moved(base, k, h);
      const auto [below, left] = moved(base, k, -h);
      gradient.push_back((above - below) / (right - left));
      // A kink within the span: derivatives of several such entries together are none of any point.
      const double bend = std::abs((above - y) - (y - below)) / h;
      if (bend > same_piece * std::max(std::abs(gradient[k]), size_of(entries_[k]))) {
        gradient[k] = std::nan("");
      }
    }
    return gradient;
  }

  /// The output, and how far entry k was moved; NaN where the layer refuses.
  std::pair<double, double> moved(std::vector<Move> moves, std::size_t k, double h) {
    moves[k].by += h;
    const std::vector<double>& y = jacobian_.function().moved(moves);
    return {y.empty() ? std::nan("") : y[entries_[0].output], jacobian_.function().made(moves[k])};
  }

  OpaqueJacobian& jacobian_;
  std::span<const KinkedElement> entries_;
  double distance_;
};

void choose_between_sides(KinkedElement& only, double row) {
  const auto [low, high] = std::minmax(only.left.value, only.right.value);
  only.chosen = {std::clamp(row, low, high), std::max(only.left.bound, only.right.bound)};
  only.settled = std::isfinite(row);
}

void choose_in_hull(OpaqueJacobian& jacobian, std::span<KinkedElement> entries,
                    std::span<const double> row, std::uint64_t seed) {
  Nearby nearby(jacobian, entries);
  double size = 0;
  for (const KinkedElement& each : entries) {
    size = std::max(size, size_of(each));
  }
  std::vector<double> right, left, tolerance;
  for (const KinkedElement& each : entries) {
    right.push_back(each.right.value);
    left.push_back(each.left.value);
    tolerance.push_back(each.left.bound + each.right.bound +
                        std::max(mixture_tolerance, nearby.error()) * size);
  }
  const SubgradientCheck found =
      check_subgradient(row, right, left, tolerance, std::ref(nearby), seed);
  for (std::size_t k = 0; k < entries.size(); ++k) {
    entries[k].settled = found.verdict != Verdict::inconclusive && k < found.nearest.size();
    entries[k].chosen = {entries[k].settled ? found.nearest[k] : 0, tolerance[k]};
  }
}

}  // namespace

void choose_subgradients(OpaqueJacobian& jacobian, std::vector<KinkedElement>& kinked,
                         const BackwardRow& backward, std::uint64_t seed) {
  std::ranges::stable_sort(kinked, {}, &KinkedElement::output);
  std::size_t outputs = 0;
  for (std::size_t first = 0, end = 0; first < kinked.size(); first = end) {
    const std::size_t output = kinked[first].output;
    while (end < kinked.size() && kinked[end].output == output) {
      ++end;
    }
    const std::span<KinkedElement> entries(&kinked[first], end - first);
    if (entries.size() > 1 && ++outputs > most_outputs) {
      continue;
    }
    const Tensors<double> gradients = backward(output);
    std::vector<double> row;
    for (const KinkedElement& each : entries) {
      row.push_back(gradients[each.slot].data()[each.entry]);
    }
    if (entries.size() == 1) {
      choose_between_sides(entries[0], row[0]);
    } else {
      choose_in_hull(jacobian, entries, row, seed + output);
    }
  }
}

}  // namespace gradcheck
