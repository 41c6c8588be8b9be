#include <algorithm>
#include <string_view>

#include <gradcheck/cases/case_network.hpp>

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
  for (const Given& given : file.given) {
    if (!used[*network.find(given.name)]) {
      throw LocatedError(given.at, "'" + given.name + "' is given but the network does not use it");
    }
  }
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

void append(std::vector<ValueId>& ids, ValueId id) {
  if (std::ranges::count(ids, id) == 0) {
    ids.push_back(id);
  }
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
  throw LocatedError(at, "unknown name '" + name + "'" +
                             (nearest.empty() ? "" : ", did you mean '" + nearest + "'?"));
}

void require_differentiated(const Network& network, ValueId id, Position at) {
  const Value& value = network.value(id);
  if (value.role == Role::constant) {
    throw LocatedError(at, "'" + value.name +
                               "' is a constant, which nothing is differentiated by, expected a "
                               "value with a gradient; under [inputs] it has one");
  }
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

Network network_of(const CaseFile& file) {
  Network network;
  for (const Given& given : file.given) {
    network.give(given.name, role_of(given.table), given.value, given.at);
  }
  const std::vector<Statement> statements = parse_statements(file.network.text, file.network.at);
  if (statements.empty()) {
    throw LocatedError(file.network.at, "the network has no statements, expected at least one");
  }
  add_statements(network, statements);
  Position at = statements.back().at;
  if (file.loss) {
    network.set_loss(find_value(network, *file.loss, file.loss_at));
    at = file.loss_at;
  }
  require_used(network, file);
  require_dependence(network, at);
  return network;
}

std::vector<ValueId> checked_values(const CaseFile& file, const Network& network, bool all_values) {
  const std::vector<bool> needed = upstream_values(network.graph(), network.loss());
  std::vector<ValueId> ids = given_with(network, Role::parameter);
  if (ids.empty()) {
    for (const ValueId id : given_with(network, Role::input)) {
      if (needed[id]) {
        ids.push_back(id);
      }
    }
  }
  for (const std::string& name : file.check) {
    const ValueId id = find_value(network, name, file.check_at);
    require_differentiated(network, id, file.check_at);
    append(ids, id);
  }
  for (const Claim* claim : gradient_claims(file)) {
    const std::string name = parse_reference(claim->key, claim->at).first;
    const ValueId id = find_value(network, name, claim->at);
    require_differentiated(network, id, claim->at);
    append(ids, id);
  }
  if (file.derivation) {
    for (const Statement& statement :
         parse_statements(file.derivation->text, file.derivation->at)) {
      if (const std::optional<ValueId> id = claimed_by(network, statement.targets[0])) {
        require_differentiated(network, *id, statement.at);
        append(ids, *id);
      }
    }
  }
  for (ValueId id = 0; all_values && id < network.values().size(); ++id) {
    if (!network.value(id).name.empty() && network.value(id).role != Role::constant && needed[id] &&
        id != network.loss()) {
      append(ids, id);
    }
  }
  return ids;
}

}  // namespace gradcheck
