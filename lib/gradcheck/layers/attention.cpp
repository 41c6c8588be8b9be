#include <algorithm>

#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/multi_head_attention.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

using Kind = SettingType::Kind;

constexpr const char* sdpa = "scaled_dot_product_attention";
constexpr const char* mha = "multi_head_attention";

Shape leading(const Shape& shape) { return Shape(shape.begin(), shape.end() - 2); }

LayerPtr make_sdpa(const Settings& settings) {
  std::optional<double> scale;
  if (settings.contains("scale")) {
    scale = number_setting(settings, "scale");
  }
  return make_layer(sdpa, ScaledDotProductAttention{mask_kind(settings),
                                                    boolean_setting(settings, "is_causal"), scale});
}

LayerPtr make_mha(const Settings& settings) {
  const long long heads = integer_setting(settings, "num_heads");
  if (heads < 1) {
    throw_value(mha, "num_heads", std::to_string(heads), "an integer ≥ 1");
  }
  return make_layer(
      mha, MultiHeadAttention{static_cast<std::size_t>(heads), given(settings, "in_proj_bias"),
                              given(settings, "out_proj_bias"), given(settings, "key_padding_mask"),
                              mask_kind(settings), boolean_setting(settings, "is_causal"),
                              boolean_setting(settings, "batch_first")});
}

void require(const char* what, const Shape& got, const Shape& wanted, const char* meaning) {
  if (got != wanted) {
    throw_shape(mha, what, to_string(got), to_string(wanted) + ", " + meaning);
  }
}

}  // namespace

void refuse_mask(const std::string& name, const char* what, double entry) {
  throw_value(name, what, number_text(entry),
              "0 or 1; what is added to the scores goes with mask_kind=\"additive\"");
}

MaskKind mask_kind(const Settings& settings) {
  return !given(settings, "attn_mask")                       ? MaskKind::none
         : word_setting(settings, "mask_kind") == "additive" ? MaskKind::additive
                                                             : MaskKind::boolean;
}

SettingType mask_kind_type() {
  return {.name = "mask_kind",
          .kind = Kind::word,
          .default_value = std::string("boolean"),
          .words = {"boolean", "additive"}};
}

Shape ScaledDotProductAttention::shape(std::span<const Shape> in) const {
  const Shape &q = in[0], &k = in[1], &v = in[2];
  const char* const names[] = {"query", "key", "value"};
  const char* const layouts[] = {"(..., L, E)", "(..., S, E)", "(..., S, F)"};
  for (std::size_t p = 0; p < 3; ++p) {
    if (in[p].size() < 2) {
      throw_shape(sdpa, names[p], to_string(in[p]), layouts[p]);
    }
  }
  if (k.back() != q.back() || q.back() == 0) {
    throw_shape(sdpa, "key", to_string(k),
                "(..., S, E) with E = " + std::to_string(q.back()) + " ≥ 1, for query has shape " +
                    to_string(q));
  }
  if (v[v.size() - 2] != k[k.size() - 2]) {
    throw_shape(sdpa, "value", to_string(v),
                "(..., S, F) with S = " + std::to_string(k[k.size() - 2]) + ", for key has shape " +
                    to_string(k));
  }
  Shape scores = broadcast_shapes(sdpa, leading(q), leading(k));
  Shape y = broadcast_shapes(sdpa, scores, leading(v));
  scores.insert(scores.end(), {q[q.size() - 2], k[k.size() - 2]});
  if (mask != MaskKind::none && broadcast_shapes(sdpa, scores, in[3]) != scores) {
    throw_shape(sdpa, "attn_mask", to_string(in[3]),
                "one that broadcasts onto the scores (..., L, S) = " + to_string(scores));
  }
  y.insert(y.end(), {q[q.size() - 2], v.back()});
  return y;
}

