#include <set>

#include <gradcheck/c/c_structs.hpp>
#include <gradcheck/c/number_buffer.hpp>
#include <gradcheck/c/requests.hpp>
#include <gradcheck/check/check.hpp>
#include <gradcheck/network/language.hpp>

namespace gradcheck {
namespace {

Role read_role(const gradcheck_value& given, const std::string& where) {
  switch (given.role) {
    case GRADCHECK_ROLE_PARAMETER:
      return Role::parameter;
    case GRADCHECK_ROLE_INPUT:
      return Role::input;
    case GRADCHECK_ROLE_CONSTANT:
      return Role::constant;
    default:
      throw_value(where, "role", "<" + std::to_string(given.role) + ">",
                  "one of GRADCHECK_ROLE_PARAMETER (0), ..., GRADCHECK_ROLE_CONSTANT (2)");
  }
}

/// Who gives a tensor that nothing uses has another name in mind.
void require_used(const std::vector<NamedValue>& given, const std::vector<Statement>& statements) {
  std::set<std::string> used;
  for (const Statement& statement : statements) {
    for (const std::string& name : names_in(statement.value)) {
      used.insert(name);
    }
  }
  for (const NamedValue& one : given) {
    if (!used.contains(one.name)) {
      throw_value("network", "the tensor " + one.name, "<no use>", "a statement that reads it");
    }
  }
}

Network build(const gradcheck_network& given) {
  require_pointer(given.text, "network", "text");
  Network network;
  std::vector<NamedValue> tensors;
  for (const gradcheck_value& one :
       read_structs(given.tensors, given.tensor_count, "network.tensors")) {
    tensors.push_back(read_value(one, "network.tensors"));
    network.give(tensors.back().name, tensors.back().role, tensors.back().value);
  }
  const std::vector<Statement> statements = parse_statements(given.text);
  require_used(tensors, statements);
  add_statements(network, statements);
  if (given.loss != nullptr) {
    const auto loss = network.find(given.loss);
    if (!loss) {
      throw_value("network", "loss", "<" + std::string(given.loss) + ">", "a name of the network");
    }
    network.set_loss(*loss);
  }
  return network;
}

}  // namespace

NamedValue read_value(const gradcheck_value& given, const std::string& where) {
  require_pointer(given.name, where, "name");
  const std::string what = where + "." + given.name;
  const Shape shape = read_shape(what, given.shape, given.rank);
  if (entries_of(shape) > 0) {
    require_pointer(given.data, what, "data");
  }
  return {given.name, read_numbers(given.data, NumberType::float64, shape), read_role(given, what)};
}

Report check_network_request(const gradcheck_network* given, const CallbackOptions& options) {
  const gradcheck_network network = read_struct(given, "network");
  CheckOptions check_options = options.layer.check;
  check_options.all_values = network.all_values != 0;
  Report report;
  try {
    report = check(build(network), check_options);
  } catch (const LocatedError& error) {
    throw ValueError("network:" + std::to_string(error.at.line) + ":" +
                     std::to_string(error.at.column) + ": " + error.what());
  }
  report.cases.at(0).id = network.name != nullptr ? network.name : "network";
  require_checked(report, false);
  return report;
}

}  // namespace gradcheck
