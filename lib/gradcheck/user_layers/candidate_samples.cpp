#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <gradcheck/analytic/analytic.hpp>
#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/user_layers/candidate_samples.hpp>

namespace gradcheck {
namespace {

constexpr double units_away = 4;
/// Intermediate values that differ by less share many of their rounding errors.
constexpr double least_away = 0x1p-7;

/// The place of each of the candidate's parameters among the reference's.
std::vector<std::size_t> matched(const UserLayer& candidate, const UserLayer& reference) {
  const std::vector<std::string> mine = candidate.parameter_names();
  const std::vector<std::string> theirs = reference.parameter_names();
  std::vector<std::size_t> places;
  for (const std::string& name : mine) {
    const auto found = std::ranges::find(theirs, name);
    if (found == theirs.end()) {
      throw_value(candidate.name(), "parameter", "<" + name + ">",
                  fmt::format("one that the reference has: {}", fmt::join(theirs, ", ")));
    }
    places.push_back(static_cast<std::size_t>(found - theirs.begin()));
  }
  if (mine.size() != theirs.size()) {
    throw_value(candidate.name(), "parameters", fmt::format("<{}>", fmt::join(mine, ", ")),
                fmt::format("those of the reference: {}", fmt::join(theirs, ", ")));
  }
  return places;
}

Tensors<double> values_of(const UserLayer& layer) {
  Tensors<double> values;
  for (std::size_t k = 0; k < layer.parameter_names().size(); ++k) {
    values.push_back(layer.parameter(k));
  }
  return values;
}

Tensors<double> all_of(LayerRun run) {
  Tensors<double> all = std::move(run.y);
  std::ranges::move(run.dx, std::back_inserter(all));
  std::ranges::move(run.dparams, std::back_inserter(all));
  return all;
}

}  // namespace

double farthest_nearby(NumberType type) {
  return std::max(least_away, units_away * unit_roundoff(type));
}

CandidateRuns::CandidateRuns(UserLayer& candidate, UserLayer& reference,
                             const std::vector<InputTensor>& inputs, NumberType type,
                             std::uint64_t seed)
    : candidate_(candidate),
      reference_(reference),
      inputs_(inputs),
      type_(type),
      seed_(seed),
      places_(matched(candidate, reference)),
      own_(values_of(candidate)),
      others_(values_of(reference)) {
  for (const InputTensor& input : inputs) {
    point_.x.push_back(input.differentiable ? quantised(input.value, type) : input.value);
  }
  for (std::size_t k = 0; k < own_.size(); ++k) {
    const Shape wanted = shape_of(others_[places_[k]]);
    if (shape_of(own_[k]) != wanted) {
      throw_shape(candidate.name(), candidate.parameter_names()[k],
                  "<" + to_string(shape_of(own_[k])) + ">", to_string(wanted));
    }
    point_.parameters.push_back(quantised(own_[k], type));
  }
}

CandidateRuns::~CandidateRuns() {
  try {
    for (std::size_t k = 0; k < own_.size(); ++k) {
      candidate_.set_parameter(k, own_[k]);
      reference_.set_parameter(places_[k], others_[places_[k]]);
    }
  } catch (...) {  // a layer that no longer takes what it had
  }
}

void CandidateRuns::set_parameters(UserLayer& layer, const Tensors<double>& values) const {
  for (std::size_t k = 0; k < values.size(); ++k) {
    layer.set_parameter(&layer == &reference_ ? places_[k] : k, values[k]);
  }
}

Tensors<double> CandidateRuns::run(UserLayer& layer, const CandidatePoint& point) const {
  set_parameters(layer, point.parameters);
  LayerRun found = run_layer(layer, point.x, point.dy);
  if (&layer == &reference_) {
    Tensors<double> ordered;
    for (const std::size_t place : places_) {
      ordered.push_back(found.dparams.at(place));
    }
    found.dparams = std::move(ordered);
  }
  return all_of(std::move(found));
}

LayerRun CandidateRuns::again() {
  set_parameters(candidate_, point_.parameters);
  return run_layer(candidate_, point_.x, point_.dy);
}

Tensor CandidateRuns::moved(const Tensor& values, std::mt19937_64& random) const {
  Tensor result = values;
  const double away = farthest_nearby(type_);
  for (double& value : entries(result)) {
    const double part = static_cast<double>(random() >> 11) * 0x1p-52 - 1;  // in [-1, 1)
    value = quantised(value * (1 + away * part), type_);
  }
  return result;
}

CandidatePoint CandidateRuns::nearby(std::mt19937_64& random) const {
  CandidatePoint point;
  for (std::size_t k = 0; k < point_.x.size(); ++k) {
    point.x.push_back(inputs_[k].differentiable ? moved(point_.x[k], random) : point_.x[k]);
  }
  for (const Tensor& parameter : point_.parameters) {
    point.parameters.push_back(moved(parameter, random));
  }
  for (const Tensor& upstream : point_.dy) {
    point.dy.push_back(moved(upstream, random));
  }
  return point;
}

std::vector<ResultName> CandidateRuns::names(const Tensors<double>& results) const {
  std::vector<ResultName> names;
  const std::vector<std::string> given = candidate_.output_names();
  for (std::size_t k = 0; k < outputs_; ++k) {
    const std::string plain = outputs_ == 1 ? "y" : fmt::format("y{}", k);
    names.push_back({k < given.size() ? given[k] : plain, "output", shape_of(results[k])});
  }
  for (std::size_t k = 0; k < inputs_.size(); ++k) {
    if (inputs_[k].differentiable && candidate_.differentiable(k)) {
      const std::string plain = inputs_.size() == 1 ? "x" : fmt::format("x{}", k);
      names.push_back(
          {inputs_[k].name.empty() ? plain : inputs_[k].name, "input", shape_of(point_.x[k])});
    }
  }
  const std::vector<std::string> parameters = candidate_.parameter_names();
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    names.push_back({parameters[k], "parameter", shape_of(point_.parameters[k])});
  }
  return names;
}

CandidateSamples CandidateRuns::samples(std::size_t count) {
  set_parameters(reference_, point_.parameters);
  const Tensors<double> y = run_forward(reference_, point_.x);
  outputs_ = y.size();
  for (std::size_t k = 0; k < y.size(); ++k) {
    point_.dy.push_back(quantised(upstream_for(shape_of(y[k]), seed_ + k), type_));
  }
  CandidateSamples samples;
  samples.candidate.push_back(run(candidate_, point_));
  samples.reference.push_back(run(reference_, point_));
  samples.names = names(samples.reference[0]);
  std::mt19937_64 random(seed_);
  for (std::size_t s = 0; s < count; ++s) {
    const CandidatePoint point = nearby(random);
    try {
      Tensors<double> mine = run(candidate_, point);
      samples.reference.push_back(run(reference_, point));
      samples.candidate.push_back(std::move(mine));
    } catch (const Error&) {  // these numbers were not the user's
    }
  }
  return samples;
}

}  // namespace gradcheck
