#pragma once

#include <cmath>
#include <limits>
#include <vector>

#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/loss.hpp>

namespace gradcheck {

/// ln(eᵃ + eᵇ), −∞ standing for ln 0.
template <class Real>
Real log_add(Real a, Real b) {
  const Real larger = std::max(a, b);
  return std::isinf(larger) ? larger : larger + std::log1p(std::exp(std::min(a, b) - larger));
}

/// Connectionist temporal classification of one sequence: the labels with a blank before, between
/// and after them make the states s; ln α_t(s) is the logarithm of the probability of all paths
/// that are in state s at time t, ln β_t(s) of all that go on from there, without its own symbol.
/// Source: A. Graves et al., "Connectionist temporal classification", ICML (2006), section 4.1.
template <class Real>
class CtcPaths {
 public:
  /// `x` are the log-probabilities of the sequence, row t at x + t · stride.
  CtcPaths(const Real* x, std::size_t stride, std::size_t times, std::vector<std::size_t> labels,
           std::size_t blank)
      : x_(x), stride_(stride), times_(times), states_(2 * labels.size() + 1) {
    for (std::size_t s = 0; s < states_; ++s) {
      symbols_.push_back(s % 2 == 0 ? blank : labels[s / 2]);
    }
    run_forward();
  }

  /// ln of the probability of all paths; −∞ where there is none.
  Real log_probability() const {
    const Real last = alpha(times_ - 1, states_ - 1);
    return states_ == 1 ? last : log_add(last, alpha(times_ - 1, states_ - 2));
  }

  /// Calls f(t, symbol, the part of all probability that is there) for each state and time.
  template <class F>
  void each_share(F f) const {
    const Real all = log_probability();
    std::vector<Real> beta(states_, lowest()), next;
    beta[states_ - 1] = 0;
    beta[states_ >= 2 ? states_ - 2 : 0] = 0;
    for (std::size_t t = times_; t-- > 0;) {
      for (std::size_t s = 0; s < states_; ++s) {
        f(t, symbols_[s], std::exp(alpha(t, s) + beta[s] - all));
      }
      if (t > 0) {
        beta = before(beta, t);
      }
    }
  }

 private:
  static Real lowest() { return -std::numeric_limits<Real>::infinity(); }
  Real symbol_at(std::size_t t, std::size_t s) const { return x_[t * stride_ + symbols_[s]]; }
  Real alpha(std::size_t t, std::size_t s) const { return alpha_[t * states_ + s]; }
  /// Whether a path may go from state s − 2 to s: never over a blank, nor between equal labels.
  bool skips(std::size_t s) const { return s >= 2 && s % 2 == 1 && symbols_[s] != symbols_[s - 2]; }

  void run_forward() {
    alpha_.assign(times_ * states_, lowest());
    for (std::size_t s = 0; s < std::min<std::size_t>(2, states_); ++s) {
      alpha_[s] = symbol_at(0, s);
    }
    for (std::size_t t = 1; t < times_; ++t) {
      for (std::size_t s = 0; s < states_; ++s) {
        Real from = alpha(t - 1, s);
        from = s >= 1 ? log_add(from, alpha(t - 1, s - 1)) : from;
        from = skips(s) ? log_add(from, alpha(t - 1, s - 2)) : from;
        alpha_[t * states_ + s] = from + symbol_at(t, s);
      }
    }
  }
  /// ln β at t − 1 from that at t.
  std::vector<Real> before(const std::vector<Real>& beta, std::size_t t) const {
    const auto from = [&](std::size_t s) { return beta[s] + symbol_at(t, s); };
    std::vector<Real> out(states_);
    for (std::size_t s = 0; s < states_; ++s) {
      out[s] = from(s);
      out[s] = s + 1 < states_ ? log_add(out[s], from(s + 1)) : out[s];
      out[s] = s + 2 < states_ && skips(s + 2) ? log_add(out[s], from(s + 2)) : out[s];
    }
    return out;
  }

  const Real* x_;
  std::size_t stride_, times_, states_;
  std::vector<std::size_t> symbols_;
  std::vector<Real> alpha_;
};

/// L = −ln P(labels | x), the probability that x gives to all paths that read as the labels once
/// repetitions and then blanks are dropped; with "mean", each sequence's loss divided by its number
/// of labels (1 at least), then the mean; the sum for "sum", all of them for "none".
/// Shapes: x (T, N, C) logarithms of probabilities, t (N, S) labels without blanks, input_lengths
/// and target_lengths (N); L ().
/// Gradient: dx[t, n, c] = −dL P(a path is in symbol c at t) (PyTorch's own differs by what its
/// log_softmax would take away again). All others are held constant.
/// Where no path reads as the labels, L is infinite, or 0 with gradient 0 for `zero_infinity`.
/// Throws ShapeError if they do not fit, ValueError for a length or a label out of range.
struct CtcLoss {
  static constexpr std::size_t arity = 4;
  std::size_t blank;
  Reduction reduction;
  bool zero_infinity;

  bool differentiable(std::size_t slot) const { return slot == 0; }
  Shape shape(const Shape& x, const Shape& t, const Shape& input_lengths,
              const Shape& target_lengths) const;

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x, const TensorOf<Real>& t,
                         const TensorOf<Real>& times, const TensorOf<Real>& lengths) const {
    TensorOf<Real> losses = empty<Real>({times.size()});
    for (std::size_t n = 0; n < losses.size(); ++n) {
      const Real loss = -paths(x, t, times, lengths, n).log_probability();
      const bool none = zero_infinity && std::isinf(loss);
      losses.data()[n] = none ? Real(0) : loss / divisor_of(lengths, n);
    }
    return reduced(std::move(losses), reduction, divisor<Real>(reduction, times.size()));
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dL, const TensorOf<Real>& x, const TensorOf<Real>& t,
                         const TensorOf<Real>& times, const TensorOf<Real>& lengths,
                         const TensorOf<Real>&) const {
    const TermUpstream<Real> upstream(dL, reduction, divisor<Real>(reduction, times.size()));
    const std::size_t classes = x.shape()[2], stride = x.shape()[1] * classes;
    TensorOf<Real> dx = zeros<Real>(shape_of(x));
    for (std::size_t n = 0; n < times.size(); ++n) {
      const CtcPaths<Real> all = paths(x, t, times, lengths, n);
      if (zero_infinity && std::isinf(all.log_probability())) {
        continue;
      }
      const Real weight = upstream[n] / divisor_of(lengths, n);
      all.each_share([&](std::size_t time, std::size_t symbol, Real share) {
        dx.data()[time * stride + n * classes + symbol] -= weight * share;
      });
    }
    return pack<Real>(std::move(dx), zeros<Real>(shape_of(t)), zeros<Real>(shape_of(times)),
                      zeros<Real>(shape_of(lengths)));
  }

 private:
  template <class Real>
  Real divisor_of(const TensorOf<Real>& lengths, std::size_t n) const {
    return reduction == Reduction::mean ? std::max(lengths.data()[n], Real(1)) : Real(1);
  }
  template <class Real>
  CtcPaths<Real> paths(const TensorOf<Real>& x, const TensorOf<Real>& t,
                       const TensorOf<Real>& times, const TensorOf<Real>& lengths,
                       std::size_t n) const;
};

/// ctc_loss
void add_ctc_loss(LayerLibrary& library);

}  // namespace gradcheck
