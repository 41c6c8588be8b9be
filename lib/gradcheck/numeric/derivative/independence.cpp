#include <algorithm>
#include <cmath>

#include <gradcheck/numeric/derivative/independence.hpp>
#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/numeric/point/sizes.hpp>

namespace gradcheck {

namespace {

/// Displacements, in sizes of the inputs, that show whether an output depends on them at all; and
/// beyond these, where a large output absorbs what is small beside it.
constexpr long double far_away = 1.5L;
constexpr long double beyond = 0x1p40L;
constexpr std::size_t patterns = 3;

/// The same entries of t, all as large as the largest, with other signs for each pattern: what
/// moves a group of outputs together in one of them does not in another.
std::vector<LongTensor> evened(const Line& line, std::size_t pattern) {
  const long double size = line.speed();
  std::vector<LongTensor> all(line.t.size());
  std::size_t count = 0;
  for (std::size_t slot = 0; slot < all.size(); ++slot) {
    if (line.t[slot] == nullptr) {
      continue;
    }
    all[slot] = *line.t[slot];
    for (long double& t : entries(all[slot])) {
      count += t == 0 ? 0 : 1;
      const bool up = ((count >> pattern) & 1U) != 0;
      t = t == 0 ? 0 : up ? size : -size;
    }
  }
  return all;
}

/// The outputs at displacements that move whatever depends on the inputs, as far as the layer
/// accepts them.
std::vector<Tensors<long double>> far_from(const Line& line, long double size,
                                           long double out_of_sight) {
  std::vector<Tensors<long double>> there;
  for (std::size_t pattern = 0; pattern < patterns; ++pattern) {
    const std::vector<LongTensor> directions = evened(line, pattern);
    Line all{line.layer, line.active, line.x, line.t};
    for (std::size_t slot = 0; slot < all.t.size(); ++slot) {
      all.t[slot] = all.t[slot] == nullptr ? nullptr : &directions[slot];
    }
    for (const long double away : {pattern == 0 ? far_away * size : out_of_sight,
                                   pattern == 0 ? -far_away * size : -out_of_sight}) {
      if (std::optional<Tensors<long double>> y = all.at(away)) {
        there.push_back(std::move(*y));
      }
    }
  }
  return there;
}

/// Whether an output may add up what it reads, so that something small may be absorbed by the rest.
bool adds_up(const Line& line) {
  std::vector<Shape> shapes;
  for (const LongTensor* x : line.x) {
    shapes.push_back(shape_of(*x));
  }
  const Structure::Kind kind = line.layer.structure(shapes).kind;
  return line.active.parts.empty() && kind != Structure::Kind::elementwise &&
         kind != Structure::Kind::selection;
}

}  // namespace

Reach reach(const Line& line, long double size, int& evaluations) {
  const Tensors<long double> here =
      forward_on(line.layer, line.active, Inputs<long double>(line.x));
  long double largest_output = 0;
  for (const LongTensor& y : here) {
    largest_output = std::max(largest_output, largest(y));
  }
  const long double out_of_sight = beyond * std::max(size, largest_output / line.speed());
  const std::vector<Tensors<long double>> there = far_from(line, size, out_of_sight);
  evaluations += static_cast<int>(there.size());
  const bool sums = adds_up(line);
  Reach found;
  for (std::size_t output = 0; output < here.size(); ++output) {
    const LongTensor& y = here[output];
    std::vector<bool>& seen = found.seen.emplace_back(y.size(), there.size() < 2 * patterns);
    std::vector<long double>& absorbed = found.absorbed.emplace_back(y.size(), 0);
    for (std::size_t i = 0; i < seen.size(); ++i) {
      seen[i] = seen[i] || std::ranges::any_of(there, [&](const Tensors<long double>& other) {
                  return !(other[output].data()[i] == y.data()[i]);
                });
      absorbed[i] =
          sums ? machine_epsilon<long double>() * std::abs(y.data()[i]) / out_of_sight : 0;
    }
  }
  return found;
}

}  // namespace gradcheck
