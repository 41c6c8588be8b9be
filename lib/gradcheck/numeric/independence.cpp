#include <algorithm>

#include <gradcheck/numeric/independence.hpp>
#include <gradcheck/numeric/sizes.hpp>

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
                                           long double largest_output) {
  const long double out_of_sight = beyond * std::max(size, largest_output / line.speed());
  std::vector<Tensors<long double>> there;
  for (std::size_t pattern = 0; pattern < patterns; ++pattern) {
    const std::vector<LongTensor> directions = evened(line, pattern);
    Line all{line.layer, line.held, line.x, line.t};
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

}  // namespace

std::vector<std::vector<bool>> depending(const Line& line, long double size, int& evaluations) {
  const Tensors<long double> here =
      forward_held(line.layer, line.held, Inputs<long double>(line.x));
  long double largest_output = 0;
  for (const LongTensor& y : here) {
    largest_output = std::max(largest_output, largest(y));
  }
  const std::vector<Tensors<long double>> there = far_from(line, size, largest_output);
  evaluations += static_cast<int>(there.size());
  std::vector<std::vector<bool>> depends;
  for (std::size_t output = 0; output < here.size(); ++output) {
    std::vector<bool>& row = depends.emplace_back(here[output].size(), there.size() < 2 * patterns);
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = row[i] || std::ranges::any_of(there, [&](const Tensors<long double>& y) {
                 return !(y[output].data()[i] == here[output].data()[i]);
               });
    }
  }
  return depends;
}

}  // namespace gradcheck
