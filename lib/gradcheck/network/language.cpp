#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>
#include <span>

#include <gradcheck/layers/shaping.hpp>
#include <gradcheck/network/add_readable.hpp>
#include <gradcheck/network/branch_names.hpp>
#include <gradcheck/network/call.hpp>
#include <gradcheck/network/constant.hpp>
#include <gradcheck/network/language.hpp>
#include <gradcheck/network/place.hpp>
#include <gradcheck/network/selection.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

using Kind = Expression::Kind;

/// Characters of an expression that a message quotes, and that a value without a name keeps.
constexpr std::size_t longest_shown = 160;

const std::map<std::string, std::string, std::less<>>& operator_layers() {
  static const std::map<std::string, std::string, std::less<>> layers{
      {"+", "add"},    {"-", "subtract"},    {"*", "multiply"},  {"/", "divide"},
      {"@", "matmul"}, {">", "greater"},     {"<", "less"},      {">=", "greater_equal"},
      {"==", "equal"}, {"<=", "less_equal"}, {"!=", "not_equal"}};
  return layers;
}

std::string did_you_mean(const std::string& nearest) {
  return nearest.empty() ? "" : ", did you mean '" + nearest + "'?";
}

/// base ** x with a constant base above 0.
bool is_exponential(const Expression& e) {
  if (e.kind != Kind::binary || e.text != "**" || constant_number(e.children[1])) {
    return false;
  }
  const std::optional<double> base = constant_number(e.children[0]);
  return base && *base > 0;
}

/// Turns expressions into nodes of a network.
class Builder {
 public:
  /// `outer` has names beside the network's: they cannot be read, only be meant.
  Builder(Network& network, const LayerLibrary& library,
          const std::map<std::string, Tensor>* outer = nullptr)
      : network_(network), library_(library), outer_(outer) {}

  /// Adds one of the statements, in their order.
  void add(const Statement& statement, std::span<const Statement> later) {
    statement_ = &statement;
    later_ = later;
    check_targets(statement);
    if (statement.targets.size() > 1) {
      add_several(statement);
      return;
    }
    const ValueId id = build(statement.value, statement.targets[0]);
    network_.set_loss(id);
  }

  /// The value of an expression; `name` is empty for a part of a larger one.
  ValueId build(const Expression& e, const std::string& name = {}) {
    std::vector<const Expression*> chain = chain_of(e);
    // The base of an exponential is no value of the network.
    const auto last = std::ranges::find_if(chain, [](auto one) { return is_exponential(*one); });
    if (last != chain.end()) {
      chain.erase(last + 1, chain.end());
    }
    ValueId id = first_of_chain(*chain.back(), chain.size() == 1 ? name : "");
    for (std::size_t k = chain.size() - 1; k-- > 0;) {
      id = next_of_chain(*chain[k], id, k == 0 ? name : "");
    }
    return id;
  }

 private:
  ValueId first_of_chain(const Expression& e, const std::string& name) {
    switch (e.kind) {
      case Kind::number:
        return constant(e, name, scalar(e.number));
      case Kind::name:
        return read(e, name);
      case Kind::negate:
        return negated(e, name);
      case Kind::binary:
        return exponential(e, name, *constant_number(e.children[0]));
      case Kind::array:
        return array(e, name);
      case Kind::call:
        return call(e, {name})[0];
      default:
        break;
    }
    throw LocatedError(e.at, "'" + shortened(to_string(e)) + "' is not a tensor, expected one");
  }

  /// `first` is the value of its first operand.
  ValueId next_of_chain(const Expression& e, ValueId first, const std::string& name) {
    switch (e.kind) {
      case Kind::transpose:
        return apply(e, name, layer(e, "transpose", {}), {first});
      case Kind::index:
        return apply(e, name, make_slice(slices_of(e.subscripts)), {first});
      default:
        return binary(e, first, name);
    }
  }

  void check_targets(const Statement& statement) const {
    std::set<std::string> seen;
    for (const std::string& target : statement.targets) {
      if (target != "_" && (network_.find(target) || !seen.insert(target).second)) {
        throw LocatedError(statement.at,
                           "'" + target + "' is assigned or given twice, expected a new name");
      }
    }
  }

  void add_several(const Statement& statement) {
    if (statement.value.kind != Kind::call) {
      throw LocatedError(statement.at,
                         "only a function with several outputs can be assigned to several names");
    }
    std::vector<std::string> names = statement.targets;
    std::ranges::replace(names, std::string("_"), std::string());
    network_.set_loss(call(statement.value, names).back());
  }

  ValueId constant(const Expression& e, const std::string& name, Tensor value) {
    return located(e.at, [&] {
      return network_.give(name == "_" ? "" : name, Role::constant, std::move(value), e.at);
    });
  }

