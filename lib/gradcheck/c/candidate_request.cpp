#include <gradcheck/c/c_structs.hpp>
#include <gradcheck/c/part_layers.hpp>
#include <gradcheck/c/requests.hpp>
#include <gradcheck/user_layers/check_candidate.hpp>

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

}  // namespace

Report check_candidate_request(const gradcheck_candidate* given, const CallbackOptions& options) {
  const gradcheck_candidate candidate = read_struct(given, "candidate");
  const BatchLaw law = read_law(candidate);
  const LayerDescription description = read_layer(candidate.layer, LayerUse::candidate);
  const auto layer = std::make_shared<PartLayers>(std::make_shared<CallbackLayer>(description),
                                                  read_part(candidate));
  const auto reference = std::make_shared<CallbackLayer>(read_layer(candidate.reference));
  CandidateOptions chosen;
  chosen.inputs = options_for(description, options.layer).inputs;
  chosen.precision = read_storage(candidate).value_or(description.type);
  chosen.roundings = candidate.roundings;
  chosen.batch_law = law;
  chosen.part_weight = read_weight(candidate);
  chosen.check = options.layer.check;
  const Report report = check_candidate(layer, reference, chosen);
  require_checked(report, layer->failing() || reference->failing());
  return report;
}

}  // namespace gradcheck
