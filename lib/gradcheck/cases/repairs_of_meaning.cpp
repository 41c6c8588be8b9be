#include <algorithm>

#include <fmt/format.h>

#include <gradcheck/cases/repair_trial.hpp>

namespace gradcheck {

namespace {

using Kind = Expression::Kind;

/// Whether a is c · b for a number c.
bool is_multiple(const Tensor& a, const Tensor& b) {
  if (shape_of(a) != shape_of(b) || max_abs(b) == 0) {
    return false;
  }
  Tensor scaled = b;
  for (double& x : entries(scaled)) {
    x *= max_abs(a) / max_abs(b);
  }
  Tensor negative = scaled;
  for (double& x : entries(negative)) {
    x = -x;
  }
  return same_entries(a, scaled) || same_entries(a, negative);
}

/// Whether a name is a parameter less a part of its gradient.
bool is_updated(RepairTrial& trial, const std::string& name, const std::string& parameter) {
  const DerivationPoint& point = trial.here();
  const std::optional<ValueId> id = point.network().find(parameter);
  if (!id || point.network().value(*id).role != Role::parameter) {
    return false;
  }
  const std::optional<Tensor> moved =
      trial.value_of(binary_expression("-", name_expression(parameter), name_expression(name)));
  return moved && is_multiple(*moved, point.gradient(*id));
}

bool is_updated_part(RepairTrial& trial, const Expression& part) {
  const std::optional<ValueId> id = trial.here().network().find(part.children[0].text);
  const std::optional<Tensor> moved = trial.value_of(part.children[1]);
  return id && moved && trial.here().network().value(*id).role == Role::parameter &&
         is_multiple(*moved, trial.here().gradient(*id));
}

/// The derivative of the k-th elementwise function, as a name that the points know.
Expression derivative(RepairTrial& trial, std::size_t k) {
  const std::string name = fmt::format("derivative {}", k);
  for (DerivationPoint* point : trial.points()) {
    point->lend(name, point->local_derivatives()[k].value);
  }
  return name_expression(name);
}

std::string text_of(const LocalDerivative& local) {
  return "the derivative of " + local.function + " at " + local.argument;
}

bool say_derivative(RepairTrial& trial, const Expression& part, const LocalDerivative& local) {
  const std::optional<Tensor> written = trial.value_of(part);
  for (const Meaning& mistaken : local.mistaken) {
    if (written && same_entries(*written, mistaken.value)) {
      const bool other = mistaken.text.starts_with("the derivative of");
      const bool part_only = mistaken.text.starts_with("only the factor");
      return trial.say(other       ? "another activation's derivative"
                       : part_only ? "derivative incomplete"
                                   : "derivative at the wrong value",
                       fmt::format("{} is {}, where {} belongs", to_string(part), mistaken.text,
                                   text_of(local)));
    }
  }
  return trial.say("wrong local derivative",
                   fmt::format("{} stands where {} belongs", to_string(part), text_of(local)));
}

/// Whether a factor is an activation's derivative: that of a function of the network, or y (1 - y)
/// and 1 - y ** 2 of one of its values, as beside a loss that has the activation in it.
bool is_derivative(RepairTrial& trial, const Expression& factor) {
  const std::optional<Tensor> value = trial.value_of(factor);
  if (!value) {
    return false;
  }
  const auto same = [&](const LocalDerivative& one) { return same_entries(*value, one.value); };
  if (std::ranges::any_of(trial.here().local_derivatives(), same)) {
    return true;
  }
  return std::ranges::any_of(trial.names(), [&](const std::string& name) {
    const Expression y = name_expression(name);
    const Expression one = number_expression(1);
    const Expression of_sigmoid = binary_expression("*", y, binary_expression("-", one, y));
    const Expression of_tanh =
        binary_expression("-", one, binary_expression("**", y, number_expression(2)));
    return std::ranges::any_of(std::vector{of_sigmoid, of_tanh}, [&](const Expression& form) {
      const std::optional<Tensor> seen = trial.value_of(form);
      return seen && same_entries(*seen, *value);
    });
  });
}

bool say_dropped(RepairTrial& trial, const Expression& part, const Expression& dropped,
                 bool factor) {
  const std::string text = to_string(dropped);
  if (factor && is_derivative(trial, dropped)) {
    return trial.say(
        "derivative too many",
        fmt::format("the factor {} is too many: the gradient before it already has this "
                    "derivative",
                    text));
  }
  if (!factor && part.text == "-" && part.children[0].kind == Kind::name &&
      is_updated_part(trial, part)) {
    return trial.say("updated in place of old values",
                     fmt::format("{} is {} after the update, where the old {} belongs",
                                 to_string(part), part.children[0].text, part.children[0].text));
  }
  return trial.say(factor ? "factor too many" : "term too many",
                   fmt::format("{} without {} would be right", to_string(part), text));
}

/// The factors of a chain a * b * c, from the left.
void collect_factors(const Expression& e, std::vector<Expression>& factors) {
  if (e.kind == Kind::binary && e.text == "*") {
    collect_factors(e.children[0], factors);
    collect_factors(e.children[1], factors);
  } else {
    factors.push_back(e);
  }
}

Expression product_of(const std::vector<Expression>& factors) {
  Expression product = factors[0];
  for (std::size_t k = 1; k < factors.size(); ++k) {
    product = binary_expression("*", product, factors[k]);
  }
  return product;
}

/// Two factors of a chain that are too many together, such as y and 1 - y.
bool drop_pair(RepairTrial& trial, Expression& part) {
  std::vector<Expression> factors;
  collect_factors(part, factors);
  for (std::size_t i = 0; i < factors.size() && factors.size() > 2; ++i) {
    for (std::size_t j = i + 1; j < factors.size(); ++j) {
      std::vector<Expression> rest;
      for (std::size_t k = 0; k < factors.size(); ++k) {
        if (k != i && k != j) {
          rest.push_back(factors[k]);
        }
      }
      if (trial.fits(part, product_of(rest))) {
        return say_dropped(trial, part, product_of({factors[i], factors[j]}), true);
      }
    }
  }
  return false;
}

bool same_shape(const RepairTrial& trial, const Expression& a, const Expression& b) {
  const std::optional<Tensor> one = trial.value_of(a), other = trial.value_of(b);
  return one && other && shape_of(*one) == shape_of(*other);
}

}  // namespace

void try_names(RepairTrial& trial) {
  const std::vector<std::string> known = trial.names();
  any_part(trial.root(), [&](Expression& part) {
    if (part.kind != Kind::name) {
      return false;
    }
    for (const std::string& other : known) {
      if (other != part.text && same_shape(trial, part, name_expression(other)) &&
          trial.fits(part, name_expression(other))) {
        return is_updated(trial, part.text, other)
                   ? trial.say("updated in place of old values",
                               fmt::format("{} is {} after the update, where the old {} belongs",
                                           part.text, other, other))
                   : trial.say("another value",
                               fmt::format("{} stands where {} would be right", part.text, other));
      }
    }
    return false;
  });
}

void try_derivatives(RepairTrial& trial) {
  const std::vector<LocalDerivative>& all = trial.here().local_derivatives();
  for (std::size_t k = 0; k < all.size() && !trial.found(); ++k) {
    const Expression right = derivative(trial, k);
    any_part(trial.root(), [&](Expression& part) {
      const bool whole = &part == &trial.root();
      return !whole && trial.fits(part, right) && say_derivative(trial, part, all[k]);
    });
    if (!trial.found() && trial.fits(trial.root(), right)) {
      say_derivative(trial, trial.root(), all[k]);
    }
  }
}

void try_dropping(RepairTrial& trial) {
  any_part(trial.root(), [&](Expression& part) {
    if (part.kind != Kind::binary || part.children.size() != 2) {
      return false;
    }
    const bool factor = part.text == "*" || part.text == "/";
    const bool term = part.text == "+" || part.text == "-";
    for (std::size_t kept = 0; kept < 2; ++kept) {
      if ((factor || term) && trial.fits(part, part.children[kept])) {
        return say_dropped(trial, part, part.children[1 - kept], factor);
      }
    }
    return part.text == "*" && drop_pair(trial, part);
  });
}

void try_masks(RepairTrial& trial) {
  const std::vector<LocalDerivative>& all = trial.here().local_derivatives();
  for (std::size_t k = 0; k < all.size() && !trial.found(); ++k) {
    const Expression missing = derivative(trial, k);
    any_part(trial.root(), [&](Expression& part) {
      return trial.fits(part, binary_expression("*", part, missing)) &&
             trial.say(all[k].function == "relu" ? "missing mask" : "derivative missing",
                       fmt::format("{} lacks the factor {}", to_string(part), text_of(all[k])));
    });
  }
}

}  // namespace gradcheck
