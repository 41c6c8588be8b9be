#include <algorithm>
#include <cmath>
#include <random>

#include <fmt/format.h>

#include <gradcheck/check/checker.hpp>
#include <gradcheck/compare/kinks.hpp>
#include <gradcheck/numeric/precision.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

/// Both precisions of backward differ by about the rounding of the coarser; twice that is safe.
constexpr double analytic_safety = 2;
/// What scaling the upstream may change beyond scaling the gradient: rounding, never a float32
/// inside.
constexpr double linearity_slack = 1e-10;
/// Where long double is no better: units of rounding granted to a sum of terms as large as the
/// tensor's largest.
constexpr double assumed_units = 64;
/// No Jacobian may have more entries than this (128 MiB of doubles).
constexpr std::size_t max_jacobian = std::size_t{1} << 24;
/// Ties beyond this many are not flipped one by one when an entry's range of slopes is asked for.
constexpr std::size_t most_flipped_ties = 32;

void require_finite(const Network& network, const Values<double>& values) {
  const std::vector<bool> needed = upstream_values(network.graph(), network.loss());
  for (const Network::Node& node : network.nodes()) {
    for (const ValueId output : node.outputs) {
      const Tensor& y = values[output];
      for (std::size_t i = 0; needed[output] && i < y.size(); ++i) {
        if (!std::isfinite(y.data()[i])) {
          const Value& value = network.value(output);
          throw LocatedError(node.at, node.layer->name() + ": the entry " +
                                          index_text(value.shape, i) + " of '" + value.expression +
                                          "' is " + std::to_string(y.data()[i]) +
                                          ", expected a finite value");
        }
      }
    }
  }
}

/// 1 for a scalar; otherwise random, signed, between ½ and 1 in size, so that nothing cancels or
/// hides.
Tensor upstream_for(const Shape& shape, std::uint64_t seed) {
  Tensor upstream = full<double>(shape, 1);
  if (upstream.size() == 1) {
    return upstream;
  }
  std::mt19937_64 random(seed);
  for (double& u : entries(upstream)) {
    const std::uint64_t bits = random();
    u = (0.5 + std::ldexp(static_cast<double>(bits >> 12), -53)) * ((bits & 1) != 0 ? 1 : -1);
  }
  return upstream;
}

Tensor unit(const Shape& shape, std::size_t entry) {
  Tensor t = zeros<double>(shape);
  t.data()[entry] = 1;
  return t;
}

DifferenceOptions difference_options(const CheckOptions& options) {
  DifferenceOptions result;
  result.forward_difference = options.method == Method::forward;
  result.step = options.step;
  result.plain = options.sweep == Sweep::plain;
  result.seed = options.seed;
  return result;
}

}  // namespace

Tensor rounding_of(const Tensor& value, const LongTensor& precise) {
  Tensor rounding = empty<double>(shape_of(value));
  const double epsilon = machine_epsilon<double>();
  const double assumed = long_double_helps() ? 0 : assumed_units * epsilon * max_abs(value);
  for (std::size_t i = 0; i < rounding.size(); ++i) {
    const double a = value.data()[i];
    const double seen = static_cast<double>(std::abs(a - precise.data()[i]));
    rounding.data()[i] = analytic_safety * seen + 4 * epsilon * std::abs(a) + assumed;
  }
  return rounding;
}

namespace {

/// Backward must be linear in its upstream: with the upstream times −3 and times 100, every
/// gradient is too. Returns what is wrong with each value's gradient; empty where nothing is.
std::vector<std::string> nonlinear_values(const Network& network, const Values<double>& values,
                                          const Tensor& upstream, const Values<double>& gradients,
                                          const Values<long double>& long_gradients) {
  std::vector<std::string> findings(values.size());
  for (const double factor : {-3.0, 100.0}) {
    Tensor scaled = upstream;
    for (double& u : entries(scaled)) {
      u *= factor;
    }
    const Values<double> there = backward<double>(network, values, network.loss(), scaled);
    for (ValueId id = 0; id < values.size(); ++id) {
      const Tensor rounding = rounding_of(gradients[id], long_gradients[id]);
      for (std::size_t i = 0; i < rounding.size() && findings[id].empty(); ++i) {
        const double expected = factor * gradients[id].data()[i];
        const double granted =
            std::abs(factor) * rounding.data()[i] + linearity_slack * std::abs(expected);
        if (std::abs(there[id].data()[i] - expected) > granted) {
          findings[id] = fmt::format(
              "with the upstream times {:g}, the gradient{} is {:.6g} instead of {:.6g}: "
              "backward is not linear in its upstream",
              factor, index_text(network.value(id).shape, i), there[id].data()[i], expected);
        }
      }
    }
  }
  return findings;
}

}  // namespace

