#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include <gradcheck/layers/activations.hpp>
#include <gradcheck/layers/recurrent_composition.hpp>

namespace gradcheck {

/// One unit of a recurrent cell at one time. Its pre-activations are the sum of what the input and
/// what the state contribute, u = W_ih x + b_ih and v = W_hh h + b_hh, gate by gate.

/// The state of a unit: what it shows, and the cell state of an LSTM.
template <class Real>
struct UnitState {
  Real h = 0;
  Real c = 0;
};

/// h' = tanh(u + v)
struct TanhUnit {
  static constexpr RecurrentKind kind = RecurrentKind::tanh;
  static constexpr std::size_t gates = 1;
  static constexpr bool has_cell = false;
  static constexpr bool kinked = false;

  template <class Real>
  static UnitState<Real> forward(const Real* u, const Real* v, UnitState<Real>, std::int32_t) {
    return {std::tanh(u[0] + v[0]), 0};
  }
  template <class Real>
  static UnitState<Real> backward(const Real* u, const Real* v, UnitState<Real>, UnitState<Real> d,
                                  Real* du, Real* dv) {
    const Real y = std::tanh(u[0] + v[0]);
    du[0] = dv[0] = d.h * (1 - y) * (1 + y);
    return {0, 0};
  }
};

/// h' = max(0, u + v)
struct ReluUnit {
  static constexpr RecurrentKind kind = RecurrentKind::relu;
  static constexpr std::size_t gates = 1;
  static constexpr bool has_cell = false;
  static constexpr bool kinked = true;

  template <class Real>
  static std::int32_t piece(const Real* u, const Real* v) {
    return u[0] + v[0] <= 0 ? 0 : 1;  // NaN comes through
  }
  template <class Real>
  static UnitState<Real> forward(const Real* u, const Real* v, UnitState<Real>,
                                 std::int32_t piece) {
    return {piece == 0 ? Real(0) : u[0] + v[0], 0};
  }
  template <class Real>
  static UnitState<Real> backward(const Real* u, const Real* v, UnitState<Real>, UnitState<Real> d,
                                  Real* du, Real* dv) {
    du[0] = dv[0] = piece(u, v) == 0 ? Real(0) : d.h;
    return {0, 0};
  }
};

/// i = σ(a_i), f = σ(a_f), g = tanh a_g, o = σ(a_o) with a = u + v; c' = f c + i g, h' = o tanh c'.
/// Source: S. Hochreiter, J. Schmidhuber, "Long short-term memory", 1997, with the forget gate of
/// F. Gers et al., 2000.
struct LstmUnit {
  static constexpr RecurrentKind kind = RecurrentKind::lstm;
  static constexpr std::size_t gates = 4;
  static constexpr bool has_cell = true;
  static constexpr bool kinked = false;

  template <class Real>
  static UnitState<Real> forward(const Real* u, const Real* v, UnitState<Real> s, std::int32_t) {
    const Real i = logistic(u[0] + v[0]), f = logistic(u[1] + v[1]);
    const Real g = std::tanh(u[2] + v[2]), o = logistic(u[3] + v[3]);
    const Real c = f * s.c + i * g;
    return {o * std::tanh(c), c};
  }
  /// dc' gets dh' o (1 − tanh² c') added; then do = dh' tanh c', di = dc' g, df = dc' c, dg = dc'
  /// i, dc = dc' f, and each through its σ or tanh.
  template <class Real>
  static UnitState<Real> backward(const Real* u, const Real* v, UnitState<Real> s,
                                  UnitState<Real> d, Real* du, Real* dv) {
    const Real i = logistic(u[0] + v[0]), f = logistic(u[1] + v[1]);
    const Real g = std::tanh(u[2] + v[2]), o = logistic(u[3] + v[3]);
    const Real shown = std::tanh(f * s.c + i * g);
    const Real dc = d.c + d.h * o * (1 - shown) * (1 + shown);
    du[0] = dv[0] = dc * g * i * logistic(-(u[0] + v[0]));
    du[1] = dv[1] = dc * s.c * f * logistic(-(u[1] + v[1]));
    du[2] = dv[2] = dc * i * (1 - g) * (1 + g);
    du[3] = dv[3] = d.h * shown * o * logistic(-(u[3] + v[3]));
    return {0, dc * f};
  }
};

/// r = σ(u_r + v_r), z = σ(u_z + v_z), n = tanh(u_n + r v_n); h' = (1 − z) n + z h.
/// Source: K. Cho et al., "Learning phrase representations using RNN encoder–decoder", 2014, in the
/// form in which r scales W_hn h + b_hn (as in PyTorch and cuDNN).
struct GruUnit {
  static constexpr RecurrentKind kind = RecurrentKind::gru;
  static constexpr std::size_t gates = 3;
  static constexpr bool has_cell = false;
  static constexpr bool kinked = false;

  template <class Real>
  static UnitState<Real> forward(const Real* u, const Real* v, UnitState<Real> s, std::int32_t) {
    const Real r = logistic(u[0] + v[0]), z = logistic(u[1] + v[1]);
    const Real n = std::tanh(u[2] + r * v[2]);
    return {(1 - z) * n + z * s.h, 0};
  }
  /// dn = dh' (1 − z), dz = dh' (h − n), dh = dh' z, and with da_n = dn (1 − n²): dv_n = da_n r, dr
  /// = da_n v_n.
  template <class Real>
  static UnitState<Real> backward(const Real* u, const Real* v, UnitState<Real> s,
                                  UnitState<Real> d, Real* du, Real* dv) {
    const Real r = logistic(u[0] + v[0]), z = logistic(u[1] + v[1]);
    const Real other_z = logistic(-(u[1] + v[1]));  // 1 − z
    const Real n = std::tanh(u[2] + r * v[2]);
    du[2] = d.h * other_z * (1 - n) * (1 + n);
    dv[2] = du[2] * r;
    du[0] = dv[0] = du[2] * v[2] * r * logistic(-(u[0] + v[0]));
    du[1] = dv[1] = d.h * (s.h - n) * z * other_z;
    return {d.h * z, 0};
  }
};

}  // namespace gradcheck
