#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <numeric>

#include <gradcheck/numeric/sweep/dependence.hpp>
#include <gradcheck/tensor/random.hpp>

namespace gradcheck {

namespace {

/// Fewer entries than this are moved one by one: finding what they reach would cost as much.
constexpr std::size_t least_entries = 16;
/// How often the point is evaluated again to see whether the layer gives the same.
constexpr int repeats = 4;
/// Largest difference seen among the repeats, in the output itself or relative to the size of the
/// outputs in any, times this, bounds those of further ones.
constexpr double noise_factor = 8;
/// Entries are moved by their scale up and down, and by so much of it in any direction: what is
/// flat far away may not be flat here, and the other way round.
constexpr double near = 0x1p-12;
/// No index, and no entry.
constexpr auto none = std::uint32_t(-1);
constexpr auto nowhere = std::size_t(-1);
/// So many indices along an axis are moved by themselves to see whether the others are worth it.
constexpr std::size_t sampled = 3;

/// The bits of `from` that are set in `mask`, next to one another.
std::uint32_t extract(std::uint32_t from, std::uint32_t mask) {
  std::uint32_t out = 0;
  for (std::uint32_t place = 1; mask != 0; mask &= mask - 1, place <<= 1) {
    out |= (from & mask & (~mask + 1)) != 0 ? place : 0;
  }
  return out;
}

/// The opposite: puts the lowest bits of `from` where `mask` has bits.
std::uint32_t deposit(std::uint32_t from, std::uint32_t mask) {
  std::uint32_t out = 0;
  for (; mask != 0; mask &= mask - 1, from >>= 1) {
    out |= (from & 1) != 0 ? mask & (~mask + 1) : 0;
  }
  return out;
}

bool clash(const std::vector<bool>& a, const std::vector<bool>& b) {
  for (std::size_t j = 0; j < a.size(); ++j) {
    if (a[j] && b[j]) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::uint32_t Dependence::Axis::rest(std::size_t entry) const {
  const auto all = static_cast<std::uint32_t>((std::size_t{1} << bits) - 1);
  return extract(static_cast<std::uint32_t>(index(entry)), all & ~separate);
}

std::size_t Dependence::Axis::color(std::size_t entry) const {
  return color_of_rest.empty() ? rest(entry) : color_of_rest[rest(entry)];
}

/// Adds to the place of an entry, by output, the index of that color that the output was seen to
/// depend on; `nowhere` where it depends on none.
void Dependence::Axis::add_places(std::size_t color, std::vector<std::size_t>& places) const {
  const auto all = static_cast<std::uint32_t>((std::size_t{1} << bits) - 1);
  std::vector<std::size_t> deposited(color_of_rest.empty() ? 0 : std::size_t{1} << bits, nowhere);
  const auto index_of = [&](std::uint32_t rest) {
    return static_cast<std::size_t>(deposit(rest, all & ~separate));
  };
  const std::size_t alike = color_of_rest.empty() ? index_of(static_cast<std::uint32_t>(color)) : 0;
  for (std::size_t j = 0; j < places.size(); ++j) {
    std::size_t index = alike;
    if (!color_of_rest.empty()) {
      const std::uint32_t rest = rest_seen[color][j];
      if (rest != none && deposited[rest] == nowhere) {
        deposited[rest] = index_of(rest);
      }
      index = rest == none ? extent : deposited[rest];
    }
    index |= one[j] & separate;
    const bool seen = ((zero[j] | one[j]) & separate) == separate && index < extent;
    places[j] = seen && places[j] != nowhere ? places[j] + index * stride : nowhere;
  }
}

Dependence::Dependence(OpaqueFunction& f, std::size_t slot, const Tensor& scales,
                       const std::vector<double>& tolerances, bool affine, std::uint64_t seed)
    : f_(f), slot_(slot), scales_(scales), tolerances_(tolerances), affine_(affine), random_(seed) {
  const Shape shape = shape_of(f.x(slot));
  std::size_t stride = 1;
  for (std::size_t k = shape.size(); k-- > 0; stride *= shape[k]) {
    const std::size_t bits = shape[k] > 1 ? std::bit_width(shape[k] - 1) : 0;
    const std::vector<std::uint32_t> unseen(f.y().size(), 0);
    axes_.push_back({shape[k], stride, bits, unseen, unseen, 0, {}, {}, std::size_t{1} << bits});
  }
  if (scales.size() >= least_entries) {
    explore();
  }
  make_groups();
}

/// Three rounds: all entries a good way up, down, and a little either way; the first of them alone
/// where it tells all. Within a round an entry always moves alike, so that an output which sees one
/// entry sees it in every probe or in none.
void Dependence::explore() {
  for (int round = 0; round < (affine_ ? 1 : 3); ++round) {
    std::vector<double> by(scales_.size());
    for (std::size_t i = 0; i < by.size(); ++i) {
      const double part = signed_part(random_) * scales_.data()[i];
      by[i] = round == 0 ? std::abs(part) : round == 1 ? -std::abs(part) : near * part;
    }
    const std::vector<double> all = moved(every_entry(), by);
    for (Axis& axis : axes_) {
      see_bits(axis, by, all);
    }
  }
  for (Axis& axis : axes_) {
    separate_bits(axis);
  }
  for (Axis& axis : axes_) {
    color_rests(axis);
  }
}

/// `all`: the outputs with every entry moved. What they have in common with those where half of the
/// entries are does not see the other half.
void Dependence::see_bits(Axis& axis, const std::vector<double>& by,
                          const std::vector<double>& all) {
  for (std::size_t bit = 0; bit < axis.bits; ++bit) {
    const std::uint32_t mask = std::uint32_t{1} << bit;
    const std::vector<double> y = moved(axis.entries(by.size(), mask, true), by);
    const std::vector<bool> one = apart(y, f_.y());
    const std::vector<bool> zero =
        all.empty() ? changed(axis.entries(by.size(), mask, false), by) : apart(y, all);
    for (std::size_t j = 0; j < one.size(); ++j) {
      axis.one[j] |= one[j] ? mask : 0;
      axis.zero[j] |= zero[j] ? mask : 0;
    }
  }
}

/// The entries whose index along the axis has that bit, or has it not.
std::vector<std::uint32_t> Dependence::Axis::entries(std::size_t count, std::uint32_t mask,
                                                     bool set) const {
  std::vector<std::uint32_t> entries;
  for (std::size_t i = 0; i < count;) {
    for (std::size_t index = 0; index < extent; ++index, i += stride) {
      for (std::size_t k = i; ((index & mask) != 0) == set && k < i + stride; ++k) {
        entries.push_back(static_cast<std::uint32_t>(k));
      }
    }
  }
  return entries;
}

std::vector<std::uint32_t> Dependence::every_entry() const {
  std::vector<std::uint32_t> entries(scales_.size());
  std::iota(entries.begin(), entries.end(), std::uint32_t{0});
  return entries;
}

std::vector<double> Dependence::moved(const std::vector<std::uint32_t>& entries,
                                      const std::vector<double>& by) {
  std::vector<Move> moves;
  for (const std::uint32_t i : entries) {
    moves.push_back({slot_, i, by[i]});
  }
  return f_.moved(moves);
}

/// Which outputs differ; all of them where the layer refused: nothing can be told then.
std::vector<bool> Dependence::apart(const std::vector<double>& y,
                                    const std::vector<double>& other) const {
  std::vector<bool> result(f_.y().size(), true);
  for (std::size_t j = 0; j < y.size(); ++j) {
    result[j] = differ(y[j], other[j], tolerances_[j]);
  }
  return result;
}

/// Which outputs change.
std::vector<bool> Dependence::changed(const std::vector<std::uint32_t>& entries,
                                      const std::vector<double>& by) {
  return apart(moved(entries, by), f_.y());
}

void Dependence::separate_bits(Axis& axis) const {
  const auto all = static_cast<std::uint32_t>((std::size_t{1} << axis.bits) - 1);
  std::uint32_t mixed = 0;
  for (std::size_t j = 0; j < axis.one.size(); ++j) {
    mixed |= axis.zero[j] & axis.one[j];
  }
  axis.separate = all & ~mixed;
  axis.colors = std::size_t{1} << std::popcount(mixed);
}

/// Which outputs are reached by the indices that have a rest in common, moved up and down.
std::vector<bool> Dependence::see_rest(const Axis& axis, std::size_t rest) {
  std::vector<std::uint32_t> entries;
  std::vector<double> by(scales_.size());
  for (std::uint32_t i = 0; i < by.size(); ++i) {
    by[i] = std::abs(signed_part(random_)) * scales_.data()[i];
    if (axis.rest(i) == rest) {
      entries.push_back(i);
    }
  }
  std::vector<bool> seen = changed(entries, by);
  for (double& each : by) {
    each = -each;
  }
  const std::vector<bool> down = changed(entries, by);
  for (std::size_t j = 0; j < seen.size(); ++j) {
    seen[j] = seen[j] || down[j];
  }
  return seen;
}

/// Whether a few rests, spread out, reach different outputs.
bool Dependence::sparse(const Axis& axis) {
  const std::size_t rests = std::min(axis.colors, axis.extent);
  if (rests <= sampled) {
    return false;
  }
  std::vector<bool> taken(f_.y().size(), false);
  for (std::size_t k = 0; k < sampled; ++k) {
    const std::vector<bool> seen = see_rest(axis, k * (rests - 1) / (sampled - 1));
    if (clash(seen, taken)) {
      return false;
    }
    for (std::size_t j = 0; j < seen.size(); ++j) {
      taken[j] = taken[j] || seen[j];
    }
  }
  return true;
}

/// Gives one color to those rests that no output sees together (windows of a convolution, heads,
/// diagonals).
void Dependence::color_rests(Axis& axis) {
  if (!sparse(axis)) {
    return;
  }
  for (std::uint32_t rest = 0; rest < axis.colors; ++rest) {
    const std::vector<bool> seen = see_rest(axis, rest);
    const auto found = std::ranges::find_if(axis.rest_seen, [&](const auto& taken) {
      for (std::size_t j = 0; j < taken.size(); ++j) {
        if (seen[j] && taken[j] != none) {
          return false;
        }
      }
      return true;
    });
    const auto color = static_cast<std::size_t>(found - axis.rest_seen.begin());
    if (color == axis.rest_seen.size()) {
      axis.rest_seen.emplace_back(seen.size(), none);
    }
    for (std::size_t j = 0; j < seen.size(); ++j) {
      axis.rest_seen[color][j] = seen[j] ? rest : axis.rest_seen[color][j];
    }
    axis.color_of_rest.push_back(static_cast<std::uint32_t>(color));
  }
  axis.colors = axis.rest_seen.size();
}

void Dependence::make_groups() {
  std::map<std::size_t, std::size_t> numbers;
  for (std::uint32_t i = 0; i < scales_.size(); ++i) {
    std::size_t key = 0;
    for (const Axis& axis : axes_) {
      key = key * axis.colors + axis.color(i);
    }
    const auto [found, fresh] = numbers.try_emplace(key, members_.size());
    if (fresh) {
      members_.emplace_back();
    }
    position_.push_back(static_cast<std::uint32_t>(members_[found->second].size()));
    members_[found->second].push_back(i);
  }
}

std::vector<std::optional<std::uint32_t>> Dependence::owners(std::size_t group) const {
  std::vector<std::size_t> places(f_.y().size(), 0);
  for (const Axis& axis : axes_) {
    axis.add_places(axis.color(members_[group][0]), places);
  }
  std::vector<std::optional<std::uint32_t>> owners(places.size());
  for (std::size_t j = 0; j < owners.size(); ++j) {
    if (places[j] != nowhere) {
      owners[j] = position_[places[j]];
    }
  }
  return owners;
}

std::vector<double> tolerances_of(OpaqueFunction& f) {
  std::vector<double> tolerances(f.y().size(), 0);
  double largest = 0, size = 0;
  for (int k = 0; k < repeats; ++k) {
    const std::vector<double>& again = f.moved({});
    for (std::size_t j = 0; j < again.size(); ++j) {
      const double apart = std::abs(again[j] - f.y()[j]);
      if (std::isfinite(apart)) {
        tolerances[j] = std::max(tolerances[j], noise_factor * apart);
        largest = std::max(largest, apart);
        size = std::max(size, std::abs(f.y()[j]));
      }
    }
  }
  for (std::size_t j = 0; j < tolerances.size() && largest > 0 && size > 0; ++j) {
    const double part = noise_factor * largest / size * std::abs(f.y()[j]);
    tolerances[j] = std::isfinite(part) ? std::max(tolerances[j], part) : tolerances[j];
  }
  return tolerances;
}

}  // namespace gradcheck