struct Checker::Side {
  Side(const Graph& graph, Point at, const DifferenceOptions& options)
      : point(std::move(at)), differentiator(graph, point, options) {}
  Point point;
  Differentiator differentiator;
};

Checker::Checker(const Network& network, const CheckOptions& options)
    : network_(network), options_(options) {
  Values<double> values = forward<double>(network);
  require_finite(network, values);
  point_ = survey(network.graph(), std::move(values), options.seed);
  upstream_ = upstream_for(network.value(network.loss()).shape, options.seed);
  gradients_ = backward<double>(network, point_.values, network.loss(), upstream_);
  long_gradients_ = backward<long double>(network, point_.long_values, network.loss(),
                                          cast<long double>(upstream_));
  nonlinear_ = nonlinear_values(network, point_.values, upstream_, gradients_, long_gradients_);
  point_.held = hold_kinks(network, point_, gradients_);
  side_ = std::make_unique<Side>(network.graph(), point_, difference_options(options_));
}

Checker::~Checker() = default;

bool Checker::scalar_loss() const { return entries_of(network_.value(network_.loss()).shape) == 1; }

std::uint64_t Checker::probes() const { return probes_ + side_->differentiator.probes(); }

TensorCheck Checker::check(ValueId value) {
  const bool scalar = scalar_loss();
  TensorCheck check = scalar ? compare(*side_, network_.loss(), value, gradients_[value],
                                       rounding_of(gradients_[value], long_gradients_[value]))
                             : check_jacobian(network_.loss(), value);
  if (!scalar) {
    check_random_upstream(value, check);
  }
  if (check.report.verdict != Verdict::disagree && !nonlinear_[value].empty()) {
    check.report.verdict = Verdict::disagree;
    check.report.reason = nonlinear_[value];
  }
  return check;
}

TensorCheck Checker::check_jacobian(ValueId to, ValueId from) {
  Tensor rounding;
  const Tensor analytic = analytic_jacobian(to, from, rounding);
  if (point_.ties.empty() || to == network_.loss()) {
    return compare(*side_, to, from, analytic, rounding);
  }
  const Tensor upstream = upstream_for(network_.value(to).shape, options_.seed);
  return compare_held(backward<double>(network_, point_.values, to, upstream), {}, to, from,
                      analytic, rounding);
}

/// The comparison with kinks held as other gradients than the loss's have them.
TensorCheck Checker::compare_held(const Values<double>& gradients,
                                  const std::map<ValueId, Tensor>& claims, ValueId to, ValueId from,
                                  const Tensor& analytic, const Tensor& rounding) {
  Point point = survey(network_.graph(), point_.values, options_.seed);
  point.held = hold_kinks(network_, point, gradients, claims);
  Side side(network_.graph(), std::move(point), difference_options(options_));
  TensorCheck check = compare(side, to, from, analytic, rounding);
  probes_ += side.differentiator.probes();
  return check;
}

