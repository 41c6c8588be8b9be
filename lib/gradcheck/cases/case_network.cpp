#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <string_view>

#include <gradcheck/cases/case_network.hpp>
#include <gradcheck/cases/derivation_lines.hpp>
#include <gradcheck/cases/plan.hpp>
#include <gradcheck/network/add_readable.hpp>

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
  Mistakes mistakes;
  if (!rated.empty()) {
    mistakes.attempt(
        [&] { require_every_parameter(rated, network, "update: learning_rate", update.rate_at); });
  }
  if (!update.order.empty()) {
    mistakes.attempt(
        [&] { require_every_parameter(update.order, network, "update: order", update.order_at); });
  }
  mistakes.throw_any();
}

/// Builds the network of a case, as far as it can be, and gathers the mistakes.
class NetworkReader {
 public:
  NetworkReader(ReadCase& read, const LayerLibrary& library)
      : read_(read), file_(read.file), lost_(read.lost), mistakes_(read.mistakes) {
    for (const Given& given : file_.given) {
      network_.give(given.name, role_of(given.table), given.value, given.at);
    }
    if (!file_.network.text.empty()) {
      read_network(library);
    }
  }

  Network take() {
    if (!mistakes_.all().empty()) {
      gather_others();
    }
    if (!whole_ || changes_judgement()) {
      mistakes_.throw_any();
    }
    return std::move(network_);
  }

 private:
  void read_network(const LayerLibrary& library) {
    ReadStatements read = read_statements(file_.network.text, file_.network.at);
    if (read.statements.empty() && read.mistakes.all().empty()) {
      mistakes_.add({file_.network.at, "the network has no statements, expected at least one"});
    }
    mistakes_.add(read.mistakes);
    lost_.names.merge(read.lost.names);
    lost_.others = lost_.others || read.lost.others;
    if (!lost_.others && !read.statements.empty()) {
      mistakes_.add(add_readable(network_, read.statements, lost_, library));
      read_loss(read.statements.back().at);
    }
  }

  void read_loss(Position at) {
    bool has_loss = true;
    if (file_.loss && !lost_.names.contains(*file_.loss)) {
      at = file_.loss_at;
      has_loss =
          mistakes_.attempt([&] { network_.set_loss(find_value(network_, *file_.loss, at)); });
    }
    if (lost_.names.empty()) {
      require_whole(at, has_loss);
    }
  }

  /// What can be said of all of a network only.
  void require_whole(Position at, bool has_loss) {
    const bool used = mistakes_.attempt([&] { require_used(network_, file_); });
    if (file_.update && !read_.unread.contains("update") &&
        !mistakes_.attempt([&] { require_fitting(*file_.update, network_); })) {
      read_.unread.insert("update");
    }
    whole_ = has_loss && used && mistakes_.attempt([&] { require_dependence(network_, at); });
  }

  /// Mistakes of what a network is judged by: without it, what is right might be called wrong.
  bool changes_judgement() const {
    return std::ranges::any_of(
        std::array{"network", "loss", "settings", "inputs", "constants", "parameters"},
        [&](const char* key) { return read_.unread.contains(key); });
  }

  /// Those of claims and a derivation.
  void gather_others() {
    if (!lost_.others && !network_.nodes().empty()) {
      plan_claims(known_claims(), network_, mistakes_);
    }
    if (file_.derivation) {
      mistakes_.add(read_statements(file_.derivation->text, file_.derivation->at).mistakes);
    }
  }

  /// The claims that speak of what could be read.
  CaseFile known_claims() const {
    CaseFile known;
    known.update = file_.update;
    const auto keep = [&](const std::vector<Claim>& claims, std::vector<Claim>& kept) {
      std::ranges::copy_if(claims, std::back_inserter(kept),
                           [&](const Claim& claim) { return !is_lost(claim); });
    };
    keep(file_.claims, known.claims);
    for (const ClaimsAfter& after : file_.after) {
      known.after.push_back({after.steps, after.at, {}});
      keep(after.claims, known.after.back().claims);
    }
    return known;
  }

  bool is_lost(const Claim& claim) const {
    Mistakes mistakes;
    std::vector<Reference> references;
    mistakes.attempt([&] {
      references = parse_references(claim.key, claim.kind == Claim::Kind::jacobian, claim.at);
    });
    return std::ranges::any_of(references, [&](const Reference& reference) {
      return lost_.names.contains(reference.first);
    });
  }

  ReadCase& read_;
  const CaseFile& file_;
  LostNames lost_;
  Mistakes& mistakes_;
  Network network_;
  bool whole_ = false;  ///< there is a network to check
};

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
  ReadCase read{file, {}, {}, {}};
  Network network = network_of(read, library);
  read.mistakes.throw_any();
  return network;
}

Network network_of(ReadCase& read, const LayerLibrary& library) {
  return NetworkReader(read, library).take();
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
  if (rows > 1 && rows * columns > max_compared_jacobian) {
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
