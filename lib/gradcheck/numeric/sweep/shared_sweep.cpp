#include <numeric>

#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/numeric/sweep/facts.hpp>
#include <gradcheck/numeric/sweep/shared_sweep.hpp>

namespace gradcheck {

namespace {

/// Entries of all the slopes that are kept for the outputs of a target.
constexpr std::size_t most_kept = std::size_t{1} << 22;

/// Squares of roundings below this are lost, or nearly so; slopes that large are carried in units
/// so small that none is.
constexpr double faint_rounding = 0x1p-480;
constexpr double raised_unit = 0x1p-512;

/// Whether the rounding of a slope may be lost. (That of a slope of 0 is none, or was seen.)
bool faint(const Estimate& slope) {
  return slope.value != 0 && slope.rounding < static_cast<long double>(faint_rounding);
}

}  // namespace

Estimate Swept::estimate(std::size_t entry) const {
  const auto found = refined.find(entry);
  return found != refined.end() ? found->second : slopes.estimate(entry);
}

double Swept::floor(std::size_t entry) const {
  const auto found = refined.find(entry);
  return at_its_best && found != refined.end() ? static_cast<double>(found->second.rounding) : 0;
}

SharedSweep::SharedSweep(const Graph& graph, const Point& point, std::uint64_t seed)
    : graph_(graph), point_(point), random_(seed), seed_(seed) {
  for (const Tensor& value : point.values) {
    values_size_ += value.size();
  }
}

std::uint64_t SharedSweep::probes() const {
  std::uint64_t probes =
      probes_ + (precise_ ? precise_->probes() : 0) + (raised_ ? raised_->probes() : 0);
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
  if (raised_) {
    raised_->aim(raised_seeds());
  }
}

std::map<ValueId, Tensor> SharedSweep::raised_seeds() const {
  std::map<ValueId, Tensor> seeds = seeds_;
  for (auto& [target, seed] : seeds) {
    seed.data()[output_] = 1 / raised_unit;
  }
  return seeds;
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

const Values<long double>& SharedSweep::precise_values() {
  if (precise_values_.empty()) {
    precise_values_ = widened(point_.values);
  }
  return precise_values_;
}

SlopeChain<long double>& SharedSweep::precise() {
  if (!precise_) {
    precise_.emplace(graph_, point_, precise_values(), seed_);
    precise_->aim(seeds_);
  }
  return *precise_;
}

/// The same entries in small units; none where that cannot be had.
std::vector<Estimate> SharedSweep::raised_estimates(ValueId from,
                                                    const std::vector<std::size_t>& entries) {
  if (!raised_) {
    raised_.emplace(graph_, point_, precise_values(), seed_);
    raised_->aim(raised_seeds());
  }
  std::vector<Estimate> found = raised_->estimates(from, entries);
  for (Estimate& slope : found) {
    for (long double* part : {&slope.value, &slope.truncation, &slope.rounding}) {
      *part *= static_cast<long double>(raised_unit);
    }
  }
  return found;
}

/// Finds those entries again whose rounding is lost.
void SharedSweep::raise_faint(ValueId from, const std::vector<std::size_t>& entries, Swept& swept) {
  std::vector<std::size_t> lost;
  for (const std::size_t i : entries) {
    if (faint(swept.estimate(i))) {
      lost.push_back(i);
    }
  }
  if (lost.empty()) {
    return;
  }
  const std::vector<Estimate> found = raised_estimates(from, lost);
  for (std::size_t k = 0; k < found.size(); ++k) {
    swept.refined[lost[k]] = found[k];
  }
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
  if (!sample_agrees(from, *found)) {
    return std::nullopt;
  }
  Swept swept{*found};
  std::vector<std::size_t> all(found->value.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  raise_faint(from, all, swept);
  return swept;
}

bool SharedSweep::refine(ValueId from, const std::vector<std::size_t>& entries, Swept& swept) {
  if (!long_double_helps() || swept.at_its_best) {
    return false;
  }
  const std::vector<Estimate> found = precise().estimates(from, entries);
  for (std::size_t i = 0; i < found.size(); ++i) {
    swept.refined[entries[i]] = found[i];
  }
  raise_faint(from, entries, swept);
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
