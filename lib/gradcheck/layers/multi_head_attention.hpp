#pragma once

#include <gradcheck/layers/attention.hpp>

namespace gradcheck {

/// Attention of several heads side by side: query, key and value go through in_proj_weight = (W_q;
/// W_k; W_v) and in_proj_bias, are cut into heads of E / num_heads features, attend to one another
/// (scale 1/√(E / num_heads)), and what the heads show, joined again, goes through out_proj_weight
/// and out_proj_bias.
/// Masks as PyTorch's for this function: attn_mask (L, S) or (N · heads, L, S) and key_padding_mask
/// (N, S) are 1 where attention may *not* go; an additive attn_mask is added to the scores.
/// Shapes: query (L, N, E), key and value (S, N, E), with batch_first (N, L, E) and (N, S, E), or
/// without N; in_proj_weight (3 E, E), in_proj_bias (3 E), out_proj_weight (E, E), out_proj_bias
/// (E); y as query.
/// Gradients: of the output product, of each head's attention (see Attention), of the three input
/// products.
/// Throws ShapeError if the shapes do not fit together; ValueError for other entries of a mask.
/// Source: A. Vaswani et al., "Attention is all you need", 2017, section 3.2.2.
struct MultiHeadAttention {
  static constexpr std::size_t arity = variadic;
  std::size_t heads;
  bool in_bias, out_bias, key_padding;  ///< whether they are given
  MaskKind mask;
  bool causal, batch_first;

  /// Where the optional inputs stand.
  std::size_t mask_slot() const { return 5 + (in_bias ? 1 : 0) + (out_bias ? 1 : 0); }
  std::size_t padding_slot() const { return mask_slot() + (mask == MaskKind::none ? 0 : 1); }

  bool differentiable(std::size_t slot) const {
    return slot < mask_slot() || (slot == mask_slot() && mask == MaskKind::additive);
  }
  Shape shape(std::span<const Shape> in) const;
  std::optional<Composition> composition(std::span<const Shape> in) const;

  template <class Real>
  TensorOf<Real> forward(Inputs<Real> in) const {
    const Heads<Real> h(*this, in);
    const TensorOf<Real> joined = h.join(h.attention().forward(), shape_of(*in[0]));
    return h.project(joined, *in[4], 0, out_bias ? in[5 + (in_bias ? 1 : 0)] : nullptr);
  }

  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, Inputs<Real> in, const TensorOf<Real>&) const {
    const Heads<Real> h(*this, in);
    const Attention<Real> attention = h.attention();
    const TensorOf<Real> joined = h.join(attention.forward(), shape_of(*in[0]));
    Tensors<Real> gradients;
    for (const TensorOf<Real>* each : in) {
      gradients.push_back(zeros<Real>(shape_of(*each)));
    }
    TensorOf<Real>* const out = out_bias ? &gradients[5 + (in_bias ? 1 : 0)] : nullptr;
    const TensorOf<Real> d = h.unproject(dy, joined, *in[4], 0, gradients[4], out);
    const auto g = attention.backward(h.split(d));
    const TensorOf<Real>* const parts[] = {&g.q, &g.k, &g.v};
    for (std::size_t p = 0; p < 3; ++p) {
      const TensorOf<Real> dp = h.join(*parts[p], shape_of(*in[p]));
      gradients[p] =
          h.unproject(dp, *in[p], *in[3], p, gradients[3], in_bias ? &gradients[5] : nullptr);
    }
    if (mask == MaskKind::additive) {
      gradients[mask_slot()] = h.mask_gradient(g.scores, shape_of(*in[mask_slot()]));
    }
    return gradients;
  }

 private:
  /// The inputs of one call, cut into heads: (N, heads, L or S, E / heads).
  template <class Real>
  class Heads {
   public:
    Heads(const MultiHeadAttention& settings, Inputs<Real> in) : s_(settings), in_(in) {
      features_ = in[0]->shape().back();
      for (std::size_t p = 0; p < 3; ++p) {
        heads_.push_back(split(project(*in[p], *in[3], p, s_.in_bias ? in[5] : nullptr)));
      }
      bias_ = bias();
    }

    Attention<Real> attention() const {
      const Real scale = 1 / std::sqrt(Real(features_ / s_.heads));
      return {heads_[0], heads_[1], heads_[2], scale, bias_ ? &*bias_ : nullptr, s_.causal};
    }

