#include <algorithm>
#include <limits>

#include <doctest/doctest.h>

#include <gradcheck/cases/case_network.hpp>
#include <gradcheck/cases/layer_example.hpp>
#include <gradcheck/network/call.hpp>
#include <gradcheck/tensor/errors.hpp>

using namespace gradcheck;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// A layer as its example calls it: settings and inputs that it takes.
struct Call {
  const LayerType& type;
  Settings settings;
  Tensors<double> inputs;
};

const Expression* call_in(const Expression& expression, const std::string& name) {
  if (expression.kind == Expression::Kind::call && expression.text == name) {
    return &expression;
  }
  for (const Expression& child : expression.children) {
    if (const Expression* found = call_in(child, name)) {
      return found;
    }
  }
  return nullptr;
}

Call example_call(const LayerType& type) {
  const CaseFile file = parse_case_file(layer_example(type));
  const Network network = network_of(file);
  Call call{type, {}, {}};
  for (const Statement& statement : parse_statements(file.network.text)) {
    if (const Expression* found = call_in(statement.value, type.name)) {
      call.settings = sort_arguments(*found, type, "").settings;
    }
  }
  const Values<double> values = forward<double>(network);
  const auto node = std::ranges::find_if(
      network.nodes(), [&](const Network::Node& n) { return n.layer->name() == type.name; });
  // What has no tensors was evaluated when the network was built.
  REQUIRE((node == network.nodes().end()) == type.tensors.empty());
  for (std::size_t slot = 0; node != network.nodes().end() && slot < node->inputs.size(); ++slot) {
    call.inputs.push_back(values[node->inputs[slot]]);
  }
  return call;
}

/// What is wrong with how a layer takes settings and inputs, which may be impossible: either it
/// gives outputs of the shapes that it says, or it says "LAYER: what has <got>, expected <wanted>".
std::string complaint(const Call& call) {
  try {
    const LayerPtr layer = make_layer(call.type, call.settings);
    std::vector<Shape> shapes;
    for (const Tensor& x : call.inputs) {
      shapes.push_back(shape_of(x));
    }
    const std::vector<Shape> said = layer->output_shapes(shapes);
    const std::vector<const Tensor*> x = addresses(call.inputs);
    const Tensors<double> y = layer->forward(Inputs<double>(x));
    for (std::size_t k = 0; k < y.size(); ++k) {
      if (k >= said.size() || shape_of(y[k]) != said[k]) {
        return "gives another shape than it says";
      }
    }
    return y.size() == said.size() ? "" : "gives another number of outputs than it says";
  } catch (const Error& refusal) {
    const std::string text = refusal.what();
    const std::size_t wanted = text.find(", expected ");
    const bool named = text.starts_with(call.type.name + ": ") || text.starts_with("tensor: ");
    const bool told = named && wanted != std::string::npos && wanted + 11 < text.size();
    return told ? "" : "refuses it so: " + text;
  } catch (const std::exception& failure) {
    return std::string("fails: ") + failure.what();
  }
}

std::vector<Setting> odd_values() {
  std::vector<Setting> values{true, false, std::string("nonsense"), std::string()};
  for (const double number : {-1e300, -0x1p40, -3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 7.0,
                              1000.0, 0x1p40, 0x1p53, 1e300, infinity, std::nan("")}) {
    values.emplace_back(number);
    values.emplace_back(std::vector<double>{number});
    values.emplace_back(std::vector<double>{number, 1, number});
    values.emplace_back(std::vector<double>{1, number});
  }
  values.emplace_back(std::vector<double>{});
  values.emplace_back(std::vector<double>(40, 1.0));
  return values;
}

/// Shapes next to one that fits.
std::vector<Shape> odd_shapes(const Shape& shape) {
  std::vector<Shape> shapes{{}, {0}, {1}, {3}, {2, 3}, {2, 3, 4}, {2, 3, 4, 5}, {2, 2, 2, 2, 2, 2}};
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    for (const std::size_t extent : {std::size_t{0}, std::size_t{1}, shape[axis] + 1}) {
      shapes.push_back(shape);
      shapes.back()[axis] = extent;
    }
    shapes.push_back(shape);
    shapes.back().erase(shapes.back().begin() + static_cast<std::ptrdiff_t>(axis));
  }
  shapes.push_back(shape);
  shapes.back().insert(shapes.back().begin(), 2);
  return shapes;
}

/// Inputs of that shape: the example's numbers as far as they go, which labels need to be.
Tensor reshaped_freely(const Tensor& from, const Shape& shape) {
  Tensor to = zeros<double>(shape);
  for (std::size_t i = 0; i < to.size() && from.size() > 0; ++i) {
    to.data()[i] = from.data()[i % from.size()];
  }
  return to;
}

}  // namespace

TEST_CASE("layers: every setting's illegal values are refused, with what is expected") {
  for (const LayerType& type : standard_layers().types()) {
    const Call call = example_call(type);
    CAPTURE(type.name);
    CHECK(complaint(call) == "");
    for (const SettingType& setting : type.settings) {
      for (const Setting& value : odd_values()) {
        Call odd = call;
        odd.settings[setting.name] = value;
        CAPTURE(setting.name);
        CHECK(complaint(odd) == "");
      }
    }
  }
}

TEST_CASE("layers: shapes that are impossible are refused, with the shape that is expected") {
  for (const LayerType& type : standard_layers().types()) {
    const Call call = example_call(type);
    CAPTURE(type.name);
    for (std::size_t slot = 0; slot < call.inputs.size(); ++slot) {
      for (const Shape& shape : odd_shapes(shape_of(call.inputs[slot]))) {
        Call odd = call;
        odd.inputs[slot] = reshaped_freely(call.inputs[slot], shape);
        CAPTURE(slot);
        CAPTURE(to_string(shape));
        CHECK(complaint(odd) == "");
      }
    }
  }
}

TEST_CASE("layers: numbers that no layer can use are refused, or come through") {
  for (const LayerType& type : standard_layers().types()) {
    const Call call = example_call(type);
    CAPTURE(type.name);
    for (std::size_t slot = 0; slot < call.inputs.size(); ++slot) {
      for (const double number : {-1e300, -1.0, 0.0, 0.5, 1e300, 0x1p63, infinity, std::nan("")}) {
        Call odd = call;
        odd.inputs[slot] = full<double>(shape_of(call.inputs[slot]), number);
        CAPTURE(slot);
        CAPTURE(number);
        CHECK(complaint(odd) == "");
      }
    }
  }
}