Tensor Checker::analytic_jacobian(ValueId to, ValueId from, Tensor& rounding) const {
  const Shape& rows = network_.value(to).shape;
  const Shape& columns = network_.value(from).shape;
  const std::size_t m = entries_of(rows), n = entries_of(columns);
  if (m * n > max_jacobian) {
    throw_shape(
        "Jacobian", "d(" + network_.value(to).name + ")/d(" + network_.value(from).name + ")",
        "(" + std::to_string(m) + ", " + std::to_string(n) + ")",
        "at most " + std::to_string(max_jacobian) + " entries; end the network in a scalar loss");
  }
  Shape shape = rows;
  shape.insert(shape.end(), columns.begin(), columns.end());
  Tensor jacobian = empty<double>(shape);
  rounding = empty<double>(shape);
  for (std::size_t j = 0; j < m; ++j) {
    const Tensor seed = unit(rows, j);
    const Tensor row = backward<double>(network_, point_.values, to, seed)[from];
    const LongTensor precise =
        backward<long double>(network_, point_.long_values, to, cast<long double>(seed))[from];
    const Tensor row_rounding = rounding_of(row, precise);
    std::ranges::copy(entries(row), jacobian.data() + j * n);
    std::ranges::copy(entries(row_rounding), rounding.data() + j * n);
  }
  return jacobian;
}

namespace {

/// Gathers entries into a tensor's report.
class Tally {
 public:
  Tally(TensorCheck& check, const CheckOptions& options) : check_(check), options_(options) {}

  void add(std::size_t place, const Analytic& analytic, const Estimate& numeric,
           const Judgement& judgement) {
    TensorReport& report = check_.report;
    ++report.entries;
    check_.numeric.data()[place] = static_cast<double>(numeric.value);
    check_.bound.data()[place] = static_cast<double>(numeric.bound());
    check_.verdicts[place] = judgement.verdict;
    report.unresolved += judgement.unresolved ? 1 : 0;
    report.inconclusive += judgement.verdict == Verdict::inconclusive ? 1 : 0;
    report.disagreeing += judgement.verdict == Verdict::disagree ? 1 : 0;
    const double difference = static_cast<double>(std::abs(analytic.value - numeric.value));
    const double relative =
        judgement.unresolved ? 0 : relative_error(analytic.value, numeric.value);
    report.max_absolute_error = largest(report.max_absolute_error, difference);
    report.max_relative_error = largest(report.max_relative_error, relative);
    report.max_bound = largest(report.max_bound, static_cast<double>(numeric.bound()));
    nonzero_ = nonzero_ || !(std::abs(analytic.value) <= analytic.rounding);
    consider_worst(place, analytic, numeric, judgement);
  }

  void finish() {
    TensorReport& report = check_.report;
    if (report.verdict == Verdict::agree && nonzero_ && report.unresolved == report.entries) {
      report.verdict = Verdict::inconclusive;
      report.reason =
          "every entry is below what arithmetic can see of the loss: scale the loss up or leave "
          "out what "
          "it has in common at all points";
    }
  }

 private:
  static double largest(double a, double b) { return std::isnan(a) || a > b ? a : b; }

  void consider_worst(std::size_t place, const Analytic& analytic, const Estimate& numeric,
                      const Judgement& judgement) {
    TensorReport& report = check_.report;
    const long double how_bad = severity(analytic, numeric, options_.rtol);
    const bool graver = judgement.verdict > report.verdict;
    if (!graver &&
        !(judgement.verdict == report.verdict && (report.entries == 1 || how_bad > worst_))) {
      return;
    }
    worst_ = how_bad;
    report.verdict = judgement.verdict;
    report.worst = {unravel(shape_of(check_.analytic), place), static_cast<double>(analytic.value),
                    static_cast<double>(numeric.value), static_cast<double>(numeric.bound())};
  }

  TensorCheck& check_;
  const CheckOptions& options_;
  long double worst_ = 0;
  bool nonzero_ = false;
};

/// One entry, refined until every output is settled.
class Settler {
 public:
  Settler(Differentiator& differentiator, const CheckOptions& options,
          const std::vector<Analytic>& analytic)
      : differentiator_(differentiator), options_(options), analytic_(analytic) {}

  void run(std::size_t entry) {
    difference_ = differentiator_.start(entry);
    judge_all();
    while (!settled() && differentiator_.refine(difference_)) {
      judge_all();
    }
    judge_all();
    if (!differentiator_.fixed()) {
      confirm_disagreement();
    }
  }

  const std::vector<Judgement>& judgements() const { return judgements_; }
  const std::vector<Estimate>& estimates() const { return difference_.estimates; }
  const std::string& reason() const { return reason_; }

