#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <gradcheck/compare/judge.hpp>
#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/user_layers/judge_candidate.hpp>

namespace gradcheck {
namespace {

/// Of a normal deviate: once in 5e8 (two-sided), so no accident among the entries of a layer.
constexpr double certain = 6;
/// What a constant rounded once may do: half a unit of the value, a quarter of the condition's (a
/// constant seldom matters as much as all inputs together).
constexpr double bias_of_value = 0.5;
constexpr double bias_of_condition = 0.25;
/// A factor common to all entries may come from constants: up to so many units of rounding is
/// agreement, beyond so many an error.
constexpr double common_units = 1.25;
constexpr double wrong_units = 2;
/// Between the limit and so many times it: inconclusive.
constexpr double doubt = 1.25;
/// An entry whose room is more than this part of its value says nothing.
constexpr double resolved_part = 0.1;
/// More roundings than that measured: the scatter explains anything, so it vouches for nothing.
constexpr double most_roundings = 256;

/// What the points say about one entry.
struct EntryStatistics {
  double candidate = 0;  ///< at the point
  double reference = 0;
  double mean = 0;     ///< of candidate - reference
  double scatter = 0;  ///< standard deviation of the same
  double unit = 0;     ///< u (κ + |r|)
  double bias = 0;     ///< B
  bool finite = true;
};

class Judge {
 public:
  Judge(const CandidateSamples& samples, std::size_t t, NumberType type, double roundings)
      : samples_(samples),
        t_(t),
        count_(static_cast<double>(samples.reference.size())),
        u_(unit_roundoff(type)),
        distance_(farthest_nearby(type) / std::sqrt(3.0)),
        granted_(std::max(roundings, 1.0)) {
    report_.name = samples.names[t].name;
    report_.role = samples.names[t].role;
    report_.shape = samples.names[t].shape;
  }

  TensorReport run() {
    require_shapes();
    const std::size_t size = samples_.reference[0][t_].size();
    for (std::size_t i = 0; i < size; ++i) {
      entries_.push_back(statistics(i));
    }
    raise_scatter();
    report_.entries = size;
    for (std::size_t i = 0; i < size; ++i) {
      take(i, verdict_of(entries_[i]));
    }
    judge_common_factor();
    return std::move(report_);
  }

 private:
  void require_shapes() const {
    for (const Tensors<double>& one : samples_.candidate) {
      if (t_ >= one.size() || shape_of(one[t_]) != report_.shape) {
        throw_shape("candidate", report_.name,
                    t_ < one.size() ? "<" + to_string(shape_of(one[t_])) + ">" : "<nothing>",
                    to_string(report_.shape) + ", as of the reference");
      }
    }
  }

  EntryStatistics statistics(std::size_t i) const {
    const double r0 = samples_.reference[0][t_].data()[i];
    EntryStatistics one{samples_.candidate[0][t_].data()[i], r0};
    double squares = 0, changes = 0;
    for (std::size_t s = 0; s < samples_.reference.size(); ++s) {
      const double r = samples_.reference[s][t_].data()[i];
      const double apart = samples_.candidate[s][t_].data()[i] - r;
      one.mean += apart / count_;
      squares += apart * apart / count_;
      changes += (r - r0) * (r - r0) / std::max(count_ - 1, 1.0);
    }
    one.finite = std::isfinite(squares) && std::isfinite(changes);
    one.scatter = std::sqrt(std::max(0.0, squares - one.mean * one.mean));
    const double condition = std::sqrt(changes) / distance_;
    one.unit = u_ * (condition + std::abs(r0));
    one.bias = granted_ * u_ * (bias_of_value * std::abs(r0) + bias_of_condition * condition) +
               rounded_alike(std::abs(r0), condition);
    return one;
  }

  /// What rounding the result itself may leave in the mean: a period of 2u|r| of the sawtooth,
  /// averaged over the width 2δκ of the values nearby; all of it where those do not differ.
  double rounded_alike(double value, double condition) const {
    const double most = u_ * value;
    const double width = 2 * std::sqrt(3.0) * distance_ * condition;
    return 2 * width > most ? most * most / (2 * width) : most;
  }

  /// An entry whose own scatter is small by accident has that of its tensor, in units of rounding:
  /// the median, which single wrong entries do not move.
  void raise_scatter() {
    std::vector<double> ratios;
    for (const EntryStatistics& one : entries_) {
      if (one.finite && one.unit > 0) {
        ratios.push_back(one.scatter / one.unit);
      }
    }
    if (ratios.empty()) {
      return;
    }
    const auto middle = ratios.begin() + static_cast<std::ptrdiff_t>(ratios.size() / 2);
    std::nth_element(ratios.begin(), middle, ratios.end());
    measured_ = *middle;
    for (EntryStatistics& one : entries_) {
      one.scatter = std::max(one.scatter, measured_ * one.unit);
    }
  }

