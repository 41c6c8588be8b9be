#include <gradcheck/cases/read_update.hpp>
#include <gradcheck/network/mistakes.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {
namespace {

Position place_of(const toml::node& node) {
  return {node.source().begin.line, node.source().begin.column};
}

/// A rate, or one for each step: [0.1, 0.05].
std::vector<double> read_rates(const TableReader& table, const Entry& entry,
                               const std::string& wanted) {
  const toml::array* steps = entry.node->as_array();
  if (steps == nullptr) {
    return {table.number(entry, wanted, [](double) { return true; })};
  }
  std::vector<double> rates;
  for (const toml::node& step : *steps) {
    const std::optional<double> rate = step.is_number() ? finite_number(step) : std::nullopt;
    if (!rate) {
      table.fail_at(place_of(step), entry.key + " has " + table.shown(step) +
                                        ", expected a finite number, one for each step");
    }
    rates.push_back(*rate);
  }
  if (rates.empty()) {
    table.fail(entry, wanted);
  }
  return rates;
}

void read_learning_rate(const TableReader& table, const Entry& entry, UpdateRule& update) {
  update.rate_at = entry.at;
  const std::string wanted =
      "a finite number, a list of them by step, or a table of them by parameter";
  if (!entry.node->is_table()) {
    update.learning_rate = read_rates(table, entry, wanted);
    return;
  }
  const TableReader by_parameter = table.table(entry);
  for (const Entry& own : by_parameter.entries()) {
    update.by_parameter[own.key] =
        read_rates(by_parameter, own, "a finite number, or a list of them by step");
  }
  if (update.by_parameter.empty()) {
    table.fail(entry, wanted);
  }
}

void read_order(const TableReader& table, const Entry& entry, UpdateRule& update) {
  const std::string wanted = "a list of the parameters, as in [\"W2\", \"W1\"]";
  const toml::array* names = entry.node->as_array();
  if (names == nullptr || names->empty()) {
    table.fail(entry, wanted);
  }
  update.order_at = entry.value_at();
  for (const toml::node& name : *names) {
    if (!name.is_string()) {
      table.fail_at(place_of(name),
                    entry.key + " has " + table.shown(name) + ", expected " + wanted);
    }
    update.order.push_back(name.as_string()->get());
  }
}

void read_rule(const TableReader& table, UpdateRule& update) {
  const Entry* rule = table.find("rule");
  update.rule = rule == nullptr ? "sgd" : table.text(*rule, "\"sgd\"");
  if (update.rule != "sgd") {
    table.fail_at(rule->value_at(),
                  "only sgd is supported so far, got '" + shortened(update.rule) + "'");
  }
}

}  // namespace

UpdateRule read_update(const TableReader& table) {
  UpdateRule update;
  update.at = table.at();
  read_rule(table, update);  // what else there is depends on it
  Mistakes mistakes;
  mistakes.attempt([&] {
    table.allow({"rule", "learning_rate", "steps", "order"}, {"learning_rate"});
  });
  mistakes.attempt([&] {
    if (const Entry* rate = table.find("learning_rate")) {
      read_learning_rate(table, *rate, update);
    }
  });
  mistakes.attempt([&] {
    if (const Entry* steps = table.find("steps")) {
      const std::string wanted = "an integer from 1 to " + std::to_string(max_steps);
      update.steps = static_cast<std::size_t>(table.integer(*steps, 1, max_steps, wanted));
    }
  });
  mistakes.attempt([&] {
    if (const Entry* order = table.find("order")) {
      read_order(table, *order, update);
    }
  });
  mistakes.throw_any();
  return update;
}

}  // namespace gradcheck