 private:
  void judge_all() {
    judgements_.assign(analytic_.size(), {});
    if (!difference_.trouble.empty()) {
      reason_ = "the loss is " + difference_.trouble;
      difference_.estimates.assign(analytic_.size(),
                                   {std::numeric_limits<long double>::quiet_NaN(), 0, 0});
    }
    const Strictness strictness{options_.rtol, difference_.at_floor, differentiator_.fixed()};
    for (std::size_t j = 0; j < analytic_.size(); ++j) {
      judgements_[j] = judge(analytic_[j], difference_.estimates[j], strictness);
    }
  }

  bool settled() const {
    for (std::size_t j = 0; j < analytic_.size(); ++j) {
      const Verdict verdict = judgements_[j].verdict;
      const bool sure = verdict == Verdict::disagree &&
                        (difference_.refinements > 0 || !std::isfinite(analytic_[j].value));
      if (verdict != Verdict::agree && !sure) {
        return false;
      }
    }
    return true;
  }

  /// A disagreement counts if another family of steps shows it too, and both agree with each other.
  void confirm_disagreement() {
    long double resolution = std::numeric_limits<long double>::infinity();
    for (std::size_t j = 0; j < analytic_.size(); ++j) {
      if (judgements_[j].verdict == Verdict::disagree && std::isfinite(analytic_[j].value)) {
        resolution =
            std::min(resolution, std::abs(analytic_[j].value - difference_.estimates[j].value));
      }
    }
    if (!std::isfinite(resolution)) {
      return;
    }
    const Difference look = differentiator_.second_look(difference_, resolution);
    for (std::size_t j = 0; j < analytic_.size(); ++j) {
      if (judgements_[j].verdict == Verdict::disagree && std::isfinite(analytic_[j].value)) {
        confirm(look, j);
      }
    }
  }

  void confirm(const Difference& look, std::size_t j) {
    if (!look.trouble.empty()) {
      return;
    }
    const Estimate& first = difference_.estimates[j];
    const Estimate& second = look.estimates[j];
    const bool consistent = std::abs(first.value - second.value) <= first.bound() + second.bound();
    const Judgement nearer = judge(analytic_[j], second, {options_.rtol, true, false});
    if (nearer.verdict == Verdict::disagree && consistent) {
      return;
    }
    judgements_[j] = nearer.verdict == Verdict::agree ? nearer : Judgement{};
    if (nearer.verdict == Verdict::agree) {
      difference_.estimates[j] = second;
    } else {
      reason_ =
          "difference quotients at two families of steps do not agree with each other: a jump, a "
          "cusp or a "
          "very narrow feature near this point";
    }
  }

  Differentiator& differentiator_;
  const CheckOptions& options_;
  const std::vector<Analytic>& analytic_;
  Difference difference_;
  std::vector<Judgement> judgements_;
  std::string reason_;
};

}  // namespace

TensorCheck Checker::compare(Side& side, ValueId to, ValueId from, const Tensor& analytic,
                             const Tensor& rounding) {
  const Value& value = network_.value(from);
  TensorCheck check;
  check.report.name = value.name;
  check.report.role = to_string(value.role);
  check.report.shape = value.shape;
  check.analytic = analytic;
  check.numeric = zeros<double>(shape_of(analytic));
  check.bound = zeros<double>(shape_of(analytic));
  check.verdicts.assign(analytic.size(), Verdict::agree);
  const std::size_t n = entries_of(value.shape);
  check.at_kink.assign(n, false);
  side.differentiator.aim(from, to);
  check.note = side.differentiator.broken_promise();
  Tally tally(check, options_);
  std::vector<Analytic> column(n == 0 ? 0 : analytic.size() / n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < column.size(); ++j) {
      column[j] = {analytic.data()[j * n + i], rounding.data()[j * n + i]};
    }
    Settler settler(side.differentiator, options_, column);
    settler.run(i);
    for (std::size_t j = 0; j < column.size(); ++j) {
      tally.add(j * n + i, column[j], settler.estimates()[j], settler.judgements()[j]);
    }
    check.report.reason = check.report.reason.empty() ? settler.reason() : check.report.reason;
    check.at_kink[i] = side.differentiator.reaches_tie(i);
    check.report.kinks += check.at_kink[i] ? 1 : 0;
  }
  tally.finish();
  return check;
}