Shape MultiHeadAttention::shape(std::span<const Shape> in) const {
  const Shape& query = in[0];
  if (query.size() != 2 && query.size() != 3) {
    throw_shape(mha, "query", to_string(query),
                batch_first ? "(N, L, E) or (L, E)" : "(L, N, E) or (L, E)");
  }
  const std::size_t features = query.back();
  const bool batched = query.size() == 3;
  if (features == 0 || features % heads != 0) {
    throw_value(mha, "num_heads", std::to_string(heads),
                "a divisor of E = " + std::to_string(features) + ", for query has shape " +
                    to_string(query));
  }
  const std::size_t length_axis = batched && batch_first ? 1 : 0;
  Shape keys = query;
  keys[length_axis] = in[1].size() == query.size() ? in[1][length_axis] : 0;
  require("key", in[1], keys, "query's shape but for its length S");
  require("value", in[2], keys, "the shape of key");
  require("in_proj_weight", in[3], {3 * features, features}, "(3 E, E)");
  require("out_proj_weight", in[4], {features, features}, "(E, E)");
  if (in_bias) {
    require("in_proj_bias", in[5], {3 * features}, "(3 E)");
  }
  if (out_bias) {
    require("out_proj_bias", in[mask_slot() - 1], {features}, "(E)");
  }
  const std::size_t rows = batched ? query[batch_first ? 0 : 1] : 1;
  const Shape scores{query[length_axis], keys[length_axis]};
  if (mask != MaskKind::none && in[mask_slot()] != scores &&
      in[mask_slot()] != Shape{rows * heads, scores[0], scores[1]}) {
    throw_shape(mha, "attn_mask", to_string(in[mask_slot()]),
                "(L, S) = " + to_string(scores) + " or (N · num_heads, L, S)");
  }
  if (key_padding) {
    require("key_padding_mask", in[padding_slot()],
            batched ? Shape{rows, scores[1]} : Shape{scores[1]}, "(N, S)");
  }
  return query;
}

void add_attention_layers(LayerLibrary& library) {
  library.add(
      {.name = sdpa,
       .group = "sequence",
       .tensors = {"query", "key", "value"},
       .optional_tensors = {"attn_mask"},
       .settings = {{.name = "is_causal", .kind = Kind::boolean, .default_value = false},
                    {.name = "scale", .kind = Kind::number, .optional = true},
                    mask_kind_type()},
       .formula = "y = softmax(scale · query keyᵀ + mask) value, scale = 1/√E without it; a "
                  "query that may attend to nothing gives 0",
       .gradients = "dv = Pᵀ dy, dP = dy vᵀ, dS = P ⊙ (dP − Σ_j dP_j P_j), dq = scale dS k, "
                    "dk = scale dSᵀ q",
       .shapes = "query (..., L, E), key (..., S, E), value (..., S, F), y (..., L, F); "
                 "attn_mask onto (..., L, S): 1 where attention may go, 0 where not, or "
                 "additive",
       .make = make_sdpa});
  library.add(
      {.name = mha,
       .group = "sequence",
       .tensors = {"query", "key", "value", "in_proj_weight", "out_proj_weight"},
       .optional_tensors = {"in_proj_bias", "out_proj_bias", "attn_mask", "key_padding_mask"},
       .settings = {{.name = "num_heads", .kind = Kind::integer},
                    {.name = "is_causal", .kind = Kind::boolean, .default_value = false},
                    {.name = "batch_first", .kind = Kind::boolean, .default_value = false},
                    mask_kind_type()},
       .formula = "q, k, v = query W_qᵀ + b_q, key W_kᵀ + b_k, value W_vᵀ + b_v, cut into heads; "
                  "y = (attention of each head, joined) out_proj_weightᵀ + out_proj_bias",
       .gradients = "of the output product, of each head's attention, of the input products",
       .shapes = "query (L, N, E), key and value (S, N, E), batch_first: (N, L, E), or without N; "
                 "in_proj_weight (3 E, E), out_proj_weight (E, E); attn_mask (L, S) or (N · heads, "
                 "L, S) and key_padding_mask (N, S): 1 where attention may not go (as in PyTorch)",
       .order = {"query", "key", "value", "in_proj_weight", "in_proj_bias", "out_proj_weight",
                 "out_proj_bias", "attn_mask", "key_padding_mask"},
       .make = make_mha});
}

}  // namespace gradcheck
