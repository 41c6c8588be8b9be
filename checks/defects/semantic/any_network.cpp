#include <optional>
#include <utility>

#include <defects/semantic/any_network.hpp>
#include <defects/semantic/shape_hints.hpp>
#include <defects/semantic/special_numbers.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <gradcheck/network/language.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck::defects::semantic {

namespace {

constexpr int tries_a_call = 30;          ///< before another function is taken
constexpr std::size_t most_entries = 64;  ///< of a value of an ordinary network

std::string text_of(const Setting& value) {
  struct Writer {
    std::string operator()(double x) const { return fmt::format("{}", x); }
    std::string operator()(bool x) const { return x ? "true" : "false"; }
    std::string operator()(const std::string& x) const { return fmt::format("\"{}\"", x); }
    std::string operator()(const std::vector<double>& x) const {
      return fmt::format("[{}]", fmt::join(x, ", "));
    }
  };
  return std::visit(Writer{}, value);
}

/// A value of the setting's kind; none if there is no way to guess one.
std::optional<Setting> any_value(const SettingType& setting, Chance& chance) {
  using Kind = SettingType::Kind;
  switch (setting.kind) {
    case Kind::number:
      return chance.of(std::vector<double>{0.5, 1, 2, 3, 1.5, 0.1, 1e-5, -1, 0});
    case Kind::integer:
      return static_cast<double>(chance.below(4)) - (chance.percent(20) ? 1 : 0);
    case Kind::boolean:
      return chance.percent(50);
    case Kind::word:
      return setting.words.empty() ? std::optional<Setting>() : chance.of(setting.words);
    case Kind::integers: {
      std::vector<double> numbers(1 + chance.below(3));
      for (double& each : numbers) {
        each = static_cast<double>(chance.below(4)) - (chance.percent(10) ? 1 : 0);
      }
      return numbers;
    }
    case Kind::numbers:
      return std::vector<double>(1 + chance.below(2), chance.of(std::vector<double>{2, 0.5, 1.5}));
    case Kind::text:  // einsum's equation
      return chance.of(
          std::vector<std::string>{"ij,jk->ik", "ij,ij->i", "i,j->ij", "ij->ji", "i,i->"});
  }
  return std::nullopt;
}

class Builder {
 public:
  Builder(std::uint64_t seed, const LayerLibrary& library)
      : chance_(seed), library_(library), wide_(chance_.percent(2)) {}

  AnyNetwork run() {
    const std::size_t calls = 1 + chance_.below(5);
    for (std::size_t k = 0; k < calls; ++k) {
      for (bool added = false; !added;) {
        added = add_call(library_.types()[chance_.below(library_.types().size())]);
      }
    }
    int tries = 0;
    while (!add_loss() && ++tries < tries_a_call) {
    }
    if (tries == tries_a_call) {  // every sum overflows
      accept("L = sum(given)", {{"given", {Role::parameter, full<double>({2}, 0.75)}}});
    }
    return std::move(made_);
  }

 private:
  using Leaves = std::vector<std::pair<std::string, std::pair<Role, Tensor>>>;

  bool add_call(const LayerType& type) {
    for (int k = 0; k < tries_a_call; ++k) {
      Leaves leaves;
      const std::optional<std::string> call = any_call(type, leaves);
      if (call && accept(*call, leaves)) {
        made_.functions.insert(type.name);
        return true;
      }
    }
    return false;
  }

  /// "v3 = softmax(v1, axis=0)"; the tensors that it needs beyond those that are there.
  std::optional<std::string> any_call(const LayerType& type, Leaves& leaves) {
    std::vector<std::string> arguments;
    const auto hints = shape_hints(type);
    std::map<std::string, std::size_t> sizes;
    const auto tensor = [&](const std::string& name) {
      const auto hint = hints.find(name);
      return argument(hint == hints.end() ? nullptr : &hint->second, sizes, leaves);
    };
    for (const std::string& name : type.tensors) {
      arguments.push_back(tensor(name));
    }
    for (std::size_t more = type.variadic ? chance_.below(3) : 0; more > 0; --more) {
      arguments.push_back(tensor(type.tensors.back()));
    }
    for (const std::string& name : type.optional_tensors) {
      if (chance_.percent(50)) {
        arguments.push_back(fmt::format("{}={}", name, tensor(name)));
      }
    }
    for (const SettingType& setting : type.settings) {
      const bool needed = !setting.optional && !setting.default_value;
      if (!needed && chance_.percent(50)) {
        continue;
      }
      const std::optional<Setting> value = any_value(setting, chance_);
      if (value) {
        arguments.push_back(fmt::format("{}={}", setting.name, text_of(*value)));
      } else if (needed) {
        return std::nullopt;
      }
    }
    std::vector<std::string> names;
    for (std::size_t k = 0; k < (type.outputs == 0 ? 2 : type.outputs); ++k) {
      names.push_back(fmt::format("v{}", values_ + k));
    }
    return fmt::format("{} = {}({})", fmt::join(names, ", "), type.name,
                       fmt::join(arguments, ", "));
  }

