#include <algorithm>

#include <gradcheck/numeric/facts.hpp>
#include <gradcheck/numeric/precision.hpp>
#include <gradcheck/numeric/tensor_sweep.hpp>

namespace gradcheck {

namespace {

/// Evaluations of the network for a sampled entry, and how many are sampled.
constexpr std::uint64_t sample_probes = 4 * 3;

}  // namespace

Estimate Swept::estimate(std::size_t entry) const {
  const auto found = refined.find(entry);
  return found != refined.end() ? found->second : slopes.estimate(entry);
}

double Swept::floor(std::size_t entry) const {
  const auto found = refined.find(entry);
  return found != refined.end() ? static_cast<double>(found->second.rounding) : 0;
}

TensorSweep::TensorSweep(const Graph& graph, const Point& point, std::uint64_t seed)
    : graph_(graph),
      point_(point),
      random_(seed),
      seed_(seed),
      chain_(graph, point, point.values, seed) {}

void TensorSweep::aim(ValueId target, std::size_t output) {
  if (target_ == target && output_ == output) {
    return;
  }
  target_ = target;
  output_ = output;
  Tensor seed = zeros<double>(shape_of(point_.values[target]));
  seed.data()[output] = 1;
  seeds_ = {{target, std::move(seed)}};
  chain_.aim(seeds_);
  if (precise_) {
    precise_->aim(seeds_);
  }
}

std::optional<Swept> TensorSweep::run(ValueId from, ValueId target, std::size_t output) {
  broken_promise_.clear();
  if (from == target) {
    return std::nullopt;
  }
  aim(target, output);
  const std::optional<Slopes<double>>& found = chain_.slopes(from);
  if (!found || !as_declared()) {
    return std::nullopt;
  }
  Swept swept{*found};
  return sample_agrees(from, swept) ? std::optional(std::move(swept)) : std::nullopt;
}

void TensorSweep::refine(ValueId from, const std::vector<std::size_t>& entries, Swept& swept) {
  if (!long_double_helps() || entries.empty()) {
    return;
  }
  if (!precise_) {
    precise_.emplace(graph_, point_, point_.long_values(), seed_);
    precise_->aim(seeds_);
  }
  const std::vector<Estimate> found = precise_->estimates(from, entries);
  for (std::size_t i = 0; i < found.size(); ++i) {
    swept.refined[entries[i]] = found[i];
  }
}

/// Slopes of a random combination of all that tied sites read: they are 0 where none is moved.
std::vector<bool> TensorSweep::reaching_ties(ValueId from) {
  if (!to_ties_) {
    std::map<ValueId, Tensor> seeds;
    for (const NodeTie& tie : point_.ties) {
      for (const InputEntry& read : tie.tie.entries) {
        const ValueId id = graph_.nodes[tie.node].inputs[read.slot];
        seeds.try_emplace(id, zeros<double>(shape_of(point_.values[id])));
        seeds.at(id).data()[read.entry] = 1 + std::ldexp(static_cast<double>(random_() >> 12), -52);
      }
    }
    to_ties_.emplace(graph_, point_, point_.values, seed_);
    to_ties_->aim(std::move(seeds));
  }
  const std::optional<Slopes<double>>& found = to_ties_->slopes(from);
  std::vector<bool> reaches(point_.values[from].size());
  for (std::size_t i = 0; found && i < reaches.size(); ++i) {
    reaches[i] = found->value.data()[i] != 0;
  }
  return reaches;
}

/// Whether every use of a value that slopes came through is as its layer says; the first that is
/// not is kept.
bool TensorSweep::as_declared() {
  for (const auto& use : chain_.uses()) {
    if (tested_.contains(use)) {
      continue;
    }
    FactCheck check(graph_, point_, random_());
    broken_promise_ = check.use_is_as_declared(use.first, use.second);
    if (!broken_promise_.empty()) {
      return false;
    }
    tested_.insert(use);
  }
  return true;
}

bool TensorSweep::sample_agrees(ValueId from, const Swept& swept) {
  FactCheck check(graph_, point_, random_());
  broken_promise_ = check.sample_agrees(from, *target_, output_,
                                        [&](std::size_t entry) { return swept.estimate(entry); });
  probes_ += sample_probes;
  return broken_promise_.empty();
}

}  // namespace gradcheck
