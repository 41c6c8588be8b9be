#include <algorithm>
#include <set>
#include <string_view>

#include <gradcheck/cases/case_network.hpp>
#include <gradcheck/cases/derivation_lines.hpp>

namespace gradcheck {

namespace {

Role role_of(Given::Table table) {
  switch (table) {
    case Given::Table::inputs:
      return Role::input;
    case Given::Table::constants:
      return Role::constant;
    case Given::Table::parameters:
      return Role::parameter;
  }
  return Role::constant;
}

void require_used(const Network& network, const CaseFile& file) {
  std::vector<bool> used(network.values().size());
  for (const Network::Node& node : network.nodes()) {
    for (const ValueId input : node.inputs) {
      used[input] = true;
    }
  }
  Mistakes mistakes;
  for (const Given& given : file.given) {
    if (!used[*network.find(given.name)]) {
      mistakes.add(LocatedError(
          given.at, "'" + shortened(given.name) + "' is given but the network does not use it"));
    }
  }
  mistakes.throw_any();
}

std::string listed(const Network& network, const std::vector<ValueId>& ids) {
  std::string text;
  for (const ValueId id : ids) {
    text += (text.empty() ? "" : ", ") + network.value(id).name;
  }
  return text;
}

std::vector<ValueId> given_with(const Network& network, Role role) {
  std::vector<ValueId> ids;
  for (const ValueId id : network.leaves()) {
    if (network.value(id).role == role && !network.value(id).name.empty()) {
      ids.push_back(id);
    }
  }
  return ids;
}

/// The parameters, or the inputs where there are none.
std::vector<ValueId> trainable(const Network& network) {
  const std::vector<ValueId> parameters = given_with(network, Role::parameter);
  return parameters.empty() ? given_with(network, Role::input) : parameters;
}

void require_dependence(const Network& network, Position at) {
  const std::vector<ValueId> ids = trainable(network);
  const std::vector<bool> needed = upstream_values(network.graph(), network.loss());
  if (std::ranges::none_of(ids, [&](ValueId id) { return needed[id]; })) {
    const std::string names = listed(network, ids);
    throw LocatedError(at, "the loss '" + network.value(network.loss()).name + "' depends on " +
                               (names.empty() ? "no parameter or input" : "none of " + names) +
                               ", expected at least one that it can be differentiated by");
  }
}

/// Values in the order in which they were added, each once.
class ValueList {
 public:
  explicit ValueList(const Network& network)
      : network_(network), listed_(network.values().size()) {}

  void add(ValueId id) {
    if (!listed_[id]) {
      listed_[id] = true;
      ids_.push_back(id);
    }
  }
  void add(ValueId id, Position at) {
    require_gradient(network_, id, at);
    add(id);
  }
  void add(const std::vector<ValueId>& ids) {
    std::ranges::for_each(ids, [&](ValueId id) { add(id); });
  }
  const std::vector<ValueId>& ids() const { return ids_; }

