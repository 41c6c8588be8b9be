#include <cmath>

#include <defects/corpus.hpp>

namespace gradcheck::defects {

namespace {

/// u · f(x) at arguments of a wide range, both signs, with small ones among them.
Specimen saturated(std::string name, std::string call, std::vector<double> x,
                   std::vector<Defect> defects) {
  const std::size_t n = x.size();
  return {std::move(name),
          "saturation",
          "L = sum(u * " + std::move(call) + ")",
          {values("x", {n}, std::move(x)), fixed(both_signs("u", {n}))},
          std::move(defects),
          {}};
}

/// `amount` added to one entry.
Alteration added_to(std::size_t entry, double amount) {
  return [=](auto& call) { call.dx[0].data()[entry] += amount; };
}

std::vector<Specimen> activations() {
  const std::vector<double> to_30{-30, -15, 30, 5, 15, 0.3};
  const std::vector<double> to_700{-700, -100, 700, 0.5, 40, -36};
  return {
      saturated("sigmoid at 30", "sigmoid(x)", to_30,
                {{"sign", {"sigmoid"}, scaled_entry(0, -1)},
                 {"scale", {"sigmoid"}, scaled_entry(2, 2)},
                 {"relative 1e-3", {"sigmoid"}, scaled_entry(1, 1.001)}}),
      saturated("sigmoid at 700", "sigmoid(x)", to_700,
                {{"sign", {"sigmoid"}, scaled_entry(5, -1)},
                 {"gross", {"sigmoid"}, added_to(2, 1e-6)},
                 {"one entry only", {"sigmoid"}, scaled_entry(3, 1 + 1e-6)}}),
      saturated("sigmoid at -700 alone", "sigmoid(x)", {-700, -695},
                {{"sign", {"sigmoid"}, scaled_entry(0, -1)},
                 {"relative 1e-6", {"sigmoid"}, scaled_entry(1, 1 + 1e-6)}}),
      saturated("tanh at 15", "tanh(x)", {-15, 15, 10, -8, 0.1, 3},
                {{"sign", {"tanh"}, scaled_entry(2, -1)},
                 {"relative 1e-3", {"tanh"}, scaled_entry(3, 1.001)},
                 {"zero", {"tanh"}, scaled_entry(2, 0)}}),
      saturated("tanh at 350", "tanh(x)", {-350, 350, 0.1, 2},
                {{"one entry only", {"tanh"}, scaled_entry(2, 1 + 1e-6)},
                 {"gross", {"tanh"}, added_to(1, 1e-6)}}),
      saturated("softplus at 700", "softplus(x)", to_700,
                {{"gross", {"softplus"}, added_to(0, 1e-9)},
                 {"relative 1e-6", {"softplus"}, scaled_entry(2, 1 + 1e-6)}}),
      saturated("softplus at -700 alone", "softplus(x)", {-700, -695},
                {{"sign", {"softplus"}, scaled_entry(0, -1)},
                 {"relative 1e-6", {"softplus"}, scaled_entry(1, 1 + 1e-6)}}),
      saturated("gelu at 30", "gelu(x)", {-30, -5, 30, 8, 0.5, -3},
                {{"sign", {"gelu"}, scaled_entry(1, -1)},
                 {"relative 1e-3", {"gelu"}, scaled_entry(5, 1.001)},
                 {"one entry only", {"gelu"}, scaled_entry(2, 1 + 1e-6)}}),
      saturated("silu at 700", "silu(x)", to_700,
                {{"scale", {"silu"}, scaled_entry(5, 2)},
                 {"relative 1e-6", {"silu"}, scaled_entry(2, 1 + 1e-6)}}),
      saturated(
          "elu at -700", "elu(x, alpha=1.5)", {-700, -40, -5, 700, 0.5},
          {{"scale", {"elu"}, scaled_entry(2, 1.001)}, {"gross", {"elu"}, added_to(0, 1e-3)}}),
      saturated("log(sigmoid(x)) at -30", "log(sigmoid(x))", {-30, -20, -3, 4},
                {{"sign", {"log"}, negated()},
                 {"relative 1e-5", {"sigmoid"}, scaled_entry(0, 1 + 1e-5)}}),
  };
}

std::vector<Specimen> classifiers() {
  const Given wide = values("z", {3, 4}, {0, 700, 0, -700, 30, 0, -30, 1, 500, 500, -500, 0});
  const Given u = fixed(both_signs("u", {3, 4}));
  const std::string logits = "binary_cross_entropy_with_logits";
  return {
      {"softmax at 700",
       "saturation",
       "L = sum(u * softmax(z))",
       {wide, u},
       {{"sign", {"softmax"}, scaled_entry(8, -1)},
        {"one entry only", {"softmax"}, scaled_entry(9, 1.001)}},
       {}},
      {"log_softmax at 700",
       "saturation",
       "L = sum(u * log_softmax(z))",
       {wide, u},
       {{"missing term", {"log_softmax"}, slope([](auto, auto) { return 1; })},
        {"relative 1e-6", {"log_softmax"}, scaled_entry(3, 1 + 1e-6)}},
       {}},
      {"softmax_cross_entropy, sure and right",
       "saturation",
       "L = softmax_cross_entropy(z, t)",
       {values("z", {2, 3}, {30, 0, -5, 0, 0, 25}), fixed(values("t", {2}, {0, 2}))},
       {{"scale", {"softmax_cross_entropy"}, scaled(2)},
        {"sign", {"softmax_cross_entropy"}, scaled_entry(1, -1)},
        {"one entry only", {"softmax_cross_entropy"}, scaled_entry(3, 1.001)}},
       {}},
      {"softmax_cross_entropy, sure and wrong",
       "saturation",
       "L = softmax_cross_entropy(z, t)",
       {values("z", {2, 3}, {700, 0, -5, 0, 0, 300}), fixed(values("t", {2}, {1, 0}))},
       {{"sign", {"softmax_cross_entropy"}, scaled_entry(0, -1)},
        {"relative 1e-6", {"softmax_cross_entropy"}, scaled_entry(5, 1 + 1e-6)}},
       {}},
      {logits + " at 700",
       "saturation",
       "L = " + logits + "(z, t)",
       {values("z", {6}, {700, -700, 30, -30, 0.5, -2}),
        fixed(values("t", {6}, {0, 1, 1, 0, 1, 0}))},
       {{"sign", {logits}, scaled_entry(2, -1)},
        {"scale", {logits}, scaled_entry(3, 2)},
        {"relative 1e-6", {logits}, scaled_entry(0, 1 + 1e-6)}},
       {}},
      {"binary_cross_entropy of sure probabilities",
       "saturation",
       "L = binary_cross_entropy(p, t)",
       {values("p", {5}, {1e-12, 1 - 1e-9, 0.5, 1e-6, 0.999}),
        fixed(values("t", {5}, {1, 1, 0, 0, 0}))},
       {{"missing epsilon", {"binary_cross_entropy"}, at_multiple(1 - 1e-6)},
        {"relative 1e-5", {"binary_cross_entropy"}, scaled_entry(0, 1 + 1e-5)},
        {"one entry only", {"binary_cross_entropy"}, scaled_entry(1, 0.999)}},
       {}},
      {"sigmoid under binary_cross_entropy",
       "saturation",
       "L = binary_cross_entropy(sigmoid(x), t)",
       {values("x", {5}, {-30, 12, 3, -9, 0.2}), fixed(values("t", {5}, {1, 1, 0, 0, 1}))},
       {{"missing factor", {"sigmoid"}, slope([](auto, auto y) { return y; })},
        {"relative 1e-5", {"sigmoid"}, scaled_entry(3, 1 + 1e-5)}},
       {}},
  };
}

/// h = f(h @ W) so often, from x.
std::string repeated(const std::string& before, const std::string& after, int layers) {
  std::string text = "h0 = x * 1;";
  for (int k = 0; k < layers; ++k) {
    text += "h" + std::to_string(k + 1) + " = " + before + "h" + std::to_string(k) + after + ";";
  }
  return text + "L = sum(u * h" + std::to_string(layers) + ")";
}

std::vector<Specimen> vanishing() {
  const Given x = normal("x", {2, 3});
  const Given W = normal("W", {3, 3}, 0.5);
  const Given u = fixed(both_signs("u", {2, 3}));
  return {
      {"20 sigmoid layers",
       "vanishing gradient",
       repeated("sigmoid(", " @ W)", 20),
       {x, W, u},
       {{"sign", {"multiply", 0}, negated()},
        {"missing factor", {"sigmoid", 0}, scaled(2)},
        {"relative 1e-3", {"multiply", 0}, scaled_entry(2, 1.001)}},
       {}},
      {"24 sigmoid layers without weights",
       "vanishing gradient",
       repeated("sigmoid(", ")", 24),
       {x, u},
       {{"sign", {"sigmoid", 0}, negated()},
        {"relative 1e-3", {"sigmoid", 5}, scaled_entry(1, 1.001)}},
       {}},
      {"20 sigmoid layers with large weights",
       "vanishing gradient",
       repeated("sigmoid(", " @ W)", 20),
       {x, normal("W", {3, 3}, 3), u},
       {{"sign", {"multiply", 0}, negated()},
        {"missing factor", {"sigmoid", 0}, slope([](auto, auto y) { return y; })},
        {"relative 1e-3", {"multiply", 0}, scaled_entry(2, 1.001)}},
       {}},
      {"12 sigmoid layers without weights",
       "vanishing gradient",
       repeated("sigmoid(", ")", 12),
       {x, u},
       {{"sign", {"sigmoid", 0}, negated()},
        {"relative 1e-6", {"sigmoid", 5}, scaled_entry(1, 1 + 1e-6)}},
       {}},
      {"25 tanh layers",
       "vanishing gradient",
       repeated("tanh(", " @ W)", 25),
       {x, W, u},
       {{"transpose", {"matmul", 24}, transposed(1)}, {"sign", {"tanh", 12}, scaled_entry(3, -1)}},
       {}},
      {"22 relu layers",
       "vanishing gradient",
       repeated("relu(0.1 * ", ")", 22),
       {values("x", {2, 3}, {1, -2, 3, 0.5, 2, -1}), u},
       {{"ignored mask", {"relu"}, slope([](auto, auto) { return 1; })},
        {"relative 1e-6", {"relu", 3}, scaled_entry(0, 1 + 1e-6)}},
       {}},
      {"40 factors of 0.1",
       "vanishing gradient",
       repeated("0.1 * ", "", 40),
       {x, u},
       {{"sign", {"multiply", 3}, scaled_entry(2, -1, 1)},
        {"relative 1e-6", {"multiply", 9}, scaled_entry(2, 1 + 1e-6, 1)}},
       {}},
      {"20 layers that explode",
       "vanishing gradient",
       repeated("3 * ", " ** 1", 20),
       {x, u},
       {{"one entry only", {"power", 7}, scaled_entry(4, 1 + 1e-6)},
        {"sign", {"power", 19}, scaled_entry(4, -1)}},
       {}},
  };
}

}  // namespace

std::vector<Specimen> saturation_specimens() {
  std::vector<Specimen> all = activations();
  for (const auto& family : {classifiers(), vanishing()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

}  // namespace gradcheck::defects
