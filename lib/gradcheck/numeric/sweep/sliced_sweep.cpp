#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/numeric/point/parallel.hpp>
#include <gradcheck/numeric/point/sizes.hpp>
#include <gradcheck/numeric/sweep/facts.hpp>
#include <gradcheck/numeric/sweep/sliced_sweep.hpp>

namespace gradcheck {

namespace {

/// The ways in which a value may be read as rows, in the order in which they are tried.
constexpr std::array<RowAxis, 3> axes{RowAxis::first, RowAxis::last, RowAxis::none};
/// The smallest steps, as fractions of an entry's scale, that are tried on a few entries.
constexpr std::array<double, 8> fractions{0x1p-14, 0x1p-12, 0x1p-10, 0x1p-8,
                                          0x1p-6,  0x1p-4,  0x1p-2,  1};
constexpr std::size_t tried_entries = 5;
/// For the first pass, for what it leaves open, and for what that leaves open, in long double.
const Stencil first_stencil = lopsided_stencil();
const Stencil refined_stencil = central_stencil(3);
const Stencil long_stencil = central_stencil(2);
constexpr double long_fraction = 0x1p-15;
/// Entries of the widest value of one block: what fits into a core's own cache.
constexpr std::size_t block_entries = std::size_t{1} << 15;
/// A few entries make at least so many blocks, or one each, to be spread over threads.
constexpr std::size_t least_blocks = 16;

}  // namespace

SlicedSweep::SlicedSweep(const Graph& graph, const Point& point, std::uint64_t seed,
                         std::size_t jobs)
    : graph_(graph), point_(point), random_(seed), seed_(seed), jobs_(jobs) {}

/// The first way of seeing a use by rows that the network behind it allows.
bool SlicedSweep::add_use(const std::vector<EntryLanes>& candidates, SlopeChain<double>& chain) {
  for (std::size_t k = 0; k < candidates.size(); ++k) {
    RowNetwork<double> network(graph_, point_.values, point_.held);
    if (network.aim(candidates[k].seen(), target_, axes[k]) && candidates[k].one_feature_a_row()) {
      uses_.push_back({candidates[k], std::move(network), {}, {}, {}});
      return find_weights(uses_.back(), chain) && as_declared(uses_.back());
    }
  }
  return false;
}

bool SlicedSweep::prepare(ValueId from, ValueId target) {
  from_ = from;
  target_ = target;
  refinements_ = 0;
  uses_.clear();
  SlopeChain<double> chain(graph_, point_, point_.values, seed_);
  chain.aim({{target, full<double>(shape_of(point_.values[target]), 1)}});
  const bool found = find_uses(chain);
  probes_ += chain.probes();
  return found;
}

/// The value itself seen by rows, or else each of its uses.
bool SlicedSweep::find_uses(SlopeChain<double>& chain) {
  std::vector<EntryLanes> itself;
  for (const RowAxis axis : axes) {
    itself.emplace_back(graph_, from_, axis);
  }
  if (add_use(itself, chain)) {
    return true;
  }
  uses_.clear();
  const std::vector<bool> needed = upstream_values(graph_, target_);
  for (const Graph::Node& node : graph_.nodes) {
    const bool leads = std::ranges::any_of(node.outputs, [&](ValueId id) { return needed[id]; });
    for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
      if (!leads || node.inputs[slot] != from_ || !node.layer->differentiable(slot)) {
        continue;
      }
      const Structure structure = structure_of(graph_, node);
      const bool linear =
          structure.kind == Structure::Kind::product ||
          (structure.kind == Structure::Kind::elementwise && !structure.slopes.empty());
      std::vector<EntryLanes> candidates;
      for (const RowAxis axis : axes) {
        if (linear) {
          candidates.emplace_back(graph_, point_.values, node, slot, axis);
        }
      }
      if (!add_use(candidates, chain)) {
        return false;
      }
    }
  }
  return !uses_.empty();
}

/// How the sums of a use count in the target.
bool SlicedSweep::find_weights(SlicedUse<double>& use, SlopeChain<double>& chain) {
  for (const ValueId sum : use.network.sums()) {
    const std::optional<Slopes<double>>& slope = chain.slopes(sum);
    if (!slope) {
      return false;
    }
    const Estimate estimate = slope->estimate(0);
    use.weights.push_back(static_cast<double>(estimate.value));
    use.weight_errors.push_back(static_cast<double>(estimate.bound()));
  }
  return true;
}

/// Whether the layers from which a use's rows follow are as they say.
bool SlicedSweep::as_declared(const SlicedUse<double>& use) {
  std::set<ValueId> varied{from_, use.lanes.seen()};
  FactCheck check(graph_, point_, random_());
  for (std::size_t k = 0; k < graph_.nodes.size(); ++k) {
    const Graph::Node& node = graph_.nodes[k];
    const bool on_path = std::ranges::count(use.network.path(), k) != 0 ||
                         (node.outputs[0] == use.lanes.seen() && use.lanes.seen() != from_);
    for (const ValueId input : std::set<ValueId>(node.inputs.begin(), node.inputs.end())) {
      if (on_path && varied.contains(input) && broken_promise_.empty()) {
        broken_promise_ = check.use_is_as_declared(k, input);
        varied.insert(node.outputs[0]);
      }
    }
  }
  return broken_promise_.empty();
}

