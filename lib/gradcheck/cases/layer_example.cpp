#include <map>

#include <gradcheck/cases/layer_example.hpp>

namespace gradcheck {

namespace {

/// The parts of a case, each without its header; a part that is empty is left out.
struct Example {
  std::string network;
  std::string parameters;
  std::string constants = {};
};

constexpr const char* x34 = "x = { normal = [3, 4], seed = 1 }";
constexpr const char* z34 = "z = { normal = [3, 4], seed = 1 }";
constexpr const char* square33 = "x = [[3, 0.5, -1], [0.25, 4, 0.5], [1, -0.5, 5]]";

/// NAME = { normal = [SHAPE], ... }
std::string random(const char* name, const char* shape, int seed) {
  return std::string(name) + " = { normal = [" + shape +
         "], std = 0.5, seed = " + std::to_string(seed) + " }\n";
}

/// A filter of images, and one of sequences.
Example filtered(const char* call, const char* x, const char* W, const char* b) {
  return {std::string("y = ") + call + "\nL = sum(y * y)",
          random("x", x, 1) + random("W", W, 2) + random("b", b, 3)};
}

/// A function of one random tensor of that shape.
Example of(const char* call, const char* x) {
  return {std::string("y = ") + call + "\nL = sum(y * y)", random("x", x, 1)};
}

/// A recurrent layer of 3 inputs and 4 units; `gates` of them in each weight.
Example recurrent(const char* network, const char* x, const char* state, const char* gates,
                  bool cell_state) {
  const std::string rows = gates;
  return {network, random("x", x, 1) + random("h", state, 2) +
                       (cell_state ? random("c", state, 3) : "") +
                       random("w_ih", (rows + ", 3").c_str(), 4) +
                       random("w_hh", (rows + ", 4").c_str(), 5) + random("b_ih", gates, 6) +
                       random("b_hh", gates, 7)};
}

/// Two inputs that differ in sign and size.
const std::string two =
    std::string("a = { normal = [3, 4], seed = 1 }\n") + "b = { normal = [3, 4], seed = 2 }";

/// Layers whose arguments are more than one tensor of any shape.
const std::map<std::string, Example>& examples() {
  static const std::map<std::string, Example> all{
      {"power", {"y = power(x, 3)\nL = sum(y)", x34}},
      {"floor", {"y = x * floor(x)\nL = sum(y)", x34}},
      {"sign", {"y = x * x * sign(x)\nL = sum(y)", x34}},
      {"stop_gradient", {"y = x * stop_gradient(x)\nL = sum(y)", x34}},
      {"where", {"y = where(x > 0, x, 0.1 * x)\nL = sum(y * y)", x34}},
      {"clip", {"y = clip(x, -0.5, 1)\nL = sum(y * y)", x34}},
      {"equal",
       {"y = x * equal(t, 2)\nL = sum(y * y)", x34,
        "t = { integers = [3, 4], high = 3, seed = 2 }"}},
      {"zeros", {"y = maximum(x, zeros([3, 4]))\nL = sum(y * y)", x34}},
      {"ones", {"y = x @ ones([4])\nL = sum(y * y)", x34}},
      {"full", {"y = x + full([4], 0.5)\nL = sum(y * y)", x34}},
      {"eye", {"y = x @ x.T + 0.1 * eye(3)\nL = sum(y * y)", x34}},
      {"one_hot", {"y = x * one_hot(t, 4)\nL = sum(y * y)", x34, "t = [2, 0, 3]"}},
      {"dropout", {"y = dropout(x, 0.4, seed=7)\nL = sum(y * y)", x34}},
      {"embedding",
       {"y = embedding(t, W)\nL = sum(y * y)", "W = { normal = [5, 3], seed = 1 }",
        "t = [[2, 0, 2], [4, 2, 1]]"}},
      {"gather",
       {"y = gather(x, 1, index)\nL = sum(y * y)", x34, "index = [[0, 3], [1, 1], [2, 0]]"}},
      {"take", {"y = take(x, index, axis=0)\nL = sum(y * y)", x34, "index = [-1, 0, 0]"}},
      {"index_select", {"y = index_select(x, 1, index)\nL = sum(y * y)", x34, "index = [3, 0, 3]"}},
      {"scatter_add",
       {"y = scatter_add(x, 1, index, w)\nL = sum(y * y)",
        std::string(x34) + "\nw = { normal = [3, 2], seed = 2 }",
        "index = [[0, 3], [1, 1], [2, 0]]"}},
      {"roll", {"y = roll(x, 1, axis=1)\nL = sum(x * y)", x34}},
      {"tile", {"y = tile(x, [2, 1])\nL = sum(y * y)", x34}},
      {"repeat", {"y = repeat(x, 2, axis=1)\nL = sum(y * y)", x34}},
      {"sort", {"y, places = sort(x)\nL = sum(y * [1, 2, 3, 4])", x34}},
      {"topk", {"y, places = topk(x, 2)\nL = sum(y * y)", x34}},
      {"einsum",
       {"y = einsum(\"ij,jk->ik\", a, b)\nL = sum(y * y)",
        "a = { normal = [3, 4], seed = 1 }\nb = { normal = [4, 2], seed = 2 }"}},
      {"matmul",
       {"y = matmul(a, b)\nL = sum(y * y)",
        "a = { normal = [3, 4], seed = 1 }\nb = { normal = [4, 2], seed = 2 }"}},
      {"dot",
       {"y = dot(a, b)\nL = sum(y * y)",
        "a = { normal = [3, 4], seed = 1 }\nb = { normal = [4], seed = 2 }"}},
      {"outer",
       {"y = outer(a, b)\nL = sum(y * y)",
        "a = { normal = [3], seed = 1 }\nb = { normal = [4], seed = 2 }"}},
      {"affine",
       {"y = affine(x, W, b)\nL = sum(y * y)",
        std::string(x34) + "\nW = { normal = [4, 2], seed = 2 }\nb = [0.5, -0.5]"}},
      {"reshape", {"y = reshape(x, [2, 6])\nL = sum(y * y)", x34}},
      {"split", {"y1, y2 = split(x, sections=2, axis=1)\nL = sum(y1 * y2)", x34}},
      {"threshold", {"y = threshold(x, 0.1, -2)\nL = sum(y * y)", x34}},
      {"prelu",
       {"y = prelu(x, weight)\nL = sum(y * y)",
        std::string(x34) + "\nweight = [0.25, 0.1, -0.5, 1.5]"}},
      {"inverse", {"y = inverse(x)\nL = sum(y * y)", square33}},
      {"determinant", {"L = determinant(x)", square33}},
      {"logdet", {"L = logdet(x)", square33}},
      {"cholesky", {"y = cholesky(x @ x.T)\nL = sum(y * y)", square33}},
      {"solve",
       {"y = solve(a, b)\nL = sum(y * y)",
        "a = [[3, 0.5, -1], [0.25, 4, 0.5], [1, -0.5, 5]]\nb = [1, 2, -1]"}},
      {"softmax_cross_entropy", {"L = softmax_cross_entropy(z, t)", z34, "t = [2, 0, 3]"}},
      {"multiclass_hinge", {"L = multiclass_hinge(z, t)", z34, "t = [2, 0, 3]"}},
      {"cross_entropy", {"L = cross_entropy(x, t, label_smoothing=0.1)", x34, "t = [2, 0, 3]"}},
      {"nll_loss", {"L = nll_loss(log_softmax(x), t)", x34, "t = [2, 0, 3]"}},
      {"multi_margin", {"L = multi_margin(x, t)", x34, "t = [2, 0, 3]"}},
      {"kl_divergence", {"L = kl_divergence(log_softmax(a), softmax(b))", two}},
      {"hinge", {"L = hinge(y, t)", "y = [0.5, -2, 0.25]", "t = [1, -1, -1]"}},
      {"focal", {"L = focal(z, t)", "z = [0.5, -2, 0.25]", "t = [1, 0, 0]"}},
      {"poisson_nll",
       {"L = poisson_nll(x, t)", x34, "t = { integers = [3, 4], high = 6, seed = 2 }"}},
      {"cosine_embedding", {"L = cosine_embedding(a, b, t, margin=-0.5)", two, "t = [1, -1, -1]"}},
      {"ctc_loss",
       {"L = ctc_loss(log_softmax(x), t, input_lengths, target_lengths)",
        "x = { normal = [5, 2, 4], seed = 1 }",
        "t = [[1, 2, 2], [3, 1, 1]]\ninput_lengths = [5, 4]\ntarget_lengths = [3, 1]"}},
      {"conv1d", filtered("conv1d(x, W, b, stride=2)", "2, 3, 8", "4, 3, 3", "4")},
      {"conv2d", filtered("conv2d(x, W, b, padding=1)", "2, 3, 5, 4", "4, 3, 3, 3", "4")},
      {"conv3d", filtered("conv3d(x, W, b)", "1, 2, 3, 4, 3", "2, 2, 2, 2, 2", "2")},
      {"conv_transpose1d",
       filtered("conv_transpose1d(x, W, b, stride=2)", "2, 3, 4", "3, 2, 3", "2")},
      {"conv_transpose2d",
       filtered("conv_transpose2d(x, W, b, stride=2)", "1, 3, 3, 2", "3, 2, 2, 3", "2")},
      {"max_pool1d", of("max_pool1d(x, 3, stride=2)", "2, 3, 8")},
      {"max_pool2d", of("max_pool2d(x, 2)", "2, 3, 4, 5")},
      {"avg_pool1d", of("avg_pool1d(x, 3, stride=2, padding=1)", "2, 3, 8")},
      {"avg_pool2d", of("avg_pool2d(x, 2)", "2, 3, 4, 5")},
      {"adaptive_avg_pool2d", of("adaptive_avg_pool2d(x, [2, 3])", "2, 3, 4, 5")},
      {"global_avg_pool", of("global_avg_pool(x)", "2, 3, 4, 5")},
      {"interpolate", of("interpolate(x, size=[5, 7], mode=\"bilinear\")", "1, 2, 3, 4")},
      {"pad", of("pad(x, [1, 2], mode=\"reflect\")", "2, 3, 4")},
      {"pixel_shuffle", of("pixel_shuffle(x, 2)", "1, 8, 2, 3")},
      {"batch_norm",
       {"y = batch_norm(x, weight=w, bias=b, training=true)\nL = sum(y * y * y)",
        random("x", "5, 3", 1) + random("w", "3", 2) + random("b", "3", 3)}},
      {"layer_norm",
       {"y = layer_norm(x, w, b)\nL = sum(y * y * y)",
        random("x", "3, 4", 1) + random("w", "4", 2) + random("b", "4", 3)}},
      {"group_norm",
       {"y = group_norm(x, 2, w, b)\nL = sum(y * y * y)",
        random("x", "2, 4, 3", 1) + random("w", "4", 2) + random("b", "4", 3)}},
      {"instance_norm",
       {"y = instance_norm(x, weight=w, bias=b)\nL = sum(y * y * y)",
        random("x", "2, 3, 4", 1) + random("w", "3", 2) + random("b", "3", 3)}},
      {"rms_norm",
       {"y = rms_norm(x, w)\nL = sum(y * y * y)", random("x", "3, 4", 1) + random("w", "4", 2)}},
      {"local_response_norm", of("local_response_norm(x, 3, alpha=0.5)", "2, 5, 3")},
      {"glu", of("glu(x)", "3, 6")},
      {"swiglu", of("swiglu(x)", "3, 6")},
      {"geglu", of("geglu(x)", "3, 6")},
      {"rope", {"y = rope(x)\nL = sum(y * y[:, ::-1])", random("x", "2, 5, 4", 1)}},
      {"rnn_cell", recurrent("y = rnn_cell(x, h, w_ih, w_hh, b_ih, b_hh)\nL = sum(y * y)", "2, 3",
                             "2, 4", "4", false)},
      {"rnn_relu_cell", recurrent("y = rnn_relu_cell(x, h, w_ih, w_hh, b_ih, b_hh)\nL = sum(y * y)",
                                  "2, 3", "2, 4", "4", false)},
      {"gru_cell", recurrent("y = gru_cell(x, h, w_ih, w_hh, b_ih, b_hh)\nL = sum(y * y)", "2, 3",
                             "2, 4", "12", false)},
      {"lstm_cell",
       recurrent("y, d = lstm_cell(x, h, c, w_ih, w_hh, b_ih, b_hh)\nL = sum(y * y) + sum(d * d)",
                 "2, 3", "2, 4", "16", true)},
      {"rnn", recurrent("y, hn = rnn(x, h, w_ih, w_hh, b_ih, b_hh)\nL = sum(y * y)", "5, 2, 3",
                        "1, 2, 4", "4", false)},
      {"rnn_relu", recurrent("y, hn = rnn_relu(x, h, w_ih, w_hh, b_ih, b_hh)\nL = sum(y * y)",
                             "5, 2, 3", "1, 2, 4", "4", false)},
      {"gru", recurrent("y, hn = gru(x, h, w_ih, w_hh, b_ih, b_hh)\nL = sum(y * y)", "5, 2, 3",
                        "1, 2, 4", "12", false)},
      {"lstm", recurrent("y, hn, cn = lstm(x, h, c, w_ih, w_hh, b_ih, b_hh)\nL = sum(y * y)",
                         "5, 2, 3", "1, 2, 4", "16", true)},
      {"scaled_dot_product_attention",
       {"y = scaled_dot_product_attention(q, k, v, is_causal=true)\nL = sum(y * y)",
        random("q", "2, 4, 3", 1) + random("k", "2, 4, 3", 2) + random("v", "2, 4, 3", 3)}},
      {"multi_head_attention",
       {"y = multi_head_attention(x, x, x, in_proj_weight=W, out_proj_weight=V, num_heads=2)\n"
        "L = sum(y * y)",
        random("x", "3, 2, 4", 1) + random("W", "12, 4", 2) + random("V", "4, 4", 3)}},
  };
  return all;
}

/// Tensors of one shape, with positive entries below 1: few layers do not take them.
Example plain(const LayerType& type) {
  Example example;
  std::string arguments;
  for (std::size_t k = 0; k < type.tensors.size(); ++k) {
    const std::string seed = std::to_string(k + 1), &name = type.tensors[k];
    const bool both_signs = type.group == "activation" || type.group == "reduction";
    example.parameters += (k == 0 ? "" : "\n") + name +
                          (both_signs ? " = { normal = [3, 4], seed = "
                                      : " = { uniform = [3, 4], low = 0.2, high = 0.9, seed = ") +
                          seed + " }";
    arguments += (k == 0 ? "" : ", ") + name;
  }
  const std::string call = type.name + "(" + arguments + ")";
  example.network = type.group == "loss" ? "L = sum(" + call + ")"
                    : type.gradients.starts_with("none")
                        ? "result = " + type.tensors[0] + " * " + call + "\nL = sum(result)"
                        : "result = " + call + "\nL = sum(result * result)";
  return example;
}

std::string part(const char* header, const std::string& text) {
  const bool ended = text.ends_with('\n');
  return text.empty() ? "" : "\n[" + std::string(header) + "]\n" + text + (ended ? "" : "\n");
}

}  // namespace

std::string layer_example(const LayerType& type) {
  const auto known = examples().find(type.name);
  const Example example = known != examples().end() ? known->second : plain(type);
  return "network = '''\n" + example.network + "\n'''\n" + part("parameters", example.parameters) +
         part("constants", example.constants);
}

}  // namespace gradcheck
