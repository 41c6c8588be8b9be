#pragma once

#include <array>
#include <utility>
#include <vector>

#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/recurrent_step.hpp>
#include <gradcheck/tensor/linalg.hpp>

namespace gradcheck {

/// The weights of one layer in one direction: w_ih (gates · H, in), w_hh (gates · H, H), and biases
/// (gates · H), which may be missing.
template <class Real>
struct RecurrentWeights {
  const TensorOf<Real>* w_ih;
  const TensorOf<Real>* w_hh;
  const TensorOf<Real>* b_ih = nullptr;
  const TensorOf<Real>* b_hh = nullptr;
};

/// x Wᵀ + b: rows through weights.
template <class Real>
TensorOf<Real> through(const TensorOf<Real>& x, const TensorOf<Real>& W, const TensorOf<Real>* b) {
  TensorOf<Real> y = matmul(x, swap_last_axes(W));
  for (std::size_t i = 0; b != nullptr && i < y.size(); ++i) {
    y.data()[i] += b->data()[i % b->size()];
  }
  return y;
}

template <class Real>
void add_to(TensorOf<Real>& sum, const TensorOf<Real>& term) {
  for (std::size_t i = 0; i < sum.size(); ++i) {
    sum.data()[i] += term.data()[i];
  }
}

/// Σ over the rows of a matrix.
template <class Real>
TensorOf<Real> sum_of_rows(const TensorOf<Real>& rows) {
  TensorOf<Real> sum = zeros<Real>({rows.shape()[1]});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    sum.data()[i % sum.size()] += rows.data()[i];
  }
  return sum;
}

/// One layer of units, in one direction, over T times and N rows: h_t, c_t from h_{t−1}, c_{t−1}
/// and x_t. Backwards in time with `reverse`.
template <class Unit, class Real>
class Recurrence {
 public:
  struct Gradients {
    TensorOf<Real> x, h, c;  ///< of the inputs and of the states at the beginning
    Tensors<Real> weights;   ///< in the order of RecurrentWeights, those that are there
  };

  /// x (T · N, in), h and c (N, H); `pieces`, if any, are the branches of its units, by step, row
  /// and unit.
  Recurrence(const TensorOf<Real>& x, const TensorOf<Real>& h, const TensorOf<Real>* c,
             const RecurrentWeights<Real>& weights, bool reverse, const std::int32_t* pieces)
      : x_(x), weights_(weights), reverse_(reverse), rows_(h.shape()[0]), units_(h.shape()[1]) {
    times_ = rows_ == 0 ? 0 : x.shape()[0] / rows_;
    u_ = through(x, *weights.w_ih, weights.b_ih);
    h_.push_back(h);
    c_.push_back(c != nullptr ? *c : zeros<Real>(shape_of(h)));
    for (std::size_t step = 0; step < times_; ++step) {
      advance(step, pieces);
    }
  }

  const TensorOf<Real>& last_h() const { return h_.back(); }
  const TensorOf<Real>& last_c() const { return c_.back(); }

  std::size_t times() const { return times_; }
  std::size_t time_of(std::size_t step) const { return reverse_ ? times_ - 1 - step : step; }
  const TensorOf<Real>& inputs() const { return x_; }
  const RecurrentWeights<Real>& weights() const { return weights_; }
  /// The state before a step.
  const TensorOf<Real>& h(std::size_t step) const { return h_[step]; }
  /// u + v of the only gate of entry k.
  Real pre_activation(std::size_t step, std::size_t k) const {
    return input_gates(step, k)[0] + state_gates(step, k)[0];
  }

  /// Writes what the units show at every time into columns `first` … of y, (T · N, columns).
  void show(TensorOf<Real>& y, std::size_t first) const { show(h_, y, first); }
  /// The same with anything of the shape of the states, by step, the one before the first included.
  void show(const Tensors<Real>& states, TensorOf<Real>& y, std::size_t first) const {
    for (std::size_t step = 0; step < times_; ++step) {
      for (std::size_t k = 0; k < rows_ * units_; ++k) {
        y.data()[shown_at(y, first, step, k)] = states[step + 1].data()[k];
      }
    }
  }

  /// The pieces of its units, by step, row and unit.
  void append_pieces(Branches& pieces) const {
    if constexpr (Unit::kinked) {
      const std::size_t start = pieces.size();
      pieces.resize(start + times_ * rows_ * units_);
      for (std::size_t step = 0; step < times_; ++step) {
        for (std::size_t k = 0; k < rows_ * units_; ++k) {
          const Gates u = input_gates(step, k), v = state_gates(step, k);
          pieces[start + step * rows_ * units_ + k] = Unit::piece(u.data(), v.data());
        }
      }
    }
  }

