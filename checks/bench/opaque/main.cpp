#include <array>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "dense_layers.hpp"
#include "mixing_layers.hpp"
#include "sequence_layers.hpp"

/// What a check of a layer takes that is known by its values alone, beside the loop that everybody
/// writes first: two forwards for each entry, timed on a sample of the entries and scaled up. Both
/// in one run, on one thread.
namespace gradcheck::bench {

namespace {

/// What wrong gradients are too large by, every entry of them.
constexpr double wrong_by = 1e-3;
/// The loop is timed for as long; a check is repeated until it took as long, the best one counts.
constexpr double loop_seconds = 0.2, check_seconds = 0.2;

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// Forward calls of the numeric side.
struct Calls {
  double all = 0;
  double pilots = 0;  ///< of them, for pilot entries
  double but_pilots() const { return all - pilots; }
};

struct Figures {
  double entries = 0;
  Calls right, wrong;
  double check = 0, wrong_check = 0, loop = 0;  ///< CPU seconds
};

struct Subject {
  std::string name;
  std::string asked;  ///< of calls an entry, and against the loop
  std::function<Figures()> measure;
};

void require(bool holds, const char* what, const Report& report) {
  if (!holds) {
    fmt::print(stderr, "{}:\n{}\n", what, to_text(report, {}));
    std::exit(EXIT_FAILURE);
  }
}

double pilots_of(const Report& report) {
  double sum = 0;
  for (const TensorReport& tensor : report.cases[0].tensors) {
    sum += static_cast<double>(tensor.effort.pilot_probes);
  }
  return sum;
}

template <class Layer, std::size_t N>
Report checked(Layer& layer, const std::array<Tensor, N>& x, bool hygiene) {
  LayerOptions options;
  for (const Tensor& each : x) {
    options.inputs.emplace_back(each);
  }
  options.hygiene = hygiene;
  const bool right = layer.factor == 1;
  const Report report = check_layer(layer, options);
  require(report.cases[0].verdict == (right ? Verdict::agree : Verdict::disagree),
          "not the right verdict", report);
  return report;
}

/// Without contract checks, the forward before each backward, and the one at the point.
template <class Layer, std::size_t N>
Calls calls_of(Layer layer, const std::array<Tensor, N>& x) {
  const Report report = checked(layer, x, false);
  return {static_cast<double>(layer.forwards - layer.backwards), pilots_of(report)};
}

template <class Layer, std::size_t N>
double seconds_of(Layer layer, const std::array<Tensor, N>& x) {
  double least = std::numeric_limits<double>::infinity();
  double total = 0;
  while (total < check_seconds) {
    const double before = cpu_seconds();
    checked(layer, x, true);
    least = std::min(least, cpu_seconds() - before);
    total += cpu_seconds() - before;
  }
  return least;
}

/// The tensors that are differentiated: the inputs and then the parameters.
template <class Layer, std::size_t N>
std::vector<Tensor*> tensors_of(Layer& layer, std::array<Tensor, N>& x) {
  std::vector<Tensor*> tensors;
  for (Tensor& each : x) {
    tensors.push_back(&each);
  }
  if constexpr (requires { layer.parameters(); }) {
    std::apply([&](const auto&... each) { (tensors.push_back(&std::get<1>(each)), ...); },
               layer.parameters());
  }
  return tensors;
}

/// Σ U (y(x + h) − y(x − h)) / 2h.
template <class Layer, std::size_t N>
double quotient(Layer& layer, std::array<Tensor, N>& x, double& entry, const Tensor& upstream) {
  constexpr double h = 1e-5;
  const double before = entry;
  const auto forward = [&] {
    return std::apply([&](const auto&... each) { return layer.forward(each...); }, x);
  };
  entry = before + h;
  const Tensor above = forward();
  entry = before - h;
  const Tensor below = forward();
  entry = before;
  double sum = 0;
  for (std::size_t j = 0; j < above.size(); ++j) {
    sum += upstream.data()[j] * (above.data()[j] - below.data()[j]);
  }
  return sum / (2 * h);
}

template <class Layer, std::size_t N>
double loop_seconds_of(Layer layer, std::array<Tensor, N> x, double entries) {
  const std::vector<Tensor*> tensors = tensors_of(layer, x);
  const Tensor y = std::apply([&](const auto&... each) { return layer.forward(each...); }, x);
  const Tensor upstream = random_normal(shape_of(y), 0, 1, 99);
  volatile double kept = 0;
  double done = 0;
  const double before = cpu_seconds();
  while (cpu_seconds() - before < loop_seconds) {
    for (Tensor* each : tensors) {
      kept = quotient(layer, x, *each->data(), upstream);
      ++done;
    }
  }
  static_cast<void>(kept);
  return (cpu_seconds() - before) * entries / done;
}

template <class Layer, std::size_t N>
Figures measure(const Layer& right, std::array<Tensor, N> x) {
  Layer layer = right, wrong = right;
  wrong.factor = 1 + wrong_by;
  Figures figures;
  for (const Tensor* each : tensors_of(layer, x)) {
    figures.entries += static_cast<double>(each->size());
  }
  figures.right = calls_of(right, x);
  figures.wrong = calls_of(wrong, x);
  figures.check = seconds_of(right, x);
  figures.wrong_check = seconds_of(wrong, x);
  figures.loop = loop_seconds_of(right, x, figures.entries);
  return figures;
}

template <class Layer, class... X>
Subject subject(std::string name, std::string asked, Layer layer, X... x) {
  return {std::move(name), std::move(asked),
          [=] { return measure(layer, std::array<Tensor, sizeof...(X)>{x...}); }};
}

/// Ten affine layers of 141 with a GELU behind each, all of them the user's own, at batch 16.
struct Deep {
  static constexpr std::size_t depth = 10, width = 141, batch = 16;
  std::vector<Linear> linear;
  std::vector<Gelu> gelu;
  Network network;