  double limit(const EntryStatistics& one) const {
    return certain * one.scatter / std::sqrt(count_) + one.bias;
  }
  static double room(const EntryStatistics& one) { return certain * one.scatter + one.bias; }

  Verdict verdict_of(const EntryStatistics& one) const {
    if (!std::isfinite(one.reference)) {
      return Verdict::inconclusive;
    }
    if (!std::isfinite(one.candidate)) {
      return Verdict::disagree;
    }
    const double apart = std::abs(one.candidate - one.reference);
    if (!one.finite) {
      return apart <= one.bias ? Verdict::agree : Verdict::inconclusive;
    }
    if (std::abs(one.mean) > doubt * limit(one) && apart > one.bias) {
      return Verdict::disagree;
    }
    const bool near = std::abs(one.mean) <= limit(one) && apart <= room(one);
    return near && measured_ <= most_roundings ? Verdict::agree : Verdict::inconclusive;
  }

  void take(std::size_t i, Verdict verdict) {
    const EntryStatistics& one = entries_[i];
    const double apart = std::abs(one.candidate - one.reference);
    const double size = std::max(std::abs(one.candidate), std::abs(one.reference));
    const bool unresolved = verdict == Verdict::agree && room(one) > resolved_part * size;
    report_.unresolved += unresolved ? 1 : 0;
    report_.inconclusive += verdict == Verdict::inconclusive ? 1 : 0;
    report_.disagreeing += verdict == Verdict::disagree ? 1 : 0;
    report_.max_absolute_error = larger(report_.max_absolute_error, apart);
    report_.max_bound = larger(report_.max_bound, room(one));
    if (!unresolved) {
      report_.max_relative_error =
          larger(report_.max_relative_error, relative_error(one.candidate, one.reference));
    }
    const double excess = room(one) > 0 ? apart / room(one) : apart;
    const bool worse = verdict > report_.verdict || (verdict == report_.verdict && excess > worst_);
    if (i == 0 || worse) {
      worst_ = excess;
      report_.worst = {index_of(i), one.candidate, one.reference, room(one)};
    }
    report_.verdict = graver(report_.verdict, verdict);
  }

  static double larger(double a, double b) { return std::isnan(b) || b > a ? b : a; }

  std::vector<std::size_t> index_of(std::size_t flat) const {
    std::vector<std::size_t> index(report_.shape.size());
    for (std::size_t axis = index.size(); axis-- > 0;) {
      index[axis] = flat % report_.shape[axis];
      flat /= report_.shape[axis];
    }
    return index;
  }

  /// Least squares of c − r = f r over all entries, weighted by their scatter.
  void judge_common_factor() {
    double products = 0, squares = 0;
    for (const EntryStatistics& one : entries_) {
      const double variance = one.scatter * one.scatter / count_;
      if (one.finite && variance > 0) {
        products += one.mean * one.reference / variance;
        squares += one.reference * one.reference / variance;
      }
    }
    if (squares <= 0) {
      return;
    }
    const double factor = products / squares;
    const double beyond = std::abs(factor) - certain / std::sqrt(squares);
    if (beyond > wrong_units * granted_ * u_) {
      report_.verdict = graver(report_.verdict, Verdict::disagree);
      report_.disagreeing = std::max<std::size_t>(report_.disagreeing, 1);
      report_.reason =
          fmt::format("all entries are {:.5g} times those of the reference", 1 + factor);
    } else if (beyond > common_units * granted_ * u_) {
      report_.verdict = graver(report_.verdict, Verdict::inconclusive);
      report_.reason = fmt::format(
          "all entries are {:.5g} times those of the reference, which one rounded constant hardly "
          "explains; declare the candidate's roundings",
          1 + factor);
    }
  }

  const CandidateSamples& samples_;
  std::size_t t_;
  double count_;
  double u_;
  double distance_;  ///< of the points, rms: they are uniform within the farthest
  double granted_;
  double measured_ = 0;
  double worst_ = 0;
  std::vector<EntryStatistics> entries_;
  TensorReport report_;
};

}  // namespace

TensorReport judge_candidate(const CandidateSamples& samples, std::size_t t, NumberType type,
                             double roundings) {
  return Judge(samples, t, type, roundings).run();
}

}  // namespace gradcheck
