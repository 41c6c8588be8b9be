#include <algorithm>

#include <gradcheck/network/branch_names.hpp>
#include <gradcheck/network/language.hpp>

namespace gradcheck {

namespace {

using Kind = Expression::Kind;

/// Whether an expression has anything in it that is not finite everywhere.
bool may_fail(const Expression& e) {
  const bool function = e.kind == Kind::call;
  const bool operation = e.kind == Kind::binary && (e.text == "/" || e.text == "**");
  return function || operation || std::ranges::any_of(e.children, may_fail);
}

/// Whether an expression has a finite value and finite derivatives by all of the network.
bool is_finite(const Network& network, const Expression& e,
               const std::function<ValueId(Network&, const Expression&)>& build) {
  Network scratch = network;
  const ValueId id = build(scratch, e);
  try {
    const Values<double> values = forward<double>(scratch);
    const Tensor upstream = full<double>(scratch.value(id).shape, 1);
    return all_finite(values[id]) &&
           std::ranges::all_of(backward<double>(scratch, values, id, upstream),
                               [](const Tensor& gradient) { return all_finite(gradient); });
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

std::map<std::string, ValueId> branch_names(
    Network& network, const Branch& branch, const LayerLibrary& library,
    const std::function<ValueId(Network&, const Expression&)>& build) {
  std::map<std::string, ValueId> names;
  if (!may_fail(branch.expression) || is_finite(network, branch.expression, build)) {
    return names;
  }
  const Values<double> values = forward<double>(network);
  const auto mask = entries(values[branch.mask]);
  const auto taken =
      std::ranges::find_if(mask, [&](double entry) { return (entry != 0) == branch.where_true; });
  for (const std::string& name : names_in(branch.expression)) {
    const std::optional<ValueId> id = network.find(name);
    if (!id || network.value(*id).shape != network.value(branch.mask).shape) {
      continue;
    }
    const double known = taken == mask.end() ? 1 : values[*id].data()[taken - mask.begin()];
    const Position at = branch.expression.at;
    const ValueId other =
        network.give("", Role::constant, full<double>(network.value(*id).shape, known), at);
    const std::vector<ValueId> inputs = branch.where_true ? std::vector{branch.mask, *id, other}
                                                          : std::vector{branch.mask, other, *id};
    names[name] = network.apply("", make_layer(*library.find("where"), {}), inputs, at, name);
  }
  return names;
}

}  // namespace gradcheck
