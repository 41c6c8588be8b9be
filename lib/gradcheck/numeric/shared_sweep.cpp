#include <gradcheck/numeric/facts.hpp>
#include <gradcheck/numeric/precision.hpp>
#include <gradcheck/numeric/shared_sweep.hpp>

namespace gradcheck {

namespace {

/// Entries of all the slopes that are kept for the outputs of a target.
constexpr std::size_t most_kept = std::size_t{1} << 22;

}  // namespace

SharedSweep::SharedSweep(const Graph& graph, const Point& point, std::uint64_t seed)
    : graph_(graph), point_(point), random_(seed), seed_(seed) {
  for (const Tensor& value : point.values) {
    values_size_ += value.size();
  }
}

std::uint64_t SharedSweep::probes() const {
  std::uint64_t probes = probes_ + (precise_ ? precise_->probes() : 0);
  for (const auto& [output, chain] : chains_) {
    probes += chain.probes();
  }
  return probes;
}

void SharedSweep::aim(ValueId target, std::size_t output) {
  if (target_ == target && output_ == output) {
    return;
  }
  if (target_ != target) {
    forget_chains();
  }
  target_ = target;
  output_ = output;
  Tensor seed = zeros<double>(shape_of(point_.values[target]));
  seed.data()[output] = 1;
  seeds_ = {{target, std::move(seed)}};
  if (precise_) {
    precise_->aim(seeds_);
  }
}

void SharedSweep::forget_chains() {
  for (const auto& [output, chain] : chains_) {
    probes_ += chain.probes();
  }
  chains_.clear();
}

/// That of the output that is aimed at: kept for the next tensor, as long as all of them are not
/// too large together.
SlopeChain<double>& SharedSweep::chain() {
  const auto known = chains_.find(output_);
  if (known != chains_.end()) {
    return known->second;
  }
  if ((chains_.size() + 1) * values_size_ > most_kept) {
    forget_chains();
  }
  SlopeChain<double>& made =
      chains_.try_emplace(output_, graph_, point_, point_.values, seed_).first->second;
  made.aim(seeds_);
  return made;
}

SlopeChain<long double>& SharedSweep::precise() {
  if (!precise_) {
    precise_values_ = widened(point_.values);
    precise_.emplace(graph_, point_, precise_values_, seed_);
    precise_->aim(seeds_);
  }
  return *precise_;
}

std::optional<Swept> SharedSweep::run(ValueId from, ValueId target, std::size_t output) {
  broken_promise_.clear();
  if (from == target) {
    return std::nullopt;
  }
  aim(target, output);
  const std::optional<Slopes<double>>& found = chain().slopes(from);
  if (!found || !as_declared(chain())) {
    return std::nullopt;
  }
  return sample_agrees(from, *found) ? std::optional(Swept{*found}) : std::nullopt;
}

bool SharedSweep::refine(ValueId from, const std::vector<std::size_t>& entries, Swept& swept) {
  if (!long_double_helps() || swept.at_its_best) {
    return false;
  }
  const std::vector<Estimate> found = precise().estimates(from, entries);
  for (std::size_t i = 0; i < found.size(); ++i) {
    swept.refined[entries[i]] = found[i];
  }
  swept.at_its_best = true;
  return !found.empty();
}

/// Whether every use of a value that slopes came through is as its layer says; the first that is
/// not is kept.
bool SharedSweep::as_declared(const SlopeChain<double>& chain) {
  for (const auto& use : chain.uses()) {
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

bool SharedSweep::sample_agrees(ValueId from, const Slopes<double>& slopes) {
  FactCheck check(graph_, point_, random_());
  broken_promise_ = check.sample_agrees(from, *target_, output_, slopes);
  probes_ += check.probes();
  return broken_promise_.empty();
}

}  // namespace gradcheck