  ValueId read(const Expression& e, const std::string& name) {
    const std::optional<ValueId> found = network_.find(e.text);
    if (!found && e.text == "pi") {
      return constant(e, name, scalar(std::numbers::pi));
    }
    if (!found) {
      throw LocatedError(e.at, unknown_name(e.text));
    }
    if (name.empty()) {
      const auto safe = branch_names_.find(e.text);
      return safe == branch_names_.end() ? *found : safe->second;
    }
    std::vector<double> shape;
    for (const std::size_t extent : network_.value(*found).shape) {
      shape.push_back(static_cast<double>(extent));
    }
    return apply(e, name, layer(e, "reshape", {{"shape", shape}}), {*found});
  }

  std::string unknown_name(const std::string& name) const {
    const auto assigns = [&](const Statement& s) {
      return std::ranges::count(s.targets, name) > 0;
    };
    const auto assigned = std::ranges::find_if(later_, assigns);
    if (assigned != later_.end()) {
      return "'" + name + "' is used before it is assigned, at " + to_string(assigned->at);
    }
    if (library_.find(name) != nullptr) {
      return "'" + name + "' is a function, expected a value; call it as " +
             library_.find(name)->signature();
    }
    return "unknown name '" + name + "'" + did_you_mean(nearest_name(name, known_names()));
  }

  std::vector<std::string> known_names() const {
    std::vector<std::string> known;
    for (const auto& entry : network_.names()) {
      known.push_back(entry.first);
    }
    if (outer_ != nullptr) {
      for (const auto& entry : *outer_) {
        known.push_back(entry.first);
      }
    }
    return known;
  }

  ValueId negated(const Expression& e, const std::string& name) {
    if (const std::optional<double> number = constant_number(e)) {
      return constant(e, name, scalar(*number));
    }
    return apply(e, name, layer(e, "negate", {}), {build(e.children[0])});
  }

  ValueId binary(const Expression& e, ValueId a, const std::string& name) {
    if (e.text == "**") {
      const std::optional<double> exponent = constant_number(e.children[1]);
      if (!exponent) {
        throw LocatedError(e.children[1].at, "'**' has exponent '" +
                                                 shortened(to_string(e.children[1])) +
                                                 "', expected a constant number, or a "
                                                 "constant base above 0");
      }
      return apply(e, name, layer(e, "power", {{"exponent", *exponent}}), {a});
    }
    const ValueId b = build(e.children[1]);
    return apply(e, name, layer(e, operator_layers().find(e.text)->second, {}), {a, b});
  }

  /// base ** x = exp(x ln base)
  ValueId exponential(const Expression& e, const std::string& name, double base) {
    const ValueId x = build(e.children[1]);
    const ValueId logarithm = constant(e, "", scalar(std::log(base)));
    const ValueId product = apply(e, "", layer(e, "multiply", {}), {x, logarithm});
    return apply(e, name, layer(e, "exp", {}), {product});
  }

  ValueId array(const Expression& e, const std::string& name) {
    if (e.children.empty()) {
      throw LocatedError(e.at, "an array literal is empty, expected at least one entry");
    }
    std::vector<ValueId> items;
    bool constants = true;
    for (const Expression& item : e.children) {
      items.push_back(build(item));
      constants = constants && network_.value(items.back()).role == Role::constant &&
                  network_.value(items.back()).name.empty();
      if (network_.value(items.back()).shape != network_.value(items[0]).shape) {
        throw LocatedError(item.at, "array: an item has shape " +
                                        to_string(network_.value(items.back()).shape) +
                                        ", expected " + to_string(network_.value(items[0]).shape) +
                                        " as the first" + in_statement());
      }
    }
    return constants ? constant(e, name, stacked(items))
                     : apply(e, name, layer(e, "stack", {{"axis", 0.0}}), items);
  }

  Tensor stacked(const std::vector<ValueId>& items) const {
    Shape shape = network_.value(items[0]).shape;
    shape.insert(shape.begin(), items.size());
    Tensor out = empty<double>(shape);
    double* next = out.data();
    for (const ValueId item : items) {
      next = std::ranges::copy(entries(network_.leaf(item)), next).out;
    }
    return out;
  }

  std::vector<ValueId> call(const Expression& e, std::vector<std::string> names) {
    const LayerType* type = library_.find(e.text);
    if (type == nullptr) {
      throw LocatedError(
          e.at, "unknown function '" + e.text + "'" + did_you_mean(library_.nearest(e.text)));
    }
    CallArguments arguments = sort_arguments(e, *type, in_statement());
    std::vector<ValueId> inputs;
    for (const Expression* argument : arguments.tensors) {
      const bool branch = e.text == "where" && arguments.tensors.size() == 3 && !inputs.empty();
      inputs.push_back(branch ? build_branch({*argument, inputs[0], inputs.size() == 1})
                              : build(*argument));
    }
    const LayerPtr made = layer(e, *type, std::move(arguments.settings));
    if (inputs.empty()) {
      const auto value = [&] { return std::move(made->forward(Inputs<double>())[0]); };
      return {constant(e, names[0], located(e.at, value))};
    }
    if (type->first_alone && names.size() == 1) {
      names.resize(type->outputs);
    }
    return apply_all(e, std::move(names), made, inputs);
  }