  /// A value that is there, or a new tensor, of the shape that the hint leaves open.
  std::string argument(const SymbolicShape* hint, std::map<std::string, std::size_t>& sizes,
                       Leaves& leaves) {
    const bool follow = hint != nullptr && chance_.percent(85);
    if (!names_.empty() && chance_.percent(follow ? 40 : 60)) {
      const std::string& name = chance_.of(names_);
      const Shape& shape = made_.network.value(*made_.network.find(name)).shape;
      if (!follow || fits(*hint, shape, sizes)) {
        return name;
      }
    }
    Shape shape = follow ? shape_from(*hint, sizes, [this] { return any_size(); }) : any_shape();
    double entries = 1;
    for (const std::size_t extent : shape) {
      entries *= static_cast<double>(extent);
    }
    if (entries > static_cast<double>(most())) {
      shape = {};
    }
    const std::string name = fmt::format("p{}", given_ + leaves.size());
    const bool labels = chance_.percent(20);
    leaves.push_back({name, labels ? std::pair(Role::constant, small_integers(shape, chance_))
                                   : std::pair(Role::parameter, special_numbers(shape, chance_))});
    return name;
  }

  /// Whether the shape has the hint's extents; then its symbols take their sizes from it.
  static bool fits(const SymbolicShape& hint, const Shape& shape,
                   std::map<std::string, std::size_t>& sizes) {
    if (hint.size() != shape.size()) {
      return false;
    }
    std::map<std::string, std::size_t> known = sizes;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      if (shape_from({hint[axis]}, known, [&] { return shape[axis]; }) != Shape{shape[axis]}) {
        return false;
      }
    }
    sizes = known;
    return true;
  }

  std::size_t most() const { return (wide_ ? 64 : 1) * most_entries; }
  std::size_t any_size() {
    return wide_ && chance_.percent(60) ? 24 + chance_.below(24) : 1 + chance_.below(4);
  }
  Shape any_shape() {
    Shape shape(chance_.below(4));
    for (std::size_t& extent : shape) {
      extent = any_size();
    }
    return shape;
  }

  /// Adds the statement if all that it computes is finite and of a moderate size.
  bool accept(const std::string& statement, const Leaves& leaves) {
    Network network = made_.network;
    const std::size_t before = network.values().size();
    try {
      for (const auto& [name, leaf] : leaves) {
        network.give(name, leaf.first, leaf.second);
      }
      add_statements(network, parse_statements(statement + "\n"), library_);
      if (!harmless(network, before)) {
        return false;
      }
    } catch (const Error&) {
      return false;
    }
    take(std::move(network), statement, leaves.size(), before);
    return true;
  }

  bool harmless(const Network& network, std::size_t before) const {
    const Values<double> values = forward<double>(network);
    for (std::size_t k = before; k < values.size(); ++k) {
      if (values[k].size() > most()) {
        return false;
      }
      for (const double x : entries(values[k])) {
        if (!std::isfinite(x)) {
          return false;
        }
      }
    }
    return true;
  }

  void take(Network network, const std::string& statement, std::size_t leaves, std::size_t before) {
    made_.network = std::move(network);
    made_.text += statement + "\n";
    given_ += leaves;
    for (const auto& [name, id] : made_.network.names()) {
      if (id >= before) {
        names_.push_back(name);
      }
    }
    values_ = made_.network.values().size();
  }

  /// Whether a parameter's gradient comes through the value.
  bool has_gradient(const std::string& name) const {
    const Network& network = made_.network;
    const ValueId id = *network.find(name);
    const std::vector<bool> upstream = upstream_values(network.graph(), id);
    return std::ranges::any_of(network.leaves(), [&](ValueId leaf) {
      return network.value(leaf).role == Role::parameter && (leaf == id || upstream[leaf]);
    });
  }

  /// Sums of some values, so that the loss mixes terms of any size.
  bool add_loss() {
    std::vector<std::string> terms;
    bool differentiable = false;
    const std::size_t count = 1 + chance_.below(3);
    for (std::size_t k = 0; k < count; ++k) {
      const std::string& name = k == 0 && chance_.percent(70) ? names_.back() : chance_.of(names_);
      differentiable = differentiable || has_gradient(name);
      terms.push_back(
          fmt::format(fmt::runtime(chance_.of(std::vector<std::string>{
                          "sum({0})", "sum({0} * {0})", "sum(square({0}))", "mean({0})"})),
                      name));
    }
    return differentiable && accept(fmt::format("L = {}", fmt::join(terms, " + ")), {});
  }

  Chance chance_;
  const LayerLibrary& library_;
  bool wide_;
  AnyNetwork made_;
  std::vector<std::string> names_;
  std::size_t given_ = 0;
  std::size_t values_ = 0;
};

std::string toml_of(const Tensor& t, std::size_t axis, std::size_t from) {
  if (axis == t.dimension()) {
    const std::string number = fmt::format("{:.17g}", t.data()[from]);
    return number.find_first_of(".en") == std::string::npos ? number + ".0" : number;
  }
  std::size_t stride = 1;
  for (std::size_t k = axis + 1; k < t.dimension(); ++k) {
    stride *= t.shape()[k];
  }
  std::vector<std::string> items;
  for (std::size_t i = 0; i < t.shape()[axis]; ++i) {
    items.push_back(toml_of(t, axis + 1, from + i * stride));
  }
  return fmt::format("[{}]", fmt::join(items, ", "));
}

}  // namespace

AnyNetwork any_network(std::uint64_t seed, const LayerLibrary& library) {
  return Builder(seed, library).run();
}

std::string case_file(const AnyNetwork& network) {
  std::string text = fmt::format("network = '''\n{}'''\n", network.text);
  for (const auto& [role, table] :
       {std::pair(Role::constant, "constants"), {Role::parameter, "parameters"}}) {
    text += fmt::format("[{}]\n", table);
    for (const ValueId id : network.network.leaves()) {
      if (network.network.value(id).role == role) {
        text += fmt::format("{} = {}\n", network.network.value(id).name,
                            toml_of(network.network.leaf(id), 0, 0));
      }
    }
  }
  return text;
}

}  // namespace gradcheck::defects::semantic