TensorReport compare_with(const TensorCheck& found, const Tensor& claimed, const Tensor& rounding,
                          const CheckOptions& options) {
  TensorCheck check = found;
  check.report = TensorReport{};
  check.report.name = found.report.name;
  check.report.role = found.report.role;
  check.report.shape = found.report.shape;
  check.analytic = claimed;
  Tally tally(check, options);
  for (std::size_t i = 0; i < claimed.size(); ++i) {
    const Analytic analytic{claimed.data()[i], rounding.data()[i]};
    const Estimate numeric{found.numeric.data()[i], 0, found.bound.data()[i]};
    tally.add(i, analytic, numeric, judge(analytic, numeric, {options.rtol, true, false}));
  }
  tally.finish();
  return check.report;
}

void Checker::check_random_upstream(ValueId from, TensorCheck& check) const {
  const Tensor& analytic = gradients_[from];
  const Tensor rounding = rounding_of(analytic, long_gradients_[from]);
  const std::size_t n = analytic.size();
  for (std::size_t i = 0; i < n; ++i) {
    Estimate sum;
    for (std::size_t j = 0; j < upstream_.size(); ++j) {
      const double u = upstream_.data()[j];
      sum.value += static_cast<long double>(u) * check.numeric.data()[j * n + i];
      sum.rounding += std::abs(u) * check.bound.data()[j * n + i];
    }
    const Strictness strictness{options_.rtol, true, true};
    if (judge({analytic.data()[i], rounding.data()[i]}, sum, strictness).verdict !=
        Verdict::agree) {
      check.report.verdict = Verdict::disagree;
      check.report.reason =
          "under a random signed upstream, entry " +
          (n == 1 ? std::string("0") : index_text(check.report.shape, i)) +
          " is not the Jacobian's rows summed up: backward is not linear in its upstream";
      return;
    }
  }
}

TensorCheck Checker::check_claimed(ValueId value, const Tensor& claimed, const Tensor& rounding,
                                   const std::map<ValueId, Tensor>& claims) {
  if (point_.ties.empty()) {
    return compare(*side_, network_.loss(), value, claimed, rounding);
  }
  return compare_held(gradients_, claims, network_.loss(), value, claimed, rounding);
}

Interval Checker::kink_interval(ValueId to, std::size_t output, ValueId from, std::size_t entry) {
  const Point fresh = survey(network_.graph(), point_.values, options_.seed);
  std::vector<Held> choices{point_.held};
  const auto choose = [&](bool last) {
    Held held = fresh.held;
    for (const NodeTie& tie : fresh.ties) {
      held[tie.node].parts[0].branches[tie.tie.site] =
          last ? tie.tie.pieces.back() : tie.tie.pieces.front();
    }
    choices.push_back(std::move(held));
  };
  choose(false);
  choose(true);
  for (std::size_t k = 0; k < fresh.ties.size() && fresh.ties.size() <= most_flipped_ties; ++k) {
    for (const std::int32_t piece : fresh.ties[k].tie.pieces) {
      Held held = fresh.held;
      held[fresh.ties[k].node].parts[0].branches[fresh.ties[k].tie.site] = piece;
      choices.push_back(std::move(held));
    }
  }
  Interval interval{std::numeric_limits<double>::infinity(),
                    -std::numeric_limits<double>::infinity()};
  for (Held& held : choices) {
    Point point = fresh;
    point.held = std::move(held);
    Differentiator differentiator(network_.graph(), point, difference_options(options_));
    differentiator.aim(from, to);
    Difference difference = differentiator.start(entry);
    differentiator.refine(difference);
    if (difference.trouble.empty()) {
      const double slope = static_cast<double>(difference.estimates[output].value);
      interval = {std::min(interval.low, slope), std::max(interval.high, slope)};
    }
    probes_ += differentiator.probes();
  }
  return interval;
}

}  // namespace gradcheck
