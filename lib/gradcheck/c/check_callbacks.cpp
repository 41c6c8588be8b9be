#include <cmath>
#include <sstream>

#include <gradcheck/c/c_structs.hpp>
#include <gradcheck/c/callback_layer.hpp>
#include <gradcheck/c/check_callbacks.hpp>
#include <gradcheck/user_layers/check_layer.hpp>

namespace gradcheck {
namespace {

std::string quoted(double value) {
  std::ostringstream text;
  text << "<" << value << ">";
  return text.str();
}

void require_positive(const char* what, double value) {
  if (!std::isfinite(value) || value < 0) {
    throw_value("options", what, quoted(value), "a finite number above 0, or 0 for the default");
  }
}

std::optional<Method> read_method(std::int32_t method) {
  switch (method) {
    case GRADCHECK_METHOD_DEFAULT:
      return std::nullopt;
    case GRADCHECK_CENTRAL:
      return Method::central;
    case GRADCHECK_FORWARD:
      return Method::forward;
    default:
      throw_value("options", "method", quoted(method),
                  "GRADCHECK_CENTRAL (1), GRADCHECK_FORWARD (2) or 0");
  }
}

LayerOptions options_for(const LayerDescription& layer, const CallbackOptions& options) {
  LayerOptions result;
  result.check = options.check;
  result.hygiene = options.hygiene;
  result.contract = layer.contract;
  result.intended_deviation = layer.intended_deviation;
  const Tensors<double> point = layer.point(options.check.seed);
  for (std::size_t k = 0; k < point.size(); ++k) {
    InputTensor input(layer.inputs[k].name, point[k]);
    input.differentiable = !layer.inputs[k].constant;
    result.inputs.push_back(std::move(input));
  }
  return result;
}

}  // namespace

CallbackOptions read_options(const gradcheck_options* given) {
  CallbackOptions result;
  if (given == nullptr) {
    return result;
  }
  const gradcheck_options options = read_struct(given, "options");
  require_positive("rtol", options.rtol);
  require_positive("step", options.step);
  result.check.rtol = options.rtol > 0 ? options.rtol : result.check.rtol;
  result.check.step = options.step > 0 ? std::optional(options.step) : std::nullopt;
  result.check.method = read_method(options.method);
  result.check.seed = options.seed;
  result.hygiene = options.gradients_only == 0;
  return result;
}

Report check_callbacks(const LayerDescription& layer, const CallbackOptions& options) {
  const auto user = std::make_shared<CallbackLayer>(layer);
  Report report = check_layer(std::shared_ptr<UserLayer>(user), options_for(layer, options));
  for (const CaseReport& one : report.cases) {
    if (one.error && user->failing()) {
      throw CallbackError(one.error->message);
    }
    if (one.error) {
      throw ValueError(one.error->message);
    }
  }
  return report;
}

}  // namespace gradcheck
