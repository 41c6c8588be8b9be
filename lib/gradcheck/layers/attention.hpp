#pragma once

#include <limits>
#include <optional>
#include <string>

#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/layers/normalisers.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/linalg.hpp>

namespace gradcheck {

/// What a mask says: nothing, where attention may go (1) or not (0), or what is added to the
/// scores.
enum class MaskKind { none, boolean, additive };

/// Attention of queries to keys: P = softmax(scale · q kᵀ + bias) along the keys, y = P v. A row in
/// which every score is −∞ (a query that may attend to nothing) gives 0.
/// Shapes: q (..., L, E), k (..., S, E), v (..., S, F), y (..., L, F); leading axes broadcast.
template <class Real>
struct Attention {
  const TensorOf<Real>&q, &k, &v;
  Real scale;
  TensorOf<Real> scores;
  TensorOf<Real> P;

  /// `bias`, if any, broadcasts onto the scores; with `causal` query i sees keys 0 … i.
  Attention(const TensorOf<Real>& queries, const TensorOf<Real>& keys, const TensorOf<Real>& values,
            Real by, const TensorOf<Real>* bias, bool causal)
      : q(queries), k(keys), v(values), scale(by), scores(matmul(q, swap_last_axes(k))) {
    for (Real& score : entries(scores)) {
      score *= scale;
    }
    if (bias != nullptr) {
      scores = zip(scores, *bias, [](Real s, Real b) { return s + b; });
    }
    if (causal) {
      hide_the_future();
    }
    P = Softmax{-1}.forward(scores);
    silence_hidden_rows();
  }

  TensorOf<Real> forward() const { return matmul(P, v); }

  struct Gradients {
    TensorOf<Real> q, k, v;
    TensorOf<Real> scores;  ///< and of anything added to them
  };
  /// dv = Pᵀ dy, dP = dy vᵀ, dS = P ⊙ (dP − Σ_j dP_j P_j), dq = scale dS k, dk = scale dSᵀ q, each
  /// summed over the axes along which its operand was stretched.
  Gradients backward(const TensorOf<Real>& dy) const {
    const TensorOf<Real> dP = matmul(dy, swap_last_axes(v));
    TensorOf<Real> dS = Softmax{-1}.backward(sum_to(dP, shape_of(P)), scores, P)[0];
    TensorOf<Real> scaled = map(dS, [this](Real d) { return d * scale; });
    return {sum_to(matmul(scaled, k), shape_of(q)),
            sum_to(matmul(swap_last_axes(scaled), q), shape_of(k)),
            sum_to(matmul(swap_last_axes(P), dy), shape_of(v)), std::move(dS)};
  }

 private:
  std::size_t keys() const { return P.shape().back(); }

  void hide_the_future() {
    const std::size_t columns = scores.shape().back();
    const std::size_t rows = scores.shape()[scores.dimension() - 2];
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (i % columns > i / columns % rows) {
        scores.data()[i] = -std::numeric_limits<Real>::infinity();
      }
    }
  }
  void silence_hidden_rows() {
    for (std::size_t start = 0; start < P.size(); start += keys()) {
      Real* const row = P.data() + start;
      const Real* const score = scores.data() + start;
      if (std::all_of(score, score + keys(),
                      [](Real s) { return s == -std::numeric_limits<Real>::infinity(); })) {
        std::fill_n(row, keys(), Real(0));
      }
    }
  }
};

/// What a mask of 0 and 1 adds to the scores: 0 where it equals `open`, else −∞.
/// Throws ValueError for any other entry.
template <class Real>
TensorOf<Real> hiding(const std::string& name, const char* what, const TensorOf<Real>& mask,
                      Real open);
[[noreturn]] void refuse_mask(const std::string& name, const char* what, double entry);

template <class Real>
TensorOf<Real> hiding(const std::string& name, const char* what, const TensorOf<Real>& mask,
                      Real open) {
  return map(mask, [&](Real m) {
    if (m != 0 && m != 1) {
      refuse_mask(name, what, static_cast<double>(m));
    }
    return m == open ? Real(0) : -std::numeric_limits<Real>::infinity();
  });
}

/// Scaled dot-product attention: y = softmax(scale · query keyᵀ + mask) value, scale = 1/√E unless
/// given.
/// Mask, broadcast onto the scores (..., L, S): 1 where a query may attend to a key and 0 where not
/// (as PyTorch's boolean ones), or with MaskKind::additive what is added to the scores. A query
/// that may attend to nothing gives 0. Shapes: query (..., L, E), key (..., S, E), value (..., S,
/// F), y (..., L, F). Gradients: see Attention; an additive mask gets dS; a mask of 0 and 1 is held
/// constant. Throws ShapeError if the shapes do not fit together; ValueError for other entries of a
/// mask. Source: A. Vaswani et al., "Attention is all you need", 2017, section 3.2.1.
struct ScaledDotProductAttention {
  static constexpr std::size_t arity = variadic;
  MaskKind mask;
  bool causal;
  std::optional<double> scale;

  bool differentiable(std::size_t slot) const { return slot != 3 || mask == MaskKind::additive; }
  Shape shape(std::span<const Shape> in) const;
  std::optional<Composition> composition(std::span<const Shape> in) const;

  template <class Real>
  TensorOf<Real> forward(Inputs<Real> in) const {
    const std::optional<TensorOf<Real>> bias = bias_of(in);
    return attention(in, bias).forward();
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, Inputs<Real> in, const TensorOf<Real>&) const {
    const std::optional<TensorOf<Real>> bias = bias_of(in);
    auto g = attention(in, bias).backward(dy);
    Tensors<Real> gradients = pack<Real>(std::move(g.q), std::move(g.k), std::move(g.v));
    if (mask != MaskKind::none) {
      gradients.push_back(sum_to(g.scores, shape_of(*in[3])));
    }
    return gradients;
  }

 private:
  template <class Real>
  std::optional<TensorOf<Real>> bias_of(Inputs<Real> in) const {
    switch (mask) {
      case MaskKind::none:
        return std::nullopt;
      case MaskKind::boolean:
        return hiding("scaled_dot_product_attention", "attn_mask", *in[3], Real(1));
      case MaskKind::additive:
        break;
    }
    return *in[3];
  }
  template <class Real>
  Attention<Real> attention(Inputs<Real> in, const std::optional<TensorOf<Real>>& bias) const {
    const Real by = scale ? Real(*scale) : 1 / std::sqrt(Real(in[0]->shape().back()));
    return {*in[0], *in[1], *in[2], by, bias ? &*bias : nullptr, causal};
  }
};

/// The setting `mask_kind`, where a mask is given.
MaskKind mask_kind(const Settings& settings);
SettingType mask_kind_type();

/// scaled_dot_product_attention multi_head_attention
void add_attention_layers(LayerLibrary& library);

}  // namespace gradcheck