    /// x W_pᵀ + b_p, with part p of W's and b's rows.
    TensorOf<Real> project(const TensorOf<Real>& x, const TensorOf<Real>& W, std::size_t p,
                           const TensorOf<Real>* b) const {
      TensorOf<Real> y = matmul(x, swap_last_axes(part(W, p)));
      for (std::size_t i = 0; b != nullptr && i < y.size(); ++i) {
        y.data()[i] += b->data()[p * features_ + i % features_];
      }
      return y;
    }
    /// Its gradients: adds those of W and b to part p of theirs, returns that of x.
    TensorOf<Real> unproject(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                             const TensorOf<Real>& W, std::size_t p, TensorOf<Real>& dW,
                             TensorOf<Real>* db) const {
      const Shape rows{dy.size() / features_, features_};
      const TensorOf<Real> dY = reshaped(dy, rows);
      const TensorOf<Real> to_W = matmul(swap_last_axes(dY), reshaped(x, rows));
      for (std::size_t i = 0; i < to_W.size(); ++i) {
        dW.data()[p * to_W.size() + i] += to_W.data()[i];
      }
      for (std::size_t i = 0; db != nullptr && i < dY.size(); ++i) {
        db->data()[p * features_ + i % features_] += dY.data()[i];
      }
      return reshaped(matmul(dY, part(W, p)), shape_of(x));
    }

    /// (L, N, E) as given → (N, heads, L, E / heads), and back to the given shape.
    TensorOf<Real> split(const TensorOf<Real>& x) const {
      const std::size_t rows = x.dimension() == 2 ? 1 : x.shape()[s_.batch_first ? 0 : 1];
      const std::size_t length = x.size() / rows / features_;
      constexpr std::size_t of_batches[] = {0, 2, 1, 3}, of_lengths[] = {1, 2, 0, 3};
      const bool rows_first = s_.batch_first && x.dimension() == 3;
      const Shape cut = rows_first ? Shape{rows, length, s_.heads, features_ / s_.heads}
                                   : Shape{length, rows, s_.heads, features_ / s_.heads};
      return permuted<Real>(reshaped(x, cut), rows_first ? of_batches : of_lengths);
    }
    TensorOf<Real> join(const TensorOf<Real>& shown, const Shape& shape) const {
      constexpr std::size_t to_batches[] = {0, 2, 1, 3}, to_lengths[] = {2, 0, 1, 3};
      const bool rows_first = s_.batch_first && shape.size() == 3;
      return reshaped(permuted<Real>(shown, rows_first ? to_batches : to_lengths), shape);
    }

    /// The gradient of the scores (N, heads, L, S), summed up for the mask.
    TensorOf<Real> mask_gradient(const TensorOf<Real>& d, const Shape& given) const {
      return reshaped(sum_to(d, mask_view(given)), given);
    }

   private:
    TensorOf<Real> part(const TensorOf<Real>& W, std::size_t p) const {
      TensorOf<Real> rows = empty<Real>({features_, features_});
      std::copy_n(W.data() + p * rows.size(), rows.size(), rows.data());
      return rows;
    }
    Shape mask_view(const Shape& given) const {
      return given.size() == 2 ? given : Shape{given[0] / s_.heads, s_.heads, given[1], given[2]};
    }
    /// What the masks add to the scores.
    std::optional<TensorOf<Real>> bias() const {
      std::optional<TensorOf<Real>> sum;
      if (s_.mask != MaskKind::none) {
        const TensorOf<Real>& given = *in_[s_.mask_slot()];
        sum = reshaped(s_.mask == MaskKind::additive
                           ? given
                           : hiding("multi_head_attention", "attn_mask", given, Real(0)),
                       mask_view(shape_of(given)));
      }
      if (s_.key_padding) {
        const TensorOf<Real>& given = *in_[s_.padding_slot()];
        const Shape keys{given.size() / given.shape().back(), 1, 1, given.shape().back()};
        const TensorOf<Real> hidden =
            reshaped(hiding("multi_head_attention", "key_padding_mask", given, Real(0)), keys);
        sum = sum ? zip(*sum, hidden, [](Real a, Real b) { return a + b; }) : hidden;
      }
      return sum;
    }

    const MultiHeadAttention& s_;
    Inputs<Real> in_;
    std::size_t features_;
    Tensors<Real> heads_;
    std::optional<TensorOf<Real>> bias_;
  };
};

}  // namespace gradcheck
