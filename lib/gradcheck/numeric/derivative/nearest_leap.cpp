#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include <gradcheck/numeric/derivative/nearest_leap.hpp>

namespace gradcheck {

namespace {

/// Points to each side, and how far they reach, in characteristic scales.
constexpr int points = 32;
constexpr std::array reaches{0x1p-8, 0x1p-6, 0x1p-4, 0x1p-2, 1.0};

/// Differences of that order, and what a leap of 1 in the middle of them comes to: the largest
/// binomial coefficient of one order less, turned over.
constexpr int order = 7;
constexpr double of_leap = -20;
/// And noise of 1: the root of C(14, 7).
constexpr double of_noise = 58.6;

/// A bracket is bisected down to this part of its distance: where an iteration stops is blurred by
/// rounding, so that y may leap to and fro beside it; or to so many quanta.
constexpr double narrow = 0x1p-20;
constexpr double neighbours = 8;

class Line {
 public:
  Line(Response& response, std::size_t output) : response_(response), output_(output) {}

  double at(double s) {
    const Probe probe = response_.evaluate({&s, 1})[0];
    return probe.usable ? probe.y[output_] : std::nan("");
  }

  /// The leap between two points, if y leaps there: up (sign 1) or down (-1). It lies in the half
  /// whose third difference it moves by twice as much, and the other way.
  DistantLeap between(double low, double high, double sign, double noise,
                      const DifferentiationOptions& options) {
    double first = at(low), last = at(high);
    const double far = std::max(std::abs(low), std::abs(high));
    const double least = std::max(neighbours * response_.quantum(), narrow * far);
    while (high - low > least) {
      const double half = (high - low) / 2, middle = low + half, y = at(middle);
      const double before = at(low - half), after = at(high + half);
      const bool early = sign * (third(before, first, y, last) - third(first, y, last, after)) < 0;
      (early ? high : low) = middle;
      (early ? last : first) = y;
    }
    const double width = high - low;
    const double left = first - at(low - width), right = at(high + width) - last;
    const double excess = std::abs(last - first - (left + right) / 2);
    const bool leaps = excess > options.visible * std::max(noise, std::abs(left - right));
    return leaps ? DistantLeap{excess, std::max(std::abs(low), std::abs(high))} : DistantLeap{};
  }

 private:
  static double third(double a, double b, double c, double d) { return d - 3 * c + 3 * b - a; }

  Response& response_;
  std::size_t output_;
};

/// How far beyond the steps of a ladder the end of a flat is looked for: a number may be tiny
/// beside the one that a layer adds it to.
constexpr int flat_octaves = 32;

/// The leap at which a flat of y that is longer than `from` ends on a side; none where y bends, or
/// stays.
DistantLeap end_of_flat(Line& line, double from, double quantum) {
  const double y = line.at(0);
  double low = 0, high = from, beyond = y;
  for (int k = 0; k < flat_octaves && beyond == y; ++k) {
    low = high;
    high *= 2;
    beyond = line.at(high);
  }
  if (line.at(from) != y || beyond == y || !std::isfinite(beyond)) {
    return {};
  }
  while (std::abs(high - low) > std::max(neighbours * quantum, narrow * std::abs(high))) {
    const double middle = (low + high) / 2;
    (line.at(middle) == y ? low : high) = middle;
  }
  const double first = line.at(high), next = line.at(high + 4 * (high - low));
  const double leap = std::abs(first - y);
  return leap > std::abs(next - first) ? DistantLeap{leap, std::abs(high)} : DistantLeap{};
}

/// The steeper of both sides.
DistantLeap end_of_flat(Response& response, std::size_t output,
                        const DifferentiationOptions& options) {
  Line line(response, output);
  const double from = options.farthest * response.characteristic_scale();
  const DistantLeap right = end_of_flat(line, from, response.quantum());
  const DistantLeap left = end_of_flat(line, -from, response.quantum());
  return right.steepness() > left.steepness() ? right : left;
}

/// Δ⁷ of equidistant values, by the start of its seven intervals; 0 where it cannot be had.
std::vector<double> differences(std::vector<double> y) {
  for (int k = 0; k < order; ++k) {
    for (std::size_t i = 0; i + 1 < y.size(); ++i) {
      y[i] = y[i + 1] - y[i];
    }
    y.pop_back();
  }
  for (double& d : y) {
    d = std::isfinite(d) ? d : 0;
  }
  return y;
}

/// An interval that may hold a leap: where it starts, counted from the point.
struct Suspect {
  int start;
  double sign;
};

/// The middle ones of the peaks between two of the other sign, nearest first: binomial coefficients
/// alternate, which what is smooth does not.
std::vector<Suspect> suspects(const std::vector<double>& d, double least) {
  std::vector<Suspect> found;
  for (std::size_t i = 1; i + 1 < d.size(); ++i) {
    const double up = d[i] > 0 ? 1 : -1, beside = std::max(-up * d[i - 1], -up * d[i + 1]);
    const bool alternating = std::min(-up * d[i - 1], -up * d[i + 1]) > 0;
    if (alternating && up * d[i] >= beside && up * d[i] > least) {
      found.push_back({static_cast<int>(i) + order / 2 - points, d[i] / of_leap < 0 ? -1.0 : 1.0});
    }
  }
  std::ranges::stable_sort(found, {},
                           [](const Suspect& each) { return std::abs(2 * each.start + 1); });
  return found;
}

constexpr std::size_t most_suspects = 8;

}  // namespace

DistantLeap nearest_leap(Response& response, std::size_t output, double noise,
                         const DifferentiationOptions& options) {
  Line line(response, output);
  for (const double reach : reaches) {
    const double spacing = reach * response.characteristic_scale() / points;
    if (spacing <= neighbours * response.quantum()) {
      continue;
    }
    std::vector<double> y;
    for (int i = -points; i <= points; ++i) {
      y.push_back(line.at(i * spacing));
    }
    std::vector<Suspect> all =
        suspects(differences(std::move(y)), options.visible * of_noise * noise);
    all.resize(std::min(all.size(), most_suspects));
    for (const Suspect& each : all) {
      const double low = each.start * spacing;
      const DistantLeap leap = line.between(low, low + spacing, each.sign, noise, options);
      if (leap.size > 0) {
        return leap;
      }
    }
  }
  return {};
}

void allow_for_leap(Response& response, Derivative& derivative,
                    const DifferentiationOptions& options) {
  const bool flat = derivative.seen == Seen::constant;
  const double unit = response.rounding_unit(derivative.output);
  const double noise = std::max(unit, derivative.rounding * derivative.step);
  const DistantLeap leap = flat ? end_of_flat(response, derivative.output, options)
                                : nearest_leap(response, derivative.output, noise, options);
  const double apart = options.piece * leap.steepness();
  if (leap.found() && (flat || apart <= options.resolution * std::abs(derivative.value))) {
    derivative.truncation += apart;
    derivative.quantum = std::max(derivative.quantum, leap.size);
    derivative.seen = Seen::staircase;
  }
}

}  // namespace gradcheck
