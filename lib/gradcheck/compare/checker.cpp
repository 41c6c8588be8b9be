#include <algorithm>
#include <cmath>
#include <limits>

#include <gradcheck/compare/checker.hpp>
#include <gradcheck/compare/checker_side.hpp>
#include <gradcheck/compare/entry_refinement.hpp>
#include <gradcheck/compare/infinite_derivatives.hpp>
#include <gradcheck/compare/joint_kinks.hpp>
#include <gradcheck/compare/opaque_layers.hpp>
#include <gradcheck/compare/smooth_at_kinks.hpp>
#include <gradcheck/compare/subgradient.hpp>
#include <gradcheck/numeric/rounding/evaluate_point.hpp>

namespace gradcheck {

namespace {

/// Ties beyond this many are not flipped one by one when an entry's range of derivatives is asked
/// for.
constexpr std::size_t most_flipped_ties = 32;
/// Random signed upstreams of a loss that is not one number, and how far their seeds are apart.
constexpr std::uint64_t upstreams = 3;
constexpr std::uint64_t upstream_stride = 0x9E3779B97F4A7C15;

void require_finite(const Network& network, const Values<double>& values) {
  const std::vector<bool> needed = upstream_values(network.graph(), network.loss());
  for (const Network::Node& node : network.nodes()) {
    for (const ValueId output : node.outputs) {
      const Tensor& y = values[output];
      for (std::size_t i = 0; needed[output] && i < y.size(); ++i) {
        if (!std::isfinite(y.data()[i])) {
          const Value& value = network.value(output);
          const std::string index = index_text(value.shape, i);
          const std::string what = index.empty() ? "the value" : "the entry " + index;
          const std::string got = std::isnan(y.data()[i]) ? "nan" : std::to_string(y.data()[i]);
          throw LocatedError(node.at, node.layer->name() + ": " + what + " of '" +
                                          value.expression + "' is " + got +
                                          ", expected a finite value");
        }
      }
    }
  }
}

}  // namespace

Checker::Checker(const Network& network, const CheckOptions& options, const Checker* known,
                 const CheckLimits& limits)
    : network_(network), options_(options) {
  Values<double> values = forward<double>(network);
  require_finite(network, values);
  point_ =
      evaluate_point(network.graph(), std::move(values), options.seed, options.analytic_precision);
  gradients_ =
      analytic_gradients(network, point_, network.loss(),
                         upstream_for(network.value(network.loss()).shape, options.seed), options);
  linearity_ = linearity_of(network, point_, gradients_, options);
  point_.active = choose_subgradient(network, point_, gradients_.values);
  if (has_opaque_layers(network.graph()) && options.sweep == Sweep::automatic && !options.method &&
      !options.step) {
    opaque_ = std::make_unique<OpaqueLayers>(
        network, point_, options.seed, known == nullptr ? nullptr : known->opaque_.get(), limits);
  }
  side_ = std::make_unique<Side>(network.graph(), point_, options_, opaque_.get());
}

Checker::~Checker() = default;

bool Checker::out_of_time() const { return opaque_ && opaque_->out_of_time(); }

bool Checker::scalar_loss() const { return entries_of(network_.value(network_.loss()).shape) == 1; }

std::uint64_t Checker::probes() const {
  return probes_ + side_->probes() + (opaque_ ? opaque_->probes() : 0);
}

TensorCheck Checker::check(ValueId value) {
  const bool scalar = scalar_loss();
  TensorCheck check = scalar ? compare(*side_, network_.loss(), value, gradients_.judged()[value],
                                       gradients_.rounding[value])
                             : check_jacobian(network_.loss(), value);
  if (!scalar) {
    check_random_upstreams(value, check);
  }
  if (!opaque_) {
    excuse_infinite_derivatives(network_, point_.values, network_.loss(), value, check);
    if (scalar) {
      find_other_derivatives(network_, point_, network_.loss(), value, check);
    }
  }
  if (check.report.verdict != Verdict::disagree && !linearity_.findings[value].empty()) {
    check.report.verdict = Verdict::disagree;
    check.report.reason = linearity_.findings[value];
  }
  return check;
}

TensorCheck Checker::check_jacobian(ValueId to, ValueId from) {
  const AnalyticJacobian jacobian = analytic_jacobian(network_, point_, to, from, options_);
  TensorCheck check;
  if (point_.ties.empty() || to == network_.loss()) {
    check = compare(*side_, to, from, jacobian.judged, jacobian.rounding);
  } else {
    const Tensor upstream = upstream_for(network_.value(to).shape, options_.seed);
    check = compare_held(backward<double>(network_, point_.values, to, upstream), {}, to, from,
                         jacobian.judged, jacobian.rounding);
  }
  check.in_double = jacobian.in_double;
  return check;
}

/// The comparison with kinks held as other gradients than the loss's have them.
TensorCheck Checker::compare_held(const Values<double>& gradients,
                                  const std::map<ValueId, Tensor>& claims, ValueId to, ValueId from,
                                  const Tensor& analytic, const Tensor& rounding) {
  EvaluationPoint point =
      evaluate_point(network_.graph(), point_.values, options_.seed, options_.analytic_precision);
  point.active = choose_subgradient(network_, point, gradients, claims);
  Side side(network_.graph(), point, options_, opaque_.get());
  TensorCheck check = compare(side, to, from, analytic, rounding);
  probes_ += side.probes();
  return check;
}

TensorCheck Checker::compare(Side& side, ValueId to, ValueId from, const Tensor& analytic,
                             const Tensor& rounding) {
  const Value& value = network_.value(from);
  TensorCheck check;
  check.report.name = value.name;
  check.report.role = to_string(value.role);
  check.report.shape = value.shape;
  check.report.line = value.at.line;
  check.report.column = value.at.column;
  check.analytic = analytic;
  check.numeric = zeros<double>(shape_of(analytic));
  check.bound = zeros<double>(shape_of(analytic));
  check.verdicts.assign(analytic.size(), Verdict::agree);
  check.at_kink.assign(entries_of(value.shape), false);
  const Account account(options_, side, check.report, check.analytic.size());
  const bool swept = compare_opaque(side, to, from, rounding, account, check) ||
                     compare_swept(side, to, from, rounding, account, check);
  if (!swept) {
    measure_rounding(network_, point_, network_.loss(), options_, gradients_);
    compare_each(side, to, from, rounding, account, check);
  }
  check.report.effort = account.effort(swept);
  if (opaque_ && to == network_.loss()) {
    opaque_->add_to(check.report.effort, from);
  }
  return check;
}

void Checker::compare_each(Side& side, ValueId to, ValueId from, const Tensor& rounding,
                           const Account& account, TensorCheck& check) {
  const std::size_t n = entries_of(check.report.shape);
  side.differentiator().aim(from, to);
  check.note += side.differentiator().violated_declaration();
  Tally tally(check, options_);
  std::vector<KinkedEntry> kinked;
  std::vector<Analytic> column(n == 0 ? 0 : check.analytic.size() / n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < column.size(); ++j) {
      column[j] = {check.analytic.data()[j * n + i], rounding.data()[j * n + i]};
    }
    EntryRefinement refinement(side.differentiator(), options_, column);
    refinement.run(i);
    for (std::size_t j = 0; j < column.size(); ++j) {
      tally.add(j * n + i, column[j], refinement.estimates()[j], refinement.judgements()[j]);
    }
    check.report.reason = check.report.reason.empty() ? refinement.reason() : check.report.reason;
    check.at_kink[i] = side.differentiator().reaches_tie(i) || refinement.at_kink();
    if (refinement.at_kink()) {
      kinked.push_back({i, refinement.sides()});
    }
    check.report.kinks += check.at_kink[i] ? 1 : 0;
    account.tell((i + 1) * column.size());
  }
  tally.finish();
  const std::string joint =
      joint_kinks_reason(side.differentiator(), kinked, check.analytic, check.report.shape);
  if (!joint.empty() && check.report.verdict != Verdict::disagree) {
    check.report.verdict = Verdict::disagree;
    check.report.reason = joint;
  }
}