  /// Through time, from the gradient of what was shown (columns `first` … of dy) and of the last
  /// states.
  Gradients backward(const TensorOf<Real>& dy, std::size_t first, TensorOf<Real> dh,
                     TensorOf<Real> dc) const {
    TensorOf<Real> du = empty_like(u_);
    TensorOf<Real> dw_hh = zeros<Real>(shape_of(*weights_.w_hh));
    TensorOf<Real> db_hh = zeros<Real>({Unit::gates * units_});
    for (std::size_t step = times_; step-- > 0;) {
      for (std::size_t k = 0; k < rows_ * units_; ++k) {
        dh.data()[k] += dy.data()[shown_at(dy, first, step, k)];
      }
      const TensorOf<Real> dv = retreat(step, dh, dc, du);
      add_to(dh, matmul(dv, *weights_.w_hh));
      add_to(dw_hh, matmul(swap_last_axes(dv), h_[step]));
      add_to(db_hh, sum_of_rows(dv));
    }
    Gradients gradients{matmul(du, *weights_.w_ih), std::move(dh), std::move(dc), {}};
    gradients.weights = pack<Real>(matmul(swap_last_axes(du), x_), std::move(dw_hh));
    if (weights_.b_ih != nullptr) {
      gradients.weights.push_back(sum_of_rows(du));
    }
    if (weights_.b_hh != nullptr) {
      gradients.weights.push_back(std::move(db_hh));
    }
    return gradients;
  }

 private:
  using Gates = std::array<Real, Unit::gates>;

  /// Where entry k of a state at that step stands in y.
  std::size_t shown_at(const TensorOf<Real>& y, std::size_t first, std::size_t step,
                       std::size_t k) const {
    return (time_of(step) * rows_ + k / units_) * y.shape()[1] + first + k % units_;
  }
  /// Where gate g of entry k stands in a row-major (N, gates · H).
  std::size_t gate_at(std::size_t k, std::size_t g) const {
    return (k / units_ * Unit::gates + g) * units_ + k % units_;
  }
  Gates gates(const Real* all, std::size_t k) const {
    Gates of;
    for (std::size_t g = 0; g < Unit::gates; ++g) {
      of[g] = all[gate_at(k, g)];
    }
    return of;
  }
  std::size_t inputs_at(std::size_t step) const {
    return time_of(step) * rows_ * Unit::gates * units_;
  }
  Gates input_gates(std::size_t step, std::size_t k) const {
    return gates(u_.data() + inputs_at(step), k);
  }
  Gates state_gates(std::size_t step, std::size_t k) const { return gates(v_[step].data(), k); }
  UnitState<Real> state(std::size_t step, std::size_t k) const {
    return {h_[step].data()[k], c_[step].data()[k]};
  }

  void advance(std::size_t step, const std::int32_t* pieces) {
    v_.push_back(through(h_[step], *weights_.w_hh, weights_.b_hh));
    TensorOf<Real> h = empty_like(h_[0]);
    TensorOf<Real> c = empty_like(h_[0]);
    for (std::size_t k = 0; k < rows_ * units_; ++k) {
      const Gates u = input_gates(step, k), v = state_gates(step, k);
      std::int32_t piece = 0;
      if constexpr (Unit::kinked) {
        piece =
            pieces != nullptr ? pieces[step * rows_ * units_ + k] : Unit::piece(u.data(), v.data());
      }
      const UnitState<Real> next = Unit::forward(u.data(), v.data(), state(step, k), piece);
      h.data()[k] = next.h;
      c.data()[k] = next.c;
    }
    h_.push_back(std::move(h));
    c_.push_back(std::move(c));
  }

  /// One step back: the gradients of the states become those of the step before, without what comes
  /// through v; returns dv.
  TensorOf<Real> retreat(std::size_t step, TensorOf<Real>& dh, TensorOf<Real>& dc,
                         TensorOf<Real>& du) const {
    TensorOf<Real> dv = empty_like(v_[step]);
    for (std::size_t k = 0; k < rows_ * units_; ++k) {
      const Gates u = input_gates(step, k), v = state_gates(step, k);
      Gates of_u, of_v;
      const UnitState<Real> before =
          Unit::backward(u.data(), v.data(), state(step, k), {dh.data()[k], dc.data()[k]},
                         of_u.data(), of_v.data());
      dh.data()[k] = before.h;
      dc.data()[k] = before.c;
      for (std::size_t g = 0; g < Unit::gates; ++g) {
        du.data()[inputs_at(step) + gate_at(k, g)] = of_u[g];
        dv.data()[gate_at(k, g)] = of_v[g];
      }
    }
    return dv;
  }

  const TensorOf<Real>& x_;
  RecurrentWeights<Real> weights_;
  bool reverse_;
  std::size_t rows_, units_, times_ = 0;
  TensorOf<Real> u_;  ///< (T · N, gates · H)
  Tensors<Real> v_;   ///< by step: (N, gates · H)
  Tensors<Real> h_;   ///< by step, the state before the first included: (N, H)
  Tensors<Real> c_;
};

}  // namespace gradcheck
