#include <algorithm>
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

/// Evaluations of what is behind an entry until it is settled by itself, about.
constexpr std::size_t evaluations_alone = 64;

/// Whether the rounding of a derivative may be lost. (That of a derivative of 0 is none, or was
/// seen.)
bool faint(const Estimate& derivative) {
  return derivative.value != 0 && derivative.rounding < static_cast<long double>(faint_rounding);
}

/// The same of any of them, by what its rounding is made from.
bool any_faint(const NumericGradient<double>& derivatives) {
  for (std::size_t i = 0; i < derivatives.value.size(); ++i) {
    const double variance = derivatives.variance.data()[i];
    if (derivatives.value.data()[i] != 0 && variance < faint_rounding * faint_rounding) {
      return true;
    }
  }
  return false;
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
  const auto found = raised.find(entry);
  return found != raised.end() ? found->second : derivatives.estimate(entry - first);
}

ReverseSweep::ReverseSweep(const Graph& graph, const EvaluationPoint& point, std::uint64_t seed,
                           OpaqueGradients* opaque, std::size_t jobs)
    : original_(graph),
      original_point_(point),
      random_(seed),
      seed_(seed),
      opaque_(opaque),
      jobs_(jobs),
      lone_(graph, point.values, point.active, ProbeScope::moves) {}

const Expansion& ReverseSweep::expansion() {
  if (!expansion_) {
    expansion_.emplace(original_, original_point_, seed_);
  }
  return *expansion_;
}

OpaqueGradients* ReverseSweep::opaque() {
  if (opaque_ == nullptr || !taken_apart_) {
    return opaque_;
  }
  if (!opaque_beside_parts_) {
    opaque_beside_parts_.emplace(*opaque_, expansion());
  }
  return &*opaque_beside_parts_;
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
  agreeing_.clear();
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
      chains_.try_emplace(output_, graph(), point(), point().values, seed_, opaque()).first->second;
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

/// Those of the entries again whose rounding is lost.
template <class Derivative>
std::map<std::size_t, Estimate> ReverseSweep::raised(ValueId from,
                                                     const std::vector<std::size_t>& entries,
                                                     Derivative derivative) {
  std::vector<std::size_t> lost;
  std::ranges::copy_if(entries, std::back_inserter(lost),
                       [&](std::size_t i) { return faint(derivative(i)); });
  std::map<std::size_t, Estimate> again;
  const std::vector<Estimate> found =
      lost.empty() ? std::vector<Estimate>{} : raised_estimates(from, lost);
  for (std::size_t k = 0; k < found.size(); ++k) {
    again[lost[k]] = found[k];
  }
  return again;
}

/// Whether the derivatives of the output that is aimed at can be had. Of parts, unlike whole
/// layers, no opaque gradients can be: where one of them needs such, all layers are left whole.
bool ReverseSweep::reach(ValueId from) {
  if (chain().reach(from)) {
    return true;
  }
  if (opaque_ == nullptr || !taken_apart_ || !expansion().replaced()) {
    return false;
  }
  taken_apart_ = false;
  forget_chains();
  return chain().reach(from);
}

bool ReverseSweep::run(ValueId from, ValueId target, std::size_t output, const Take& take) {
  violated_declaration_ = taken_apart_ ? expansion().violated_declaration() : "";
  if (from == target || !violated_declaration_.empty()) {
    return false;
  }
  aim(target, output);
  if (!reach(from) || !as_declared(chain()) || (opaque_ == nullptr && !sample_agrees(from))) {
    return false;
  }
  const auto take_block = [&](std::size_t first, const NumericGradient<double>& block) {
    Swept swept{first, block};
    if (opaque_ == nullptr && any_faint(block)) {
      std::vector<std::size_t> all(block.value.size());
      std::iota(all.begin(), all.end(), first);
      swept.raised = raised(from, all, [&](std::size_t i) { return swept.estimate(i); });
    }
    take(swept);
  };
  chain().hand_on(from, take_block, jobs_);
  return true;
}

/// Terms of rows do not tell in long double what an entry changes alone: each feature takes an
/// evaluation there. Few entries are found sooner by themselves.
bool ReverseSweep::sooner_alone(ValueId from, std::size_t entries) {
  std::size_t features = 0;
  for (const std::size_t k : nodes_between(graph(), from, *target_)) {
    const Graph::Node& node = graph().nodes[k];
    if (structure_of(graph(), node).kind == Structure::Kind::row_terms) {
      features = std::max(features, graph().values[node.inputs[0]].shape.back());
    }
  }
  return entries * evaluations_alone < features;
}

std::vector<Estimate> ReverseSweep::refine(ValueId from, const std::vector<std::size_t>& entries) {
  if (opaque_ != nullptr || !long_double_helps() ||
      (!precise_ && sooner_alone(from, entries.size()))) {
    return {};
  }
  std::vector<Estimate> found = precise().estimates(from, entries);
  if (found.empty()) {
    return found;
  }
  std::map<std::size_t, std::size_t> place;
  for (std::size_t k = 0; k < entries.size(); ++k) {
    place[entries[k]] = k;
  }
  for (const auto& [entry, derivative] :
       raised(from, entries, [&](std::size_t i) { return found[place.at(i)]; })) {
    found[place.at(entry)] = derivative;
  }
  return found;
}

/// Whether every use of a value that derivatives came through is as its layer says; the first that
/// is not is kept.
bool ReverseSweep::as_declared(ReverseAccumulation<double>& chain) {
  for (const auto& use : chain.uses()) {
    if (tested_.contains(use)) {
      continue;
    }
    const auto& [node, value] = use;
    StructureTest check(graph(), point(), random_());
    violated_declaration_ = value == chain.every_input ? check.moves_entries_about(node)
                                                       : check.use_is_as_declared(node, value);
    if (!violated_declaration_.empty()) {
      return false;
    }
    tested_.insert(use);
  }
  chain.forget_uses();
  return true;
}

/// Some entries of a value moved alone to the end of their stage and, stage by stage, what arrives
/// there moved on to the target.
bool ReverseSweep::sample_agrees(ValueId from) {
  const Stage stage = stages().from(from);
  violated_declaration_ = test_stage(from, stage, true);
  const bool agrees = violated_declaration_.empty() && stages_agree(stage.end);
  lone_.clear();
  return agrees;
}

bool ReverseSweep::stages_agree(ValueId from) {
  std::set<std::pair<std::size_t, ValueId>> agreeing;
  while (from != *target_ && !agreeing_.contains({output_, from})) {
    const Stage stage = stages().from(from);
    violated_declaration_ = test_stage(from, stage, false);
    if (!violated_declaration_.empty()) {
      return false;
    }
    agreeing.emplace(output_, from);
    from = stage.end;
  }
  agreeing_.merge(agreeing);
  return true;
}

const Stages& ReverseSweep::stages() {
  if (!stages_ || stages_->target() != *target_) {
    stages_.emplace(original_, *target_);
  }
  return *stages_;
}

std::string ReverseSweep::test_stage(ValueId from, const Stage& stage, bool entries) {
  lone_.aim(from, stage.end, stage.nodes);
  LoneEntries lone(lone_, original_point_, from, stage.end);
  StructureTest test(original_, original_point_, random_());
  const Tensor& upstream = chain().derivatives(stage.end)->value;
  const auto found = [&](std::size_t entry) { return chain().estimates(from, {entry})[0]; };
  std::string wrong = entries
                          ? test.sample_agrees(from, lone, upstream, found)
                          : test.directions_agree(from, lone, upstream, *chain().derivatives(from));
  probes_ += lone.probes();
  return wrong;
}

}  // namespace gradcheck