  ValueId build_branch(const Branch& branch) {
    std::map<std::string, ValueId> names =
        branch_names(network_, branch, library_, [this](Network& network, const Expression& e) {
          return Builder(network, library_, outer_).build(e);
        });
    std::swap(branch_names_, names);
    const ValueId id = build(branch.expression);
    std::swap(branch_names_, names);
    return id;
  }

  LayerPtr layer(const Expression& e, std::string_view name, Settings settings) const {
    return layer(e, *library_.find(name), std::move(settings));
  }

  LayerPtr layer(const Expression& e, const LayerType& type, Settings settings) const {
    try {
      return make_layer(type, std::move(settings));
    } catch (const LocatedError&) {
      throw;
    } catch (const Error& error) {
      throw LocatedError(e.at, error.what() + in_statement());
    }
  }

  ValueId apply(const Expression& e, const std::string& name, LayerPtr layer,
                const std::vector<ValueId>& inputs) {
    return apply_all(e, {name}, std::move(layer), inputs)[0];
  }

  std::vector<ShapeMistake::Operand> operands_of(const std::vector<ValueId>& inputs) const {
    std::vector<ShapeMistake::Operand> operands;
    for (const ValueId id : inputs) {
      const Value& value = network_.value(id);
      operands.push_back({value.name.empty() ? value.expression : value.name, value.shape});
    }
    return operands;
  }

  std::vector<ValueId> apply_all(const Expression& e, std::vector<std::string> names,
                                 LayerPtr layer, const std::vector<ValueId>& inputs) {
    std::ranges::replace(names, std::string("_"), std::string());
    const bool part = names[0].empty() || statement_ == nullptr;
    const std::string text = part ? shortened(to_string(e), longest_shown) : statement_->text;
    try {
      return network_.apply_all(std::move(names), std::move(layer), inputs, e.at, text);
    } catch (const ShapeError& error) {
      throw ShapeMistake(e.at, error.what() + in_statement(), operands_of(inputs));
    } catch (const Error& error) {
      throw LocatedError(e.at, error.what() + in_statement());
    }
  }

  std::string in_statement() const {
    return statement_ == nullptr ? "" : ", in '" + shortened(statement_->text, longest_shown) + "'";
  }

  Network& network_;
  const LayerLibrary& library_;
  const Statement* statement_ = nullptr;
  std::span<const Statement> later_;
  const std::map<std::string, Tensor>* outer_ = nullptr;
  std::map<std::string, ValueId> branch_names_;  ///< read in the place of names in a branch
};

/// An expression over named tensors, of which those that it reads have a name in the network.
struct ExpressionNetwork {
  ExpressionNetwork(const Expression& expression, const std::map<std::string, Tensor>& names,
                    const LayerLibrary& library) {
    for (const std::string& name : names_in(expression)) {
      if (const auto found = names.find(name); found != names.end()) {
        network.give(name, Role::constant, found->second);
      }
    }
    value = Builder(network, library, &names).build(expression);
  }

  Network network;
  ValueId value = 0;
};

}  // namespace

void add_statements(Network& network, const std::vector<Statement>& statements,
                    const LayerLibrary& library) {
  LostNames lost;
  add_readable(network, statements, lost, library).throw_any();
}

Mistakes add_readable(Network& network, const std::vector<Statement>& statements, LostNames& lost,
                      const LayerLibrary& library) {
  Builder builder(network, library);
  Mistakes mistakes;
  for (std::size_t k = 0; k < statements.size(); ++k) {
    const Statement& statement = statements[k];
    const std::vector<std::string> read = names_in(statement.value);
    const bool depends = std::ranges::any_of(
        read, [&](const std::string& name) { return lost.names.contains(name); });
    if (depends ||
        !mistakes.attempt([&] { builder.add(statement, std::span(statements).subspan(k)); })) {
      lost.names.insert(statement.targets.begin(), statement.targets.end());
    }
  }
  return mistakes;
}

Evaluated evaluate(const Expression& expression, const Environment& names,
                   const LayerLibrary& library) {
  const ExpressionNetwork made(expression, names.values, library);
  Values<long double> leaves = leaf_values<long double>(made.network);
  for (const auto& [name, id] : made.network.names()) {
    leaves[id] = names.long_values.at(name);
  }
  return {forward<double>(made.network)[made.value],
          forward(made.network, std::move(leaves))[made.value]};
}

Tensor evaluate_in_double(const Expression& expression, const std::map<std::string, Tensor>& names,
                          const LayerLibrary& library) {
  const ExpressionNetwork made(expression, names, library);
  return forward<double>(made.network)[made.value];
}

}  // namespace gradcheck
