#include <algorithm>

#include <gradcheck/c/c_structs.hpp>
#include <gradcheck/c/part_layers.hpp>
#include <gradcheck/c/requests.hpp>
#include <gradcheck/user_layers/check_candidate.hpp>
#include <gradcheck/user_layers/shards.hpp>

namespace gradcheck {
namespace {

BatchLaw read_law(const gradcheck_candidate& given) {
  switch (given.batch_law) {
    case GRADCHECK_BATCH_NONE:
      return BatchLaw::none;
    case GRADCHECK_BATCH_SUM:
      return BatchLaw::sum;
    case GRADCHECK_BATCH_MEAN:
      return BatchLaw::mean;
    case GRADCHECK_BATCH_WEIGHTED:
      require_pointer(given.part_weight, "candidate", "part_weight");
      return BatchLaw::weighted;
    default:
      throw_value("candidate", "batch_law", "<" + std::to_string(given.batch_law) + ">",
                  "one of GRADCHECK_BATCH_NONE (0), ..., GRADCHECK_BATCH_WEIGHTED (3)");
  }
}

std::optional<NumberType> read_storage(const gradcheck_candidate& given) {
  switch (given.storage) {
    case 0:
      return std::nullopt;
    case GRADCHECK_FLOAT16:
      return NumberType::float16;
    case GRADCHECK_BFLOAT16:
      return NumberType::bfloat16;
    default:
      throw_value("candidate", "storage", "<" + std::to_string(given.storage) + ">",
                  "GRADCHECK_FLOAT16 (2), GRADCHECK_BFLOAT16 (3) or 0");
  }
}

/// The caller's weight of a part, from its inputs.
std::function<double(const Tensors<double>&)> read_weight(const gradcheck_candidate& given) {
  if (given.part_weight == nullptr) {
    return {};
  }
  return [given](const Tensors<double>& part) {
    std::vector<const double*> inputs;
    for (const Tensor& t : part) {
      inputs.push_back(t.data());
    }
    const std::size_t rows = part[0].dimension() > 0 ? part[0].shape()[0] : 1;
    return given.part_weight(given.context, rows, inputs.data());
  };
}

/// Asks the caller for the layer of a part of the batch.
PartLayers::Part read_part(const gradcheck_candidate& given) {
  if (given.batch_law != GRADCHECK_BATCH_NONE) {
    require_pointer(given.part, "candidate", "part");
  }
  return [given](std::size_t rows) {
    const gradcheck_layer* made = nullptr;
    call({"candidate"}, "part", [&] {
      made = given.part(given.context, rows);
      return 0;
    });
    return made;
  };
}

/// The candidate as one layer, with its point and its number type.
struct Candidate {
  std::shared_ptr<UserLayer> layer;
  std::vector<InputTensor> inputs;
  NumberType type;
  std::function<bool()> failing;
};

Candidate single_candidate(const gradcheck_candidate& given, const LayerOptions& options) {
  const LayerDescription description = read_layer(given.layer, LayerUse::candidate);
  const auto layer =
      std::make_shared<PartLayers>(std::make_shared<CallbackLayer>(description), read_part(given));
  return {layer, options_for(description, options).inputs, description.type,
          [layer] { return layer->failing(); }};
}

std::vector<Sharding> read_axes(const std::int32_t* axes, std::size_t count, const char* what) {
  if (count > 0) {
    require_pointer(axes, "shards", what);
  }
  std::vector<Sharding> layout(count);
  for (std::size_t k = 0; k < count; ++k) {
    if (axes[k] < 0) {
      throw_value("shards", what, "<" + std::to_string(axes[k]) + ">",
                  "an axis from 0, or GRADCHECK_ALL");
    }
    layout[k].axis =
        axes[k] == GRADCHECK_ALL ? std::nullopt : std::optional(static_cast<std::size_t>(axes[k]));
  }
  return layout;
}

/// At the point of the reference, which has the whole of every input.
Candidate sharded_candidate(const gradcheck_candidate& given, const LayerOptions& options) {
  if (given.layer != nullptr || given.batch_law != GRADCHECK_BATCH_NONE) {
    throw_value("candidate", given.layer != nullptr ? "layer" : "batch_law", "a value",
                "none beside shards");
  }
  const gradcheck_shards shards = read_struct(given.shards, "shards");
  require_pointer(shards.name, "shards", "name");
  std::vector<std::shared_ptr<UserLayer>> layers;
  std::vector<std::shared_ptr<CallbackLayer>> callbacks;
  for (const gradcheck_layer& each :
       read_structs(shards.layers, shards.layer_count, "shards.layers")) {
    callbacks.push_back(std::make_shared<CallbackLayer>(read_layer(&each, LayerUse::candidate)));
    layers.push_back(callbacks.back());
  }
  if (layers.empty()) {
    throw_value("shards", "layer_count", "<0>", "at least 2");
  }
  const LayerDescription& first = callbacks[0]->description();
  ShardLayout layout{read_axes(shards.input_axes, first.inputs.size(), "input_axes"),
                     read_axes(shards.output_axes, first.outputs.size(), "output_axes"),
                     {}};
  const std::vector<Sharding> parameters =
      read_axes(shards.parameter_axes, first.parameters.size(), "parameter_axes");
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    layout.parameters[first.parameters[k].name] = parameters[k];
  }
  return {std::make_shared<Shards>(shards.name, layers, layout),
          options_for(read_layer(given.reference), options).inputs, first.type, [callbacks] {
            return std::ranges::any_of(callbacks, [](const auto& each) { return each->failing(); });
          }};
}

}  // namespace

Report check_candidate_request(const gradcheck_candidate* given, const CallbackOptions& options) {
  const gradcheck_candidate request = read_struct(given, "candidate");
  const BatchLaw law = read_law(request);
  const Candidate candidate = request.shards == nullptr ? single_candidate(request, options.layer)
                                                        : sharded_candidate(request, options.layer);
  const auto reference = std::make_shared<CallbackLayer>(read_layer(request.reference));
  CandidateOptions chosen;
  chosen.inputs = candidate.inputs;
  chosen.precision = read_storage(request).value_or(candidate.type);
  chosen.roundings = request.roundings;
  chosen.batch_law = law;
  chosen.part_weight = read_weight(request);
  chosen.check = options.layer.check;
  const Report report = check_candidate(candidate.layer, reference, chosen);
  require_checked(report, candidate.failing() || reference->failing());
  return report;
}

}  // namespace gradcheck