  explicit Deep(double factor) : gelu(depth) {
    for (std::size_t k = 0; k < depth; ++k) {
      linear.emplace_back(width, width, 20 + 2 * k);
      linear[k].factor = k == 0 ? factor : 1;
    }
    ValueId h = network.give("x", Role::constant, random_normal({batch, width}, 0, 1, 9));
    for (std::size_t k = 0; k < depth; ++k) {
      h = network.add("z" + std::to_string(k + 1), linear[k], {h});
      h = network.add("a" + std::to_string(k + 1), gelu[k], {h});
    }
    const ValueId target = network.give("t", Role::constant, zeros<double>({batch, width}));
    network.apply("L", make_layer(*standard_layers().find("half_squared_error"), {}), {h, target});
  }

  double calls() const {
    double sum = 0;
    for (std::size_t k = 0; k < depth; ++k) {
      sum += static_cast<double>(linear[k].forwards + gelu[k].forwards - linear[k].backwards -
                                 gelu[k].backwards);
    }
    return sum;
  }
};

/// Of one network: its calls and CPU seconds. In the wrong one, the gradients of the first layer
/// are.
std::pair<Calls, double> deep_check(double factor) {
  Deep deep(factor);
  const double before = cpu_seconds();
  const Report report = check(deep.network, {});
  const double seconds = cpu_seconds() - before;
  require(report.cases[0].verdict == (factor == 1 ? Verdict::agree : Verdict::disagree),
          "not the right verdict", report);
  return {{deep.calls(), pilots_of(report)}, seconds};
}

Figures measure_deep() {
  Figures figures;
  std::tie(figures.right, figures.check) = deep_check(1);
  std::tie(figures.wrong, figures.wrong_check) = deep_check(1 + wrong_by);
  figures.entries = static_cast<double>(Deep::depth * (Deep::width + 1) * Deep::width);
  Deep deep(1);
  Tensor h = random_normal({Deep::batch, Deep::width}, 0, 1, 9);
  const double before = cpu_seconds();
  double passes = 0;
  for (; cpu_seconds() - before < loop_seconds; ++passes) {
    Tensor y = h;
    for (std::size_t k = 0; k < Deep::depth; ++k) {
      y = deep.gelu[k].forward(deep.linear[k].forward(y));
    }
  }
  figures.loop = 2 * figures.entries * (cpu_seconds() - before) / passes;
  return figures;
}

Tensor normal(const Shape& shape, std::uint64_t seed) { return random_normal(shape, 0, 1, seed); }

std::vector<Subject> subjects() {
  return {
      subject("linear 64x64, batch 8", "0.2, 8x", Linear(64, 64), normal({8, 64}, 1)),
      subject("linear 512x512, batch 8", "0.03, 50x", Linear(512, 512), normal({8, 512}, 1)),
      subject("conv 3->16, 3x3, 16x16, batch 4", "1.5, 1.3x", Convolution(3, 16, 3),
              normal({4, 3, 16, 16}, 1)),
      subject("attention T 32, C 64, 4 heads", "1.5, 1.3x", Attention{}, normal({32, 64}, 1),
              normal({32, 64}, 2), normal({32, 64}, 3)),
      subject("layer norm 8x64", "2, 1x", Normalisation(8, 64), normal({8, 64}, 1)),
      subject("LSTM cell 16->32, batch 8", "2, 1x", LstmCell(16, 32), normal({8, 16}, 1),
              normal({8, 32}, 2), normal({8, 32}, 3)),
      subject("GELU of 1,000", "150 in all", Gelu{}, normal({10, 100}, 1)),
      subject("GELU of 100,000", "150 in all", Gelu{}, normal({100, 1000}, 1)),
      subject("batch norm, one feature of 512", "5, 0.35x", Normalisation(1, 1),
              normal({512, 1}, 1)),
      subject("softmax over 512", "5, 0.35x", Softmax{}, normal({512}, 1)),
      {"10 linear layers of 141, GELUs", "20 s of CPU", measure_deep},
  };
}

void print_heading() {
  fmt::print("{:<33}{:>9}{:>10}{:>11}{:>8}{:>10}{:>10}{:>10}{:>9}  {}\n", "layer, in double",
             "entries", "calls", "an entry", "wrong", "check", "wrong", "loop", "ratio", "asked");
}

void print_row(const Subject& subject) {
  const Figures f = subject.measure();
  fmt::print(
      "{:<33}{:>9.0f}{:>10.0f}{:>11.3f}{:>8.0f}{:>8.3f} s{:>8.3f} s{:>8.3f} s{:>8.2f}x  {}\n",
      subject.name, f.entries, f.right.but_pilots(), f.right.but_pilots() / f.entries,
      f.wrong.but_pilots(), f.check, f.wrong_check, f.loop, f.loop / f.check, subject.asked);
  std::fflush(stdout);
}

}  // namespace

/// Those rows whose names contain the word, if there is one.
void run(const std::string& word) {
  print_heading();
  for (const Subject& subject : subjects()) {
    if (subject.name.find(word) != std::string::npos) {
      print_row(subject);
    }
  }
}

}  // namespace gradcheck::bench

int main(int count, char** words) { gradcheck::bench::run(count > 1 ? words[1] : ""); }
