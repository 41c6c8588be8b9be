#include <cmath>
#include <set>

#include <gradcheck/c/c_structs.hpp>
#include <gradcheck/c/layer_description.hpp>
#include <gradcheck/c/number_buffer.hpp>
#include <gradcheck/tensor/random.hpp>

namespace gradcheck {
namespace {

using Description = LayerDescription;

std::string quoted(const std::string& text) { return "<" + text + ">"; }

/// The given name; without one "x", or "x0", "x1", ... where there are several.
std::string name_or(const char* given, const char* letter, std::size_t k, std::size_t count) {
  if (given != nullptr) {
    return given;
  }
  return count == 1 ? letter : letter + std::to_string(k);
}

void require_zero(const std::string& where, std::int32_t reserved) {
  if (reserved != 0) {
    throw_value(where, "reserved", quoted(std::to_string(reserved)), "0");
  }
}

void require_range(const std::string& where, const gradcheck_input& input) {
  const bool good = std::isfinite(input.low) && std::isfinite(input.high) &&
                    (input.low < input.high || (input.low == 0 && input.high == 0));
  if (!good) {
    throw_value(where, "low and high",
                quoted(std::to_string(input.low) + ", " + std::to_string(input.high)),
                "finite ones, low below high (or both 0)");
  }
}

std::vector<Description::Input> read_inputs(const gradcheck_layer& layer,
                                            const std::string& where) {
  std::vector<Description::Input> result;
  const auto inputs = read_structs(layer.inputs, layer.input_count, where + ".inputs");
  for (const gradcheck_input& input : inputs) {
    const std::string name = name_or(input.name, "x", result.size(), inputs.size());
    const std::string what = where + "." + name;
    require_zero(what, input.reserved);
    require_range(what, input);
    if (input.constant != 0) {
      require_pointer(input.data, what, "data");
    }
    Description::Input slot{};
    slot.name = name;
    slot.shape = read_shape(what, input.shape, input.rank);
    slot.constant = input.constant != 0;
    slot.data = input.data;
    slot.low = input.low;
    slot.high = input.high;
    result.push_back(std::move(slot));
  }
  return result;
}

std::vector<Description::Parameter> read_parameters(const gradcheck_layer& layer,
                                                    const std::string& where) {
  std::vector<Description::Parameter> result;
  const auto parameters =
      read_structs(layer.parameters, layer.parameter_count, where + ".parameters");
  for (const gradcheck_parameter& parameter : parameters) {
    Description::Parameter slot{};
    slot.name = parameter.name != nullptr ? parameter.name : "W" + std::to_string(result.size());
    const std::string what = where + "." + slot.name;
    slot.shape = read_shape(what, parameter.shape, parameter.rank);
    require_pointer(parameter.value, what, "value");
    require_pointer(parameter.gradient, what, "gradient");
    if (parameter.value == parameter.gradient) {
      throw_value(what, "gradient", "<the buffer of the value>", "a buffer of its own");
    }
    slot.value = parameter.value;
    slot.gradient = parameter.gradient;
    result.push_back(std::move(slot));
  }
  return result;
}

Shape asked_shape(const gradcheck_layer& layer, const Callee& callee, std::size_t k) {
  Shape extents(GRADCHECK_MAX_RANK, 0);
  std::size_t rank = 0;
  call(callee, "output_shape",
       [&] { return layer.output_shape(layer.context, k, extents.data(), &rank); });
  return read_shape(callee.layer + ".output_shape", extents.data(), rank);
}

/// The k-th output's name; one that it was not given gives way to names that are taken.
std::string output_name(const gradcheck_output& output, std::size_t k, std::size_t count,
                        const std::set<std::string>& taken) {
  std::string name = name_or(output.name, "y", k, count);
  while (output.name == nullptr && taken.contains(name)) {
    name += "_";
  }
  return name;
}

std::vector<Description::Slot> read_outputs(const gradcheck_layer& layer, const Callee& callee,
                                            const std::set<std::string>& taken) {
  std::vector<gradcheck_output> outputs(layer.output_count);
  if (layer.outputs != nullptr || layer.output_shape == nullptr) {
    outputs = read_structs(layer.outputs, layer.output_count, callee.layer + ".outputs");
  }
  std::vector<Description::Slot> result;
  for (const gradcheck_output& output : outputs) {
    const std::size_t k = result.size();
    const std::string name = output_name(output, k, outputs.size(), taken);
    result.push_back({name, layer.output_shape != nullptr ? asked_shape(layer, callee, k)
                                                          : read_shape(callee.layer + "." + name,
                                                                       output.shape, output.rank)});
  }
  return result;
}

NumberType read_type(const std::string& where, std::int32_t dtype, LayerUse use) {
  switch (dtype) {
    case GRADCHECK_FLOAT64:
      return NumberType::float64;
    case GRADCHECK_FLOAT32:
      return NumberType::float32;
    default:
      break;
  }
  if (use != LayerUse::candidate) {
    throw_value(where, "dtype", quoted(std::to_string(dtype)),
                "GRADCHECK_FLOAT64 (0) or GRADCHECK_FLOAT32 (1)");
  }
  if (dtype != GRADCHECK_FLOAT16 && dtype != GRADCHECK_BFLOAT16) {
    throw_value(where, "dtype", quoted(std::to_string(dtype)),
                "one of GRADCHECK_FLOAT64 (0), ..., "
                "GRADCHECK_BFLOAT16 (3)");
  }
  return dtype == GRADCHECK_FLOAT16 ? NumberType::float16 : NumberType::bfloat16;
}

BackwardContract read_contract(const std::string& where, std::int32_t contract) {
  switch (contract) {
    case GRADCHECK_CONTRACT_UNKNOWN:
      return BackwardContract::unknown;
    case GRADCHECK_ASSIGNS:
      return BackwardContract::assigns;
    case GRADCHECK_ADDS:
      return BackwardContract::adds;
    default:
      throw_value(where, "contract", quoted(std::to_string(contract)),
                  "GRADCHECK_ASSIGNS (1), GRADCHECK_ADDS (2) or 0");
  }
}

void require_some(const std::string& where, const char* what, std::size_t count) {
  if (count == 0) {
    throw_value(where, what, "<0>", "at least 1");
  }
}

/// The names of inputs and parameters.
std::set<std::string> given_names(const LayerDescription& layer) {
  std::set<std::string> names;
  for (const Description::Input& input : layer.inputs) {
    names.insert(input.name);
  }
  for (const Description::Parameter& parameter : layer.parameters) {
    names.insert(parameter.name);
  }
  return names;
}

void require_different_names(const LayerDescription& layer) {
  std::set<std::string> names;
  const auto take = [&](const auto& slots) {
    for (const Description::Slot& slot : slots) {
      if (slot.name.empty() || !names.insert(slot.name).second) {
        throw_value(layer.callee.layer, "two tensors named", quoted(slot.name),
                    "a name of its own for each");
      }
    }
  };
  take(layer.inputs);
  take(layer.parameters);
  take(layer.outputs);
}

}  // namespace

Shape read_shape(const std::string& where, const size_t* extents, std::size_t rank) {
  if (rank > max_rank) {
    throw_value(where, "rank", quoted(std::to_string(rank)), "at most " + std::to_string(max_rank));
  }
  if (rank > 0) {
    require_pointer(extents, where, "shape");
  }
  Shape shape(extents, extents + rank);
  entries_of(shape);
  return shape;
}

LayerDescription read_layer(const gradcheck_layer* given, LayerUse use) {
  const gradcheck_layer layer = read_struct(given, "layer");
  LayerDescription result;
  const std::string name = layer.name != nullptr ? layer.name : "layer";
  result.callee = {name, layer.error_text, layer.context};
  require_pointer(layer.forward, name, "forward");
  if (use != LayerUse::forward_only) {
    require_pointer(layer.backward, name, "backward");
  }
  require_zero(name, layer.reserved);
  require_some(name, "output_count", layer.output_count);
  require_some(name, "input_count", layer.input_count);
  result.forward = layer.forward;
  result.backward = layer.backward;
  result.forward_batch = layer.forward_batch;
  result.take_finding = layer.take_finding;
  result.independent_rows = layer.independent_rows != 0;
  result.type = read_type(name, layer.dtype, use);
  result.contract = read_contract(name, layer.contract);
  result.intended_deviation = layer.intended_deviation != nullptr ? layer.intended_deviation : "";
  result.inputs = read_inputs(layer, name);
  result.parameters = read_parameters(layer, name);
  result.outputs = read_outputs(layer, result.callee, given_names(result));
  require_different_names(result);
  return result;
}

Tensors<double> LayerDescription::point(std::uint64_t seed) const {
  Tensors<double> values;
  for (const Input& input : inputs) {
    const bool any = input.low == 0 && input.high == 0;
    values.push_back(input.data != nullptr
                         ? read_numbers(input.data, type, input.shape)
                         : random_uniform(input.shape, any ? -1 : input.low, any ? 1 : input.high,
                                          seed * inputs.size() + values.size() + 1));
  }
  return values;
}

}  // namespace gradcheck
