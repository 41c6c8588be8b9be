#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/user_layers/tensor_choice.hpp>

namespace gradcheck {

namespace {

/// Names may have brackets in them: the name itself fits first.
bool fits(const std::string& pattern, const std::string& name) {
  return pattern == name || fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

bool any_fits(const std::vector<std::string>& patterns, const std::string& name) {
  return std::ranges::any_of(patterns, [&](const std::string& one) { return fits(one, name); });
}

void require_known(const std::string& layer, const char* option, const std::string& pattern,
                   const std::vector<std::string>& names) {
  const auto known = [&](const std::string& name) { return fits(pattern, name); };
  if (std::ranges::none_of(names, known)) {
    throw_value(
        layer, option, "<" + pattern + ">",
        fmt::format("a name or glob of the tensors with a gradient: {}", fmt::join(names, ", ")));
  }
}

void require_tolerance(const std::string& layer, const TensorRtol& one) {
  if (!std::isfinite(one.rtol) || one.rtol <= 0) {
    throw_value(layer, "the rtol of " + one.name, fmt::format("<{}>", one.rtol),
                "a finite number above 0");
  }
}

}  // namespace

void require_known_tensors(const std::string& layer, const LayerOptions& options,
                           const std::vector<std::string>& names) {
  for (const std::string& pattern : options.only) {
    require_known(layer, "only", pattern, names);
  }
  for (const std::string& pattern : options.skip) {
    require_known(layer, "skip", pattern, names);
  }
  for (const TensorRtol& one : options.rtols) {
    require_known(layer, "rtols", one.name, names);
    require_tolerance(layer, one);
  }
  if (!std::isfinite(options.max_seconds) || options.max_seconds < 0) {
    throw_value(layer, "max_seconds", fmt::format("<{}>", options.max_seconds),
                "a finite number above 0, or 0 for no limit");
  }
  const auto chosen = [&](const std::string& name) { return is_chosen(options, name); };
  if (!names.empty() && std::ranges::none_of(names, chosen)) {
    throw_value(layer, "only and skip", "<nothing to check>",
                fmt::format("some of {}", fmt::join(names, ", ")));
  }
}

bool is_chosen(const LayerOptions& options, const std::string& name) {
  return (options.only.empty() || any_fits(options.only, name)) && !any_fits(options.skip, name);
}

double rtol_of(const LayerOptions& options, const std::string& name) {
  const auto own = std::ranges::find_if(
      options.rtols, [&](const TensorRtol& one) { return fits(one.name, name); });
  return own == options.rtols.end() ? options.check.rtol : own->rtol;
}

std::vector<std::string> checked_names(const UserLayer& layer, const LayerOptions& options) {
  std::vector<std::string> names;
  const std::size_t count = options.inputs.size();
  for (std::size_t k = 0; k < count; ++k) {
    const InputTensor& input = options.inputs[k];
    const std::string plain = count == 1 ? "x" : "x" + std::to_string(k);
    if (input.differentiable && layer.differentiable(k)) {
      names.push_back(input.name.empty() ? plain : input.name);
    }
  }
  for (std::string& parameter : layer.parameter_names()) {
    names.push_back(std::move(parameter));
  }
  return names;
}

}  // namespace gradcheck
