#include <algorithm>

#include <fmt/format.h>

#include <gradcheck/diagnose/circumstances.hpp>
#include <gradcheck/diagnose/ordering.hpp>
#include <gradcheck/diagnose/other_derivatives.hpp>
#include <gradcheck/diagnose/recognise.hpp>
#include <gradcheck/diagnose/values.hpp>

namespace gradcheck {

namespace {

using Found = std::optional<Pattern>;

/// A gradient that is zero, of a value with several uses: one of them was left out.
Found missing_use(const Observation& seen, const Surroundings& around) {
  const Found zero = one_rule(seen, {});
  if (!zero || zero->name != "zero" || around.uses < 2) {
    return std::nullopt;
  }
  return Pattern{"missing fan-out",
                 fmt::format("analytic = 0 for this use, one of {}: its contribution is missing",
                             around.uses)};
}

/// The gradient of another input of the layer.
Found exchanged_inputs(const Observation& seen, const Surroundings& around) {
  for (std::size_t k = 0; k < around.others.size(); ++k) {
    const Tensor& other = around.others[k];
    bool fit = k != around.place->slot && other.shape() == seen.analytic.shape();
    for (std::size_t i = 0; i < seen.size() && fit; ++i) {
      fit = fits(seen, i, {other.data()[i], seen.bound.data()[i]});
    }
    if (fit) {
      return Pattern{"inputs exchanged",
                     fmt::format("analytic = the gradient of {}", around.place->names[k])};
    }
  }
  return std::nullopt;
}

/// By what the layer is known to do; patterns of values alone come in between.
Found by_upstream(const Observation& seen, const Surroundings& around) {
  return around.place != nullptr && !around.trusted ? other_upstream(seen, *around.place)
                                                    : std::nullopt;
}
Found by_derivatives(const Observation& seen, const Surroundings& around) {
  return around.place != nullptr ? other_derivatives(seen, *around.place) : std::nullopt;
}
Found by_circumstances(const Observation& seen, const Surroundings& around) {
  if (around.place == nullptr) {
    return std::nullopt;
  }
  const Found found = other_circumstances(seen, *around.place);
  return !found && around.trusted ? upstream_of_ones(seen, *around.place) : found;
}

Found by_values(const Observation& seen, const Surroundings& around) {
  if (Found found = in_float32(seen)) {
    return found;
  }
  if (Found found = one_rule(seen, around.numbers); found && found->name != "constant added") {
    // A single entry is some factor of anything.
    return seen.size() > 1 || found->name != "constant factor" ? found : std::nullopt;
  }
  if (Found found = other_order(seen)) {
    return found;
  }
  Found added = one_rule(seen, around.numbers);
  return added ? added : without_sign(seen);
}

}  // namespace

std::optional<Pattern> recognise(const Observation& seen, const Surroundings& around) {
  if (disagreeing_entries(seen).empty()) {
    const Found found = in_float32(seen);
    return found ? found : by_upstream(seen, around);
  }
  if (const Found found = never_written(seen)) {
    // Somebody else's statement has a value; a NaN in it came about otherwise.
    return around.trusted ? std::nullopt : found;
  }
  for (const auto& search :
       {missing_use, by_upstream, by_values, by_derivatives, exchanged_inputs, by_circumstances}) {
    if (const Found found = search(seen, around)) {
      return found;
    }
  }
  if (const Found factor = one_rule(seen, around.numbers)) {
    return factor;
  }
  const Found same = same_everywhere(seen);
  return same ? same : wrong_region(seen, around.numbers, around.conditions);
}

std::vector<NamedNumber> numbers_at(const Place& place) {
  std::vector<NamedNumber> numbers;
  const auto add = [&](double value, const std::string& name) {
    if (value > 1) {
      numbers.push_back({value, name});
    }
  };
  const Tensor& dy = place.dy[0];
  const Tensor& x = place.x[place.slot];
  if (dy.dimension() > 1) {
    add(static_cast<double>(dy.shape()[0]), "the batch size");
  } else if (dy.size() == 1 && x.dimension() > 1) {
    add(static_cast<double>(x.shape()[0]), "the batch size");
  }
  for (std::size_t k = 0; k < x.dimension(); ++k) {
    add(static_cast<double>(x.shape()[k]), fmt::format("the extent of axis {}", k));
  }
  add(static_cast<double>(x.size()), "the number of entries");
  return numbers;
}

std::vector<Condition> conditions_at(const Place& place) {
  std::vector<Condition> conditions;
  const Shape shape = shape_of(place.x[place.slot]);
  const auto add = [&](const Tensor& t, const std::string& name) {
    if (shape_of(t) != shape) {
      return;
    }
    Condition below{"where " + name + " < 0", {}}, zero{"where " + name + " = 0", {}},
        above{"where " + name + " > 0", {}};
    for (const double v : entries(t)) {
      below.holds.push_back(v < 0);
      zero.holds.push_back(v == 0);
      above.holds.push_back(v > 0);
    }
    conditions.insert(conditions.end(), {below, zero, above});
  };
  for (std::size_t k = 0; k < place.x.size(); ++k) {
    add(place.x[k], place.names[k]);
  }
  add(place.dy[0], "the upstream");
  return conditions;
}

}  // namespace gradcheck
