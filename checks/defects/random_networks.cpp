#include <cmath>
#include <random>
#include <vector>

#include <defects/random_networks.hpp>
#include <fmt/format.h>

#include <gradcheck/network/language.hpp>
#include <gradcheck/tensor/random.hpp>

namespace gradcheck::defects {

namespace {

constexpr std::size_t rows = 4;
constexpr std::size_t columns = 3;

/// Steps from one (4, 3) tensor, written h, to the next.
const std::vector<std::string>& steps() {
  static const std::vector<std::string> all{
      "relu(h)",
      "leaky_relu(h, negative_slope=0.1)",
      "elu(h, alpha=1.3)",
      "selu(h)",
      "softplus(h, beta=1.5)",
      "sigmoid(h)",
      "tanh(h)",
      "gelu(h)",
      "gelu(h, approximate=\"tanh\")",
      "silu(h)",
      "exp(h)",
      "exp(-square(h))",
      "sin(h)",
      "cos(2 * h)",
      "square(h)",
      "abs(h)",
      "h ** 3",
      "-h",
      "log(1 + square(h))",
      "log(abs(h))",
      "sqrt(0.1 + square(h))",
      "sqrt(abs(h))",
      "reciprocal(1 + square(h))",
      "1 / h",
      "h / (2 + cos(h))",
      "clip(h, -1, 0.8)",
      "maximum(h, 0.5 * h + 0.2)",
      "minimum(h, b)",
      "where(h > 0.1, h, h * h)",
      "h * (h >= 0.1) - h * (h < -0.2)",
      "h + (h != 0) * (h <= 1)",
      "h * (h == stop_gradient(h))",
      "softmax(h)",
      "log_softmax(h)",
      "softmax(h, axis=0)",
      "h @ W",
      "affine(h, W, b)",
      "h @ W + b",
      "h - mean(h, axis=1, keepdims=true)",
      "h / sqrt(1e-3 + mean(square(h), axis=0, keepdims=true))",
      "concat(h, sin(h), axis=1)[:, 1:4]",
      "stack(h, h * h)[1]",
      "reshape(h.T, shape=[3, 4]).T",
      "reshape(flatten(h), shape=[4, 3])",
      "outer(h[:, 0], h[1])",
      "h * dot(b, h[2])",
      "h + max(h, axis=0)",
      "h - min(h, axis=1, keepdims=true)",
      "h + 0.5 * sum(h, axis=0)",
      "h * h - b"};
  return all;
}

/// Losses of a (4, 3) tensor; t are numbers, p probabilities, k class indices.
const std::vector<std::string>& losses() {
  static const std::vector<std::string> all{"half_squared_error(h, t)",
                                            "mean_squared_error(h, t)",
                                            "mean_absolute_error(h, t)",
                                            "softmax_cross_entropy(h, k)",
                                            "binary_cross_entropy(sigmoid(h), p)",
                                            "binary_cross_entropy_with_logits(h, p)",
                                            "multiclass_hinge(h, k)",
                                            "sum(t * h)",
                                            "l1(h)",
                                            "l2(h) + l1(W)",
                                            "sum(max(h, axis=1))",
                                            "mean(min(h, axis=0))"};
  return all;
}

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed), seed_(seed) {}

  RandomNetwork run() {
    RandomNetwork made;
    const double unit = std::pow(10, uniform(-6, 6));
    made.text = fmt::format("h0 = x * {:.17g}\n", std::pow(10, uniform(-1, 1)) / unit);
    const int depth = 1 + static_cast<int>(random_() % 5);
    for (int k = 0; k < depth; ++k) {
      made.text += fmt::format("h{} = {}\n", k + 1, pick(steps(), k));
    }
    const double scale = std::pow(10, uniform(-8, 8));
    const double offset = random_() % 4 == 0 ? scale * std::pow(10, uniform(0, 3)) : 0;
    made.text += fmt::format("L = {:.17g} * {} + {:.17g}", scale, pick(losses(), depth), offset);
    give(made.network, unit);
    add_statements(made.network, parse_statements(made.text));
    return made;
  }

 private:
  double uniform(double low, double high) {
    return low + (high - low) * std::ldexp(static_cast<double>(random_() >> 11), -53);
  }

  /// One of the texts, with its h being the k-th value.
  std::string pick(const std::vector<std::string>& texts, int k) {
    std::string text;
    for (const std::string& source = texts[random_() % texts.size()]; const char c : source) {
      text += c;
    }
    return renamed(text, fmt::format("h{}", k));
  }

  /// The text with every name h replaced.
  static std::string renamed(const std::string& text, const std::string& name) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto letter = [&](std::size_t at) {
        return at < text.size() &&
               (std::isalnum(static_cast<unsigned char>(text[at])) != 0 || text[at] == '_');
      };
      const bool alone = text[i] == 'h' && !letter(i + 1) && (i == 0 || !letter(i - 1));
      out += alone ? name : std::string(1, text[i]);
    }
    return out;
  }

  void give(Network& network, double unit) {
    network.give("x", Role::parameter, random_normal({rows, columns}, 0, unit, seed_));
    network.give("W", Role::parameter, random_normal({columns, columns}, 0, 1, seed_ + 1));
    network.give("b", Role::parameter, random_normal({columns}, 0, 1, seed_ + 2));
    network.give("t", Role::constant, random_normal({rows, columns}, 0, 1, seed_ + 3));
    network.give("p", Role::constant, random_uniform({rows, columns}, 0, 1, seed_ + 4));
    network.give("k", Role::constant, random_integers({rows}, 0, columns, seed_ + 5));
  }

  std::mt19937_64 random_;
  std::uint64_t seed_;
};

}  // namespace

RandomNetwork random_network(std::uint64_t seed) { return Generator(seed).run(); }

}  // namespace gradcheck::defects