/// The best of some steps for the worst of a few entries.
double SlicedSweep::best_fraction(const std::vector<std::size_t>& entries, const Stencil& stencil) {
  std::vector<std::size_t> tried;
  for (std::size_t k = 0; k < tried_entries; ++k) {
    tried.push_back(entries[(2 * k + 1) * entries.size() / (2 * tried_entries)]);
  }
  double best = fractions[0];
  long double least = std::numeric_limits<long double>::infinity();
  for (const double fraction : fractions) {
    long double worst = 0;
    for (const Estimate& estimate : differentiate(uses_, tried, stencil, fraction)) {
      const long double bound = estimate.bound();
      worst = std::max(worst, std::isfinite(bound) ? bound : least);
    }
    best = worst < least ? fraction : best;
    least = std::min(least, worst);
  }
  return best;
}

/// Differences with the steps that suit a few of the entries best.
std::vector<Estimate> SlicedSweep::differentiate_well(const std::vector<std::size_t>& entries,
                                                      const Stencil& stencil) {
  return differentiate(uses_, entries, stencil, best_fraction(entries, stencil));
}

std::optional<Swept> SlicedSweep::run(ValueId from, ValueId target, std::size_t /*output*/) {
  broken_promise_.clear();
  const Tensor& value = point_.values[from];
  if (point_.values[target].size() != 1 || from == target || value.size() == 0 ||
      !prepare(from, target)) {
    return std::nullopt;
  }
  scales_.assign(value.size(), mean_size(value));
  for (std::size_t i = 0; i < scales_.size(); ++i) {
    scales_[i] = std::max(scales_[i], std::abs(value.data()[i]));
  }
  for (SlicedUse<double>& use : uses_) {
    probes_ += measuring_probes;
    if (!measure(use, seed_)) {
      return std::nullopt;
    }
  }
  std::vector<std::size_t> all(value.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const std::vector<Estimate> found = differentiate_well(all, first_stencil);
  Swept swept{no_slopes<double>(shape_of(value))};
  for (const std::size_t i : all) {
    const Estimate& estimate = found[i];
    swept.slopes.value.data()[i] = static_cast<double>(estimate.value);
    swept.slopes.coarser.data()[i] = static_cast<double>(estimate.value + estimate.truncation);
    const double half = static_cast<double>(estimate.rounding) / 2;
    swept.slopes.variance.data()[i] = half * half;
  }
  FactCheck check(graph_, point_, random_());
  broken_promise_ = check.sample_agrees(from, target, 0, swept.slopes);
  probes_ += check.probes();
  return broken_promise_.empty() ? std::optional(std::move(swept)) : std::nullopt;
}

/// The uses once more, at the same numbers, but with less rounding.
SlicedSweep::Uses<long double> SlicedSweep::in_long_double() {
  if (precise_values_.empty()) {
    precise_values_ = widened(point_.values);
  }
  Uses<long double> uses;
  for (const SlicedUse<double>& use : uses_) {
    RowNetwork<long double> network(graph_, precise_values_, point_.held);
    network.aim(use.lanes.seen(), target_, use.network.layout().axis);
    uses.push_back(gradcheck::in_long_double(use, std::move(network)));
  }
  return uses;
}

bool SlicedSweep::refine(ValueId /*from*/, const std::vector<std::size_t>& entries, Swept& swept) {
  ++refinements_;
  if (refinements_ > 2 || (refinements_ == 2 && !long_double_helps())) {
    return false;
  }
  const std::vector<Estimate> found =
      refinements_ == 1 ? differentiate_well(entries, refined_stencil)
                        : differentiate(in_long_double(), entries, long_stencil, long_fraction);
  for (std::size_t k = 0; k < entries.size(); ++k) {
    swept.refined[entries[k]] = found[k];
  }
  swept.at_its_best = refinements_ == 2;
  return true;
}

template <class Real>
std::vector<Estimate> SlicedSweep::differentiate(const Uses<Real>& uses,
                                                 const std::vector<std::size_t>& entries,
                                                 const Stencil& stencil, double fraction) {
  std::size_t widest = 1, rows = 1;
  for (const SlicedUse<Real>& use : uses) {
    widest = std::max(widest, use.network.widest());
    rows = std::max(rows, use.network.layout().rows);
  }
  const std::size_t block = std::max<std::size_t>(
      1,
      std::min(block_entries / (stencil.probes() * rows * widest), entries.size() / least_blocks));
  std::vector<Estimate> found(entries.size());
  const std::size_t blocks = (entries.size() + block - 1) / block;
  const bool all = entries.size() == scales_.size();
  std::atomic<std::size_t> done = 0;
  in_parallel(jobs_, blocks, [&] {
    return [&, own = uses](std::size_t b) mutable {
      const std::size_t count = std::min(block, entries.size() - b * block);
      differentiate_block(std::span(entries).subspan(b * block, count), stencil, fraction, own,
                          std::span(found).subspan(b * block, count));
      done += count;
      if (all) {
        tell(done);
      }
    };
  });
  probes_ += stencil.probes() * entries.size() * uses.size();
  return found;
}

namespace {

/// The entries of a block, and the lanes that each moves.
struct Block {
  std::vector<EntryLanes::Lane> lanes;
  std::vector<std::size_t> begins{0};

  Block(const EntryLanes& of, std::span<const std::size_t> entries) {
    for (const std::size_t entry : entries) {
      of.append(entry, lanes);
      begins.push_back(lanes.size());
    }
  }
  std::span<const EntryLanes::Lane> of(std::size_t entry) const {
    return std::span(lanes).subspan(begins[entry], begins[entry + 1] - begins[entry]);
  }
};

/// The lanes of all probes of a block, entry by entry, and of an entry pair by pair: above, and
/// below where that is a probe.
template <class Real>
struct Probes {
  std::vector<std::uint32_t> row;
  Variation<Real> start;
  std::vector<Real> apart;  ///< by entry, by pair
  std::size_t next = 0;

  explicit Probes(std::size_t count) : row(count) {
    start.feature.resize(count);
    start.values = empty<Real>({count});
  }

  void add(std::span<const EntryLanes::Lane> lanes, const Tensor& seen, const RowLayout& layout,
           double x, double smallest, const Stencil& stencil) {
    const Real base = static_cast<Real>(x), step = static_cast<Real>(smallest);
    for (const Stencil::Pair& pair : stencil.pairs) {
      const Real above = base + static_cast<Real>(pair.above) * step;
      const Real below = base + static_cast<Real>(pair.below) * step;
      apart.push_back(above - below);
      add(lanes, seen, layout, above - base);
      if (pair.below != 0) {
        add(lanes, seen, layout, below - base);
      }
    }
  }

 private:
  void add(std::span<const EntryLanes::Lane> lanes, const Tensor& seen, const RowLayout& layout,
           Real delta) {
    for (const EntryLanes::Lane& lane : lanes) {
      row[next] = lane.row;
      start.feature[next] = lane.feature;
      start.values.data()[next] =
          static_cast<Real>(seen.data()[layout.at(lane.row, lane.feature)]) +
          delta * static_cast<Real>(lane.factor);
      ++next;
    }
  }
};

}  // namespace

/// Differences of some entries, all of them evaluated together; where a layer refuses a probe, its
/// entry is told from the others by halves, and nothing is known of it.
template <class Real>
void SlicedSweep::differentiate_block(std::span<const std::size_t> entries, const Stencil& stencil,
                                      double fraction, Uses<Real>& uses,
                                      std::span<Estimate> found) const {
  std::ranges::fill(found, Estimate{});
  const bool served = std::ranges::all_of(uses, [&](SlicedUse<Real>& use) {
    return add_probed(entries, stencil, fraction, use, found);
  });
  if (served) {
    return;
  }
  if (entries.size() == 1) {
    found[0] = {0, std::numeric_limits<long double>::infinity(), 0};
    return;
  }
  const std::size_t half = entries.size() / 2;
  differentiate_block(entries.first(half), stencil, fraction, uses, found.first(half));
  differentiate_block(entries.subspan(half), stencil, fraction, uses, found.subspan(half));
}

/// Adds what one use says of the entries; false where a layer refuses a probe.
template <class Real>
bool SlicedSweep::add_probed(std::span<const std::size_t> entries, const Stencil& stencil,
                             double fraction, SlicedUse<Real>& use,
                             std::span<Estimate> found) const {
  const Tensor& value = point_.values[from_];
  const Block block(use.lanes, entries);
  Probes<Real> probes(stencil.probes() * block.lanes.size());
  for (std::size_t e = 0; e < entries.size(); ++e) {
    probes.add(block.of(e), point_.values[use.lanes.seen()], use.network.layout(),
               value.data()[entries[e]], fraction * scales_[entries[e]], stencil);
  }
  const auto changes = use.network.run(probes.row, std::move(probes.start));
  if (!changes) {
    return false;
  }
  const std::size_t pairs = stencil.pairs.size();
  for (std::size_t e = 0; e < entries.size(); ++e) {
    const std::vector<Quotient> quotients =
        use.quotients(block.of(e), *changes, stencil.probes() * block.begins[e], stencil,
                      std::span(probes.apart).subspan(e * pairs, pairs));
    const Estimate estimate = stencil.derivative(quotients, fraction);
    found[e].value += estimate.value;
    found[e].truncation += estimate.truncation;
    found[e].rounding += estimate.rounding;
  }
  return true;
}

}  // namespace gradcheck
