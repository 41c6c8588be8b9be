#include <algorithm>
#include <iterator>
#include <numbers>
#include <numeric>
#include <set>
#include <span>

#include <gradcheck/layers/shaping.hpp>
#include <gradcheck/network/call.hpp>
#include <gradcheck/network/constant.hpp>
#include <gradcheck/network/language.hpp>
#include <gradcheck/network/place.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

using Kind = Expression::Kind;

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

std::vector<AxisSlice> slices_of(const std::vector<Subscript>& subscripts) {
  std::vector<AxisSlice> slices;
  for (const Subscript& s : subscripts) {
    AxisSlice slice;
    slice.start = s.start;
    slice.stop = s.stop;
    slice.step = s.step;
    slice.is_index = s.kind == Subscript::Kind::index;
    slice.ellipsis = s.kind == Subscript::Kind::ellipsis;
    slices.push_back(slice);
  }
  return slices;
}

/// Turns expressions into nodes of a network.
class Builder {
 public:
  /// `outer` has names beside the network's: they cannot be read, only be meant.
  Builder(Network& network, const LayerLibrary& library, const Environment* outer = nullptr)
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
    switch (e.kind) {
      case Kind::number:
        return constant(e, name, scalar(e.number));
      case Kind::name:
        return read(e, name);
      case Kind::negate:
        return negated(e, name);
      case Kind::binary:
        return binary(e, name);
      case Kind::transpose:
        return apply(e, name, layer(e, "transpose", {}), {build(e.children[0])});
      case Kind::index:
        return apply(e, name, make_slice(slices_of(e.subscripts)), {build(e.children[0])});
      case Kind::array:
        return array(e, name);
      case Kind::call:
        return call(e, {name})[0];
      case Kind::string:
      case Kind::boolean:
        break;
    }
    throw LocatedError(e.at, "'" + shortened(to_string(e)) + "' is not a tensor, expected one");
  }

 private:
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
      return *found;
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
      for (const auto& entry : outer_->values) {
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

  ValueId binary(const Expression& e, const std::string& name) {
    if (e.text == "**") {
      const std::optional<double> exponent = constant_number(e.children[1]);
      if (!exponent) {
        throw LocatedError(e.children[1].at, "'**' has exponent '" +
                                                 shortened(to_string(e.children[1])) +
                                                 "', expected a constant number");
      }
      return apply(e, name, layer(e, "power", {{"exponent", *exponent}}), {build(e.children[0])});
    }
    const ValueId a = build(e.children[0]);
    const ValueId b = build(e.children[1]);
    return apply(e, name, layer(e, operator_layers().find(e.text)->second, {}), {a, b});
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
      inputs.push_back(build(*argument));
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
                std::vector<ValueId> inputs) {
    return apply_all(e, {name}, std::move(layer), std::move(inputs))[0];
  }

  std::vector<ValueId> apply_all(const Expression& e, std::vector<std::string> names,
                                 LayerPtr layer, std::vector<ValueId> inputs) {
    std::ranges::replace(names, std::string("_"), std::string());
    const std::string text =
        names[0].empty() || statement_ == nullptr ? to_string(e) : statement_->text;
    try {
      return network_.apply_all(std::move(names), std::move(layer), std::move(inputs), e.at, text);
    } catch (const Error& error) {
      throw LocatedError(e.at, error.what() + in_statement());
    }
  }

  std::string in_statement() const {
    constexpr std::size_t most = 160;
    return statement_ == nullptr ? "" : ", in '" + shortened(statement_->text, most) + "'";
  }

  Network& network_;
  const LayerLibrary& library_;
  const Statement* statement_ = nullptr;
  std::span<const Statement> later_;
  const Environment* outer_ = nullptr;
};

void collect_names(const Expression& e, std::set<std::string>& names) {
  if (e.kind == Kind::name) {
    names.insert(e.text);
  }
  for (const Expression& child : e.children) {
    collect_names(child, names);
  }
  for (const auto& keyword : e.keywords) {
    collect_names(keyword.second, names);
  }
}

}  // namespace

void add_statements(Network& network, const std::vector<Statement>& statements,
                    const LayerLibrary& library) {
  Builder builder(network, library);
  for (std::size_t k = 0; k < statements.size(); ++k) {
    builder.add(statements[k], std::span(statements).subspan(k));
  }
}

Evaluated evaluate(const Expression& expression, const Environment& names,
                   const LayerLibrary& library) {
  const std::vector<std::string> used = names_in(expression);
  std::vector<std::string> read;
  std::ranges::copy_if(used, std::back_inserter(read),
                       [&](const std::string& name) { return names.values.contains(name); });
  Network network;
  for (const std::string& name : read) {
    network.give(name, Role::constant, names.values.at(name));
  }
  const ValueId id = Builder(network, library, &names).build(expression);
  Values<long double> leaves = leaf_values<long double>(network);
  for (const std::string& name : read) {
    leaves[*network.find(name)] = names.long_values.at(name);
  }
  return {forward<double>(network)[id], forward(network, std::move(leaves))[id]};
}

std::vector<std::string> names_in(const Expression& expression) {
  std::set<std::string> names;
  collect_names(expression, names);
  return {names.begin(), names.end()};
}

Selection select(const Shape& shape, const std::vector<Subscript>& subscripts) {
  Tensor positions = empty<double>(shape);
  std::iota(positions.data(), positions.data() + positions.size(), 0.0);
  const Tensor* const x = &positions;
  const LayerPtr slice = make_slice(slices_of(subscripts));
  slice->output_shapes(std::vector<Shape>{shape});
  const Tensor chosen = std::move(slice->forward(Inputs<double>(&x, 1))[0]);
  Selection selection{shape_of(chosen), {}};
  for (const double position : entries(chosen)) {
    selection.positions.push_back(static_cast<std::size_t>(position));
  }
  return selection;
}

}  // namespace gradcheck