void Checker::check_random_upstreams(ValueId from, TensorCheck& check) const {
  check_upstream(gradients_, from, check);
  for (std::uint64_t k = 1; k < upstreams; ++k) {
    const Tensor upstream =
        upstream_for(network_.value(network_.loss()).shape, options_.seed + k * upstream_stride);
    check_upstream(analytic_gradients(network_, point_, network_.loss(), upstream, options_), from,
                   check);
  }
}

/// The gradient under an upstream must be the Jacobian's rows, summed up.
void Checker::check_upstream(const Gradients& gradients, ValueId from, TensorCheck& check) const {
  const Tensor& analytic = gradients.judged()[from];
  const Tensor& rounding = gradients.rounding[from];
  const std::size_t n = analytic.size();
  for (std::size_t i = 0; i < n; ++i) {
    Estimate sum;
    for (std::size_t j = 0; j < gradients.upstream.size(); ++j) {
      const double u = gradients.upstream.data()[j];
      sum.value += static_cast<long double>(u) * check.numeric.data()[j * n + i];
      sum.rounding += std::abs(u) * check.bound.data()[j * n + i];
    }
    const Strictness strictness{options_.rtol, 0, true};
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
  return compare_held(gradients_.values, claims, network_.loss(), value, claimed, rounding);
}

Interval Checker::kink_interval(ValueId to, std::size_t output, ValueId from, std::size_t entry) {
  if (const auto smooth = smooth_derivative(network_, point_, {to, output, from, entry})) {
    return *smooth;
  }
  const EvaluationPoint fresh = evaluate_point(network_.graph(), point_.values, options_.seed);
  std::vector<ActivePieces> choices{point_.active};
  const auto choose = [&](bool last) {
    ActivePieces active = fresh.active;
    for (const NodeTie& tie : fresh.ties) {
      active[tie.node].parts[0].branches[tie.tie.site] =
          last ? tie.tie.pieces.back() : tie.tie.pieces.front();
    }
    choices.push_back(std::move(active));
  };
  choose(false);
  choose(true);
  for (std::size_t k = 0; k < fresh.ties.size() && fresh.ties.size() <= most_flipped_ties; ++k) {
    for (const std::int32_t piece : fresh.ties[k].tie.pieces) {
      ActivePieces active = fresh.active;
      active[fresh.ties[k].node].parts[0].branches[fresh.ties[k].tie.site] = piece;
      choices.push_back(std::move(active));
    }
  }
  Interval interval{std::numeric_limits<double>::infinity(),
                    -std::numeric_limits<double>::infinity()};
  for (ActivePieces& active : choices) {
    EvaluationPoint point = fresh;
    point.active = std::move(active);
    Differentiator differentiator(network_.graph(), point, difference_options(options_));
    differentiator.aim(from, to);
    Difference difference = differentiator.start(entry);
    differentiator.refine(difference);
    if (difference.failure.empty()) {
      const double derivative = static_cast<double>(difference.estimates[output].value);
      interval = {std::min(interval.low, derivative), std::max(interval.high, derivative)};
    }
    probes_ += differentiator.probes();
  }
  return interval;
}

}  // namespace gradcheck
