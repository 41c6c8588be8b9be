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
constexpr const char* square33 =
    "x = [[3, 0.5, -1], [0.25, 4, 0.5], [1, -0.5, 5]]";

/// Two inputs that differ in sign and size.
const std::string two = std::string("a = { normal = [3, 4], seed = 1 }\n") +
                        "b = { normal = [3, 4], seed = 2 }";

/// Layers whose arguments are more than one tensor of any shape.
const std::map<std::string, Example>& examples() {
  static const std::map<std::string, Example> all{
      {"power", {"y = power(x, 3)\nL = sum(y)", x34}},
      {"floor", {"y = x * floor(x)\nL = sum(y)", x34}},
      {"sign", {"y = x * x * sign(x)\nL = sum(y)", x34}},
      {"stop_gradient", {"y = x * stop_gradient(x)\nL = sum(y)", x34}},
      {"where", {"y = where(x > 0, x, 0.1 * x)\nL = sum(y * y)", x34}},
      {"clip", {"y = clip(x, -0.5, 1)\nL = sum(y * y)", x34}},
      {"zeros", {"y = maximum(x, zeros([3, 4]))\nL = sum(y * y)", x34}},
      {"ones", {"y = x @ ones([4])\nL = sum(y * y)", x34}},
      {"full", {"y = x + full([4], 0.5)\nL = sum(y * y)", x34}},
      {"eye", {"y = x @ x.T + 0.1 * eye(3)\nL = sum(y * y)", x34}},
      {"one_hot", {"y = x * one_hot(t, 4)\nL = sum(y * y)", x34, "t = [2, 0, 3]"}},
      {"dropout", {"y = dropout(x, 0.4, seed=7)\nL = sum(y * y)", x34}},
      {"embedding",
       {"y = embedding(t, W)\nL = sum(y * y)", "W = { normal = [5, 3], seed = 1 }",
        "t = [[2, 0, 2], [4, 2, 1]]"}},
      {"gather", {"y = gather(x, 1, index)\nL = sum(y * y)", x34, "index = [[0, 3], [1, 1], [2, 0]]"}},
      {"take", {"y = take(x, index, axis=0)\nL = sum(y * y)", x34, "index = [-1, 0, 0]"}},
      {"index_select",
       {"y = index_select(x, 1, index)\nL = sum(y * y)", x34, "index = [3, 0, 3]"}},
      {"scatter_add",
       {"y = scatter_add(x, 1, index, w)\nL = sum(y * y)",
        std::string(x34) + "\nw = { normal = [3, 2], seed = 2 }", "index = [[0, 3], [1, 1], [2, 0]]"}},
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
      {"cross_entropy",
       {"L = cross_entropy(x, t, label_smoothing=0.1)", x34, "t = [2, 0, 3]"}},
      {"nll_loss", {"L = nll_loss(log_softmax(x), t)", x34, "t = [2, 0, 3]"}},
      {"multi_margin", {"L = multi_margin(x, t)", x34, "t = [2, 0, 3]"}},
      {"kl_divergence",
       {"L = kl_divergence(log_softmax(a), softmax(b))", two}},
      {"hinge", {"L = hinge(y, t)", "y = [0.5, -2, 0.25]", "t = [1, -1, -1]"}},
      {"focal", {"L = focal(z, t)", "z = [0.5, -2, 0.25]", "t = [1, 0, 0]"}},
      {"poisson_nll", {"L = poisson_nll(x, t)", x34, "t = { integers = [3, 4], high = 6, seed = 2 }"}},
      {"cosine_embedding", {"L = cosine_embedding(a, b, t, margin=-0.5)", two, "t = [1, -1, -1]"}},
      {"ctc_loss",
       {"L = ctc_loss(log_softmax(x), t, input_lengths, target_lengths)",
        "x = { normal = [5, 2, 4], seed = 1 }",
        "t = [[1, 2, 2], [3, 1, 1]]\ninput_lengths = [5, 4]\ntarget_lengths = [3, 1]"}},
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
  return text.empty() ? "" : "\n[" + std::string(header) + "]\n" + text + "\n";
}

}  // namespace

std::string layer_example(const LayerType& type) {
  const auto known = examples().find(type.name);
  const Example example = known != examples().end() ? known->second : plain(type);
  return "network = '''\n" + example.network + "\n'''\n" + part("parameters", example.parameters) +
         part("constants", example.constants);
}

}  // namespace gradcheck