 private:
  const Network& network_;
  std::vector<bool> listed_;
  std::vector<ValueId> ids_;
};

/// The inputs that the values can be differentiated by.
std::vector<ValueId> inputs_among(const Network& network, const std::vector<bool>& values) {
  std::vector<ValueId> inputs = given_with(network, Role::input);
  std::erase_if(inputs, [&](ValueId id) { return !values[id]; });
  return inputs;
}

std::vector<ValueId> named_among(const Network& network, const std::vector<bool>& values) {
  std::vector<ValueId> ids;
  for (ValueId id = 0; id < values.size(); ++id) {
    const Value& value = network.value(id);
    if (values[id] && !value.name.empty() && value.role != Role::constant) {
      ids.push_back(id);
    }
  }
  return ids;
}

std::vector<const Claim*> gradient_claims(const CaseFile& file) {
  std::vector<const Claim*> claims;
  for (const Claim& claim : file.claims) {
    if (claim.kind == Claim::Kind::gradient) {
      claims.push_back(&claim);
    }
  }
  return claims;
}

/// Throws LocatedError unless the names are the parameters, each once.
void require_every_parameter(const std::vector<std::string>& names, const Network& network,
                             const std::string& what, Position at) {
  const std::vector<ValueId> parameters = given_with(network, Role::parameter);
  std::set<std::string> missing;
  for (const ValueId id : parameters) {
    missing.insert(network.value(id).name);
  }
  for (const std::string& name : names) {
    if (missing.erase(name) == 0) {
      throw LocatedError(at, what + " has '" + shortened(name) + "', expected each of " +
                                 listed(network, parameters) + " once");
    }
  }
  if (!missing.empty()) {
    throw LocatedError(at, what + " lacks '" + *missing.begin() + "', expected each of " +
                               listed(network, parameters) + " once");
  }
}

void require_fitting(const UpdateRule& update, const Network& network) {
  if (given_with(network, Role::parameter).empty()) {
    throw LocatedError(update.at, "update: there are no [parameters] that it could change");
  }
  std::vector<std::string> rated;
  for (const auto& [name, rates] : update.by_parameter) {
    rated.push_back(name);
  }
  if (!rated.empty()) {
    require_every_parameter(rated, network, "update: learning_rate", update.rate_at);
  }
  if (!update.order.empty()) {
    require_every_parameter(update.order, network, "update: order", update.order_at);
  }
}

}  // namespace

ValueId find_value(const Network& network, const std::string& name, Position at) {
  if (const std::optional<ValueId> found = network.find(name)) {
    return *found;
  }
  std::vector<std::string> known;
  for (const auto& entry : network.names()) {
    known.push_back(entry.first);
  }
  const std::string nearest = nearest_name(name, known);
  throw LocatedError(at, "unknown name '" + shortened(name) + "'" +
                             (nearest.empty() ? "" : ", did you mean '" + nearest + "'?"));
}

Selection select_at(const Shape& shape, const std::vector<Subscript>& subscripts,
                    const std::string& key, Position at) {
  try {
    return select(shape, subscripts);
  } catch (const LocatedError&) {
    throw;
  } catch (const Error& error) {
    std::string what = error.what();
    constexpr std::string_view layer = "slice: ";
    what.erase(0, what.starts_with(layer) ? layer.size() : 0);
    const bool says_shape = what.find(to_string(shape)) != std::string::npos;
    throw LocatedError(
        at, "'" + key + "': " + what + (says_shape ? "" : " for shape " + to_string(shape)));
  }
}

std::optional<ValueId> claimed_by(const Network& network, const std::string& target) {
  if (target.size() < 2 || target[0] != 'd' || network.find(target)) {
    return std::nullopt;
  }
  return network.find(target.substr(1));
}

Network network_of(const CaseFile& file, const LayerLibrary& library) {
  Network network;
  for (const Given& given : file.given) {
    network.give(given.name, role_of(given.table), given.value, given.at);
  }
  const std::vector<Statement> statements = parse_statements(file.network.text, file.network.at);
  if (statements.empty()) {
    throw LocatedError(file.network.at, "the network has no statements, expected at least one");
  }
  add_statements(network, statements, library);
  Position at = statements.back().at;
  if (file.loss) {
    network.set_loss(find_value(network, *file.loss, file.loss_at));
    at = file.loss_at;
  }
  require_used(network, file);
  if (file.update) {
    require_fitting(*file.update, network);
  }
  require_dependence(network, at);
  return network;
}

void require_gradient(const Network& network, ValueId id, Position at) {
  if (network.value(id).role == Role::constant) {
    throw LocatedError(at, "'" + network.value(id).name +
                               "' is a constant, which nothing is differentiated by, expected a "
                               "value with a gradient; under [inputs] it has one");
  }
}

void require_jacobian(const Network& network, ValueId to, ValueId from, Position at) {
  const std::size_t rows = entries_of(network.value(to).shape);
  const std::size_t columns = entries_of(network.value(from).shape);
  if (rows * columns > max_compared_jacobian) {
    throw LocatedError(at, "d(" + network.value(to).name + ")/d(" + network.value(from).name +
                               ") has " + std::to_string(rows) + " times " +
                               std::to_string(columns) + " entries, expected at most " +
                               std::to_string(max_compared_jacobian));
  }
}

std::vector<ValueId> checked_values(const CaseFile& file, const Network& network, bool all_values,
                                    Mistakes& mistakes) {
  const std::vector<bool> needed = upstream_values(network.graph(), network.loss());
  ValueList list(network);
  const std::vector<ValueId> parameters = given_with(network, Role::parameter);
  list.add(parameters.empty() ? inputs_among(network, needed) : parameters);
  for (const std::string& name : file.check) {
    mistakes.attempt([&] { list.add(find_value(network, name, file.check_at), file.check_at); });
  }
  Mistakes told_elsewhere;
  for (const Claim* claim : gradient_claims(file)) {
    told_elsewhere.attempt([&] {
      const std::string name = parse_reference(claim->key, claim->at).first;
      list.add(find_value(network, name, claim->at), claim->at);
    });
  }
  if (file.derivation) {
    for (const DerivationLine& line : read_derivation(*file.derivation, network).lines) {
      if (line.claims) {
        list.add(*line.claims);
      }
    }
  }
  if (all_values) {
    std::vector<bool> others = needed;
    others[network.loss()] = false;
    list.add(named_among(network, others));
  }
  return list.ids();
}

}  // namespace gradcheck
