#include "subjects.hpp"

#include <fmt/format.h>

namespace gradcheck::bench {

namespace {

Perceptron lecture_network(std::size_t inputs) {
  return {{inputs, 50, 10}, 100, Activation::sigmoid};
}

/// So many tanh layers of 64.
Perceptron deep_network(std::size_t depth) {
  Perceptron deep{{64}, 16, Activation::tanh, true};
  deep.widths.resize(depth + 1, 64);
  return deep;
}

/// A family with a member for each number, whose size is the number of parameters or, where these
/// do not grow, that number.
template <class Make>
Family family(const std::string& name, const std::vector<std::size_t>& numbers, Make make) {
  Family all{name, {}, {}};
  for (const std::size_t number : numbers) {
    const Perceptron network = make(number);
    const std::string file = fmt::format("{}_{}", name, number);
    all.members.push_back({fmt::format("{} {}", name, number), network, file});
    all.sizes.push_back(static_cast<double>(name == "batch" ? number : network.parameters()));
  }
  return all;
}

}  // namespace

const std::vector<Subject>& subjects() {
  static const std::vector<Subject> all{
      {"784-50-10 sigmoid, batch 100", lecture_network(784), "lecture"},
      {"256-256-256-256-10 ReLU, batch 32",
       {{256, 256, 256, 256, 10}, 32, Activation::relu},
       "four_layers"},
      {"20 tanh layers of width 64, batch 16", deep_network(20), "deep"},
      {"2048-512-10 ReLU, batch 64", {{2048, 512, 10}, 64, Activation::relu}, "million"}};
  return all;
}

const std::vector<Family>& families() {
  static const std::vector<Family> all{
      family("width", {50, 200, 800, 3200},
             [](std::size_t width) {
               return Perceptron{{784, width, 10}, 100, Activation::sigmoid};
             }),
      family("depth", {5, 20, 80}, deep_network),
      family("batch", {10, 100, 1000},
             [](std::size_t batch) {
               return Perceptron{{256, 128, 10}, batch, Activation::relu};
             }),
      family("classes", {10, 100, 1000}, [](std::size_t classes) {
        return Perceptron{{256, 128, classes}, 32, Activation::relu};
      })};
  return all;
}

}  // namespace gradcheck::bench
