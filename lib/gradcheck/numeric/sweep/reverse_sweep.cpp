#include <numeric>

#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/numeric/sweep/reverse_sweep.hpp>
#include <gradcheck/numeric/sweep/structure_test.hpp>

namespace gradcheck {

namespace {

/// Entries of all the derivatives that are kept for the outputs of a target.
constexpr std::size_t most_kept = std::size_t{1} << 22;

/// Squares of roundings below this are lost, or nearly so; derivatives that large are carried in
/// units so small that none is.
constexpr double faint_rounding = 0x1p-480;
constexpr double raised_unit = 0x1p-512;

/// Whether the rounding of a derivative may be lost. (That of a derivative of 0 is none, or was
/// seen.)
bool faint(const Estimate& derivative) {
  return derivative.value != 0 && derivative.rounding < static_cast<long double>(faint_rounding);
}

/// Entries of all values together.
std::size_t size_of(const Values<double>& values) {
  std::size_t size = 0;
  for (const Tensor& value : values) {
    size += value.size();
  }
  return size;
}

}  // namespace

Estimate Swept::estimate(std::size_t entry) const {
  const auto found = refined.find(entry);
  return found != refined.end() ? found->second : derivatives.estimate(entry);
}

double Swept::attainable(std::size_t entry) const {
  const auto found = refined.find(entry);
  return at_its_best && found != refined.end() ? static_cast<double>(found->second.rounding) : 0;
}

ReverseSweep::ReverseSweep(const Graph& graph, const EvaluationPoint& point, std::uint64_t seed,
                           OpaqueGradients* opaque)
    : original_(graph), original_point_(point), random_(seed), seed_(seed), opaque_(opaque) {}

const Expansion& ReverseSweep::expansion() {
  if (!expansion_) {
    expansion_.emplace(original_, original_point_, seed_);
  }
  return *expansion_;
}

std::uint64_t ReverseSweep::probes() const {
  std::uint64_t probes =
      probes_ + (precise_ ? precise_->probes() : 0) + (raised_ ? raised_->probes() : 0);
  for (const auto& [output, chain] : chains_) {
    probes += chain.probes();
  }
  return probes;
}

void ReverseSweep::aim(ValueId target, std::size_t output) {
  if (target_ == target && output_ == output) {
    return;
  }
  if (target_ != target) {
    forget_chains();
  }
  target_ = target;
  output_ = output;
  Tensor seed = zeros<double>(shape_of(point().values[target]));
  seed.data()[output] = 1;
  seeds_ = {{target, std::move(seed)}};
  if (precise_) {
    precise_->aim(seeds_);
  }
  if (raised_) {
    raised_->aim(raised_seeds());
  }
}

std::map<ValueId, Tensor> ReverseSweep::raised_seeds() const {
  std::map<ValueId, Tensor> seeds = seeds_;
  for (auto& [target, seed] : seeds) {
    seed.data()[output_] = 1 / raised_unit;
  }
  return seeds;
}

void ReverseSweep::forget_chains() {
  for (const auto& [output, chain] : chains_) {
    probes_ += chain.probes();
  }
  chains_.clear();
}

/// That of the output that is aimed at: kept for the next tensor, as long as all of them are not
/// too large together.
ReverseAccumulation<double>& ReverseSweep::chain() {
  const auto known = chains_.find(output_);
  if (known != chains_.end()) {
    return known->second;
  }
  if ((chains_.size() + 1) * size_of(point().values) > most_kept) {
    forget_chains();
  }
  ReverseAccumulation<double>& made =
      chains_.try_emplace(output_, graph(), point(), point().values, seed_, opaque_).first->second;
  made.aim(seeds_);
  return made;
}

const Values<long double>& ReverseSweep::precise_values() {
  if (precise_values_.empty()) {
    precise_values_ = widened(point().values);
  }
  return precise_values_;
}

ReverseAccumulation<long double>& ReverseSweep::precise() {
  if (!precise_) {
    precise_.emplace(graph(), point(), precise_values(), seed_);
    precise_->aim(seeds_);
  }
  return *precise_;
}

/// The same entries in small units; none where that cannot be had.
std::vector<Estimate> ReverseSweep::raised_estimates(ValueId from,
                                                     const std::vector<std::size_t>& entries) {
  if (!raised_) {
    raised_.emplace(graph(), point(), precise_values(), seed_);
    raised_->aim(raised_seeds());
  }
  std::vector<Estimate> found = raised_->estimates(from, entries);
  for (Estimate& derivative : found) {
    for (long double* part : {&derivative.value, &derivative.truncation, &derivative.rounding}) {
      *part *= static_cast<long double>(raised_unit);
    }
  }
  return found;
}

/// Finds those entries again whose rounding is lost.
void ReverseSweep::raise_faint(ValueId from, const std::vector<std::size_t>& entries,
                               Swept& swept) {
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

std::optional<Swept> ReverseSweep::run(ValueId from, ValueId target, std::size_t output) {
  violated_declaration_ = opaque_ == nullptr ? expansion().violated_declaration() : "";
  if (from == target || !violated_declaration_.empty()) {
    return std::nullopt;
  }
  aim(target, output);
  const std::optional<NumericGradient<double>>& found = chain().derivatives(from);
  if (!found || !as_declared(chain())) {
    return std::nullopt;
  }
  if (opaque_ == nullptr && !sample_agrees(from, *found)) {
    return std::nullopt;
  }
  Swept swept{*found};
  if (opaque_ != nullptr) {
    return swept;
  }
  std::vector<std::size_t> all(found->value.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  raise_faint(from, all, swept);
  return swept;
}

bool ReverseSweep::refine(ValueId from, const std::vector<std::size_t>& entries, Swept& swept) {
  if (opaque_ != nullptr || !long_double_helps() || swept.at_its_best) {
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

/// Whether every use of a value that derivatives came through is as its layer says; the first that
/// is not is kept.
bool ReverseSweep::as_declared(const ReverseAccumulation<double>& chain) {
  for (const auto& use : chain.uses()) {
    if (tested_.contains(use)) {
      continue;
    }
    StructureTest check(graph(), point(), random_());
    violated_declaration_ = check.use_is_as_declared(use.first, use.second);
    if (!violated_declaration_.empty()) {
      return false;
    }
    tested_.insert(use);
  }
  return true;
}

bool ReverseSweep::sample_agrees(ValueId from, const NumericGradient<double>& derivatives) {
  StructureTest check(original_, original_point_, random_());
  violated_declaration_ = check.sample_agrees(from, *target_, output_, derivatives);
  probes_ += check.probes();
  return violated_declaration_.empty();
}

}  // namespace gradcheck
