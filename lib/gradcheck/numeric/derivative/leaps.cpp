#include <algorithm>
#include <array>
#include <cmath>

#include <gradcheck/numeric/derivative/leaps.hpp>

namespace gradcheck {

namespace {

/// What of one output is left without the parabola that the plateau has shown:
/// y(s) − y(0) − V s − ½ (S/h) s².
class Residual {
 public:
  Residual(Response& response, std::size_t output, double derivative, double curvature)
      : response_(response), output_(output), derivative_(derivative), curvature_(curvature) {}

  double at(double displacement) {
    const std::vector<Probe> probes = response_.evaluate(std::array{displacement});
    if (!probes[0].usable) {
      return std::nan("");
    }
    const double s = probes[0].made_for(output_);
    return probes[0].y[output_] - response_.base()[output_] -
           (derivative_ + curvature_ * s / 2) * s;
  }

 private:
  Response& response_;
  std::size_t output_;
  double derivative_, curvature_;
};

/// A bracket must become 2^5 times narrower for a leap to stand out.
constexpr int least_bisections = 5;

/// By how much y leaps where it first leaves the plateau between two displacements; 0 if it bends
/// there: then the next four widths of the last bracket bring four times its change.
double leap_within(Residual& residual, double low, double high, double least, int bisections,
                   const DifferentiationOptions& options) {
  const double start = residual.at(low);
  double first = start, last = residual.at(high);
  const double left = std::max(least, std::abs(last - first) / options.abrupt);
  for (int i = 0; i < bisections; ++i) {
    const double middle = (low + high) / 2, r = residual.at(middle);
    const bool beyond = std::abs(r - start) > left;
    (beyond ? high : low) = middle;
    (beyond ? last : first) = r;
  }
  const double change = std::abs(last - first);
  const double next = std::abs(residual.at(high + 4 * (high - low)) - last);
  return change > std::max(least, next) / 2 ? change : 0;
}

double noise_of(const Quotients& q, const Plateau& plateau, int k) {
  return std::max(plateau.rounding * plateau.step, q.unit[k]);
}

/// By how much the line leaves the plateau at a step.
double departure(const Quotients& q, const Plateau& plateau, int k) {
  return std::abs(q.value[k] - plateau.value) * q.step[k];
}

/// The first step beyond the plateau at which the line leaves it by more than its noise, if it does
/// so abruptly; -1 else. What is smooth leaves it by 8 times as much at each step (h³).
int abrupt_end(const Quotients& q, const Plateau& plateau, const DifferentiationOptions& options) {
  for (int k = 1; k < q.size(); ++k) {
    const double noise = noise_of(q, plateau, k), left = departure(q, plateau, k);
    if (q.step[k] > plateau.step && left > options.visible * noise) {
      return left > options.abrupt * std::max(noise, departure(q, plateau, k - 1)) ? k : -1;
    }
  }
  return -1;
}

}  // namespace

Leap Leaps::after(const Plateau& plateau, const Quotients& q, std::size_t output, Side side) {
  const int end = abrupt_end(q, plateau, options_);
  if (end < 0) {
    return {};
  }
  const auto known = examined_.find({output, side, end});
  if (known != examined_.end()) {
    return {known->second, end};
  }
  if (static_cast<int>(examined_.size()) >= options_.leaps_examined) {
    return {leaping_ ? departure(q, plateau, end) : 0, end};
  }
  const double leap = examine(plateau, q, output, side, end);
  examined_[{output, side, end}] = leap;
  leaping_ = leaping_ || leap > 0;
  return {leap, end};
}

double Leaps::examine(const Plateau& plateau, const Quotients& q, std::size_t output, Side side,
                      int end) {
  const double second = q.second.empty() ? 0 : q.second[plateau.index];
  Residual residual(response_, output, plateau.value, second / plateau.step);
  const double low = q.step[end - 1], high = q.step[end];
  const double possible = std::log2((high - low) / response_.quantum());
  const int bisections = static_cast<int>(std::min<double>(options_.bisections, possible));
  if (bisections < least_bisections) {
    return 0;
  }
  const double least = options_.visible * noise_of(q, plateau, end);
  double leap = 0;
  for (const double sign : {1.0, -1.0}) {
    if (side != (sign > 0 ? Side::left : Side::right)) {
      leap = std::max(leap,
                      leap_within(residual, sign * low, sign * high, least, bisections, options_));
    }
  }
  return leap;
}

}  // namespace gradcheck
