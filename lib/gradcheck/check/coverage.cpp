#include <algorithm>
#include <span>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include <gradcheck/check/coverage.hpp>

namespace gradcheck {

namespace {

using Names = std::vector<std::string>;

/// Names shown in one list; the rest are counted.
constexpr std::size_t shown_names = 6;

/// "1,234,567"
std::string count_text(std::size_t count) {
  std::string text = std::to_string(count);
  for (std::size_t k = text.size(); k > 3; k -= 3) {
    text.insert(k - 3, ",");
  }
  return text;
}

std::string counted(std::size_t count, const std::string& what, const std::string& plural) {
  return count_text(count) + " " + (count == 1 ? what : plural);
}

std::size_t sum(std::span<const TensorReport> tensors, std::size_t TensorReport::*count) {
  std::size_t total = 0;
  for (const TensorReport& tensor : tensors) {
    total += tensor.*count;
  }
  return total;
}

/// "4 parameters and 1 input"
std::string tensors_text(const Network& network, const std::vector<ValueId>& checked) {
  Names kinds;
  for (const auto& [role, one, many] :
       {std::tuple(Role::parameter, "parameter", "parameters"),
        std::tuple(Role::input, "input", "inputs"),
        std::tuple(Role::intermediate, "intermediate value", "intermediate values")}) {
    const auto count = std::ranges::count_if(
        checked, [&, of = role](ValueId id) { return network.value(id).role == of; });
    if (count > 0) {
      kinds.push_back(counted(static_cast<std::size_t>(count), one, many));
    }
  }
  return listed(kinds);
}

std::string checked_text(const Network& network, const std::vector<ValueId>& checked,
                         std::span<const TensorReport> tensors) {
  const Value& loss = network.value(network.loss());
  const std::string entries = counted(sum(tensors, &TensorReport::entries), "entry", "entries");
  const std::string of = tensors_text(network, checked);
  std::string text =
      entries_of(loss.shape) == 1
          ? fmt::format("{} of {} against the scalar loss {} with upstreams 1, -3 and 100", entries,
                        of, loss.name)
          : fmt::format("{} of the Jacobian of {} by {}, and random upstreams of both signs",
                        entries, loss.name, of);
  for (const auto& [count, what] :
       {std::pair(&TensorReport::kinks, "at kinks"),
        std::pair(&TensorReport::unresolved, "unresolved (zero, or too small to see)"),
        std::pair(&TensorReport::inconclusive, "inconclusive")}) {
    const std::size_t found = sum(tensors, count);
    text += found == 0 ? "" : ", " + count_text(found) + " " + what;
  }
  return text;
}

/// "; 4 entries of the Jacobian y/x"
std::string jacobians_text(std::span<const TensorReport> tensors) {
  Names names;
  std::size_t compared = 0;
  for (const TensorReport& tensor : tensors) {
    if (tensor.name.find('/') != std::string::npos) {
      names.push_back(tensor.name);
      compared += tensor.entries;
    }
  }
  return names.empty() ? ""
                       : fmt::format("; {} of the {} {}", counted(compared, "entry", "entries"),
                                     names.size() == 1 ? "Jacobian" : "Jacobians", listed(names));
}

/// Whether the whole Jacobian of the loss by that value was checked, since it was claimed.
bool in_jacobian(const Network& network, ValueId id, std::span<const TensorReport> tensors) {
  const std::string name = network.value(network.loss()).name + "/" + network.value(id).name;
  return std::ranges::any_of(tensors, [&](const TensorReport& one) { return one.name == name; });
}

Names unchecked(const Network& network, const std::vector<ValueId>& checked,
                std::span<const TensorReport> tensors, Role role) {
  const std::vector<bool> needed = upstream_values(network.graph(), network.loss());
  Names names;
  for (ValueId id = 0; id < network.values().size(); ++id) {
    const Value& value = network.value(id);
    if (needed[id] && id != network.loss() && value.role == role && !value.name.empty() &&
        std::ranges::count(checked, id) == 0 && !in_jacobian(network, id, tensors)) {
      names.push_back(value.name);
    }
  }
  return names;
}

std::string unchecked_text(const Network& network, const std::vector<ValueId>& checked,
                           std::span<const TensorReport> tensors) {
  std::string text;
  for (const auto& [role, one, many] :
       {std::tuple(Role::parameter, "parameter ", "parameters "),
        std::tuple(Role::input, "input ", "inputs "),
        std::tuple(Role::intermediate, "intermediate value ", "intermediate values ")}) {
    const Names names = unchecked(network, checked, tensors, role);
    if (!names.empty()) {
      text += (text.empty() ? "" : "; ") + std::string(names.size() == 1 ? one : many);
      text += listed(names);
    }
  }
  return text;
}

}  // namespace

std::string listed(const Names& names) {
  const bool cut = names.size() > shown_names;
  std::string text;
  for (std::size_t k = 0; k < names.size(); ++k) {
    if (cut && k + 1 == shown_names) {
      return text + fmt::format(" and {} more", names.size() - k);
    }
    text += k == 0 ? "" : !cut && k + 1 == names.size() ? " and " : ", ";
    text += names[k];
  }
  return text;
}

std::string coverage_text(const Network& network, const std::vector<ValueId>& checked,
                          const std::vector<TensorReport>& tensors) {
  const std::span<const TensorReport> all(tensors);
  const std::size_t gradients = std::min(checked.size(), all.size());
  std::string text = checked_text(network, checked, all.first(gradients));
  text += jacobians_text(all.subspan(gradients));
  const std::string left = unchecked_text(network, checked, all);
  return text + (left.empty() ? "" : "; not checked: " + left);
}

}  // namespace gradcheck
