#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <sstream>

#include <gradcheck/c/c_structs.hpp>
#include <gradcheck/c/callback_layer.hpp>
#include <gradcheck/c/check_callbacks.hpp>
#include <gradcheck/user_layers/check_layer.hpp>

namespace gradcheck {
namespace {

template <class Number>
std::string quoted(Number value) {
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

std::vector<std::string> read_names(const char* const* names, std::size_t count, const char* what) {
  std::vector<std::string> result;
  if (count > 0) {
    require_pointer(names, "options", what);
  }
  for (std::size_t k = 0; k < count; ++k) {
    require_pointer(names[k], "options", std::string(what) + "[" + std::to_string(k) + "]");
    result.emplace_back(names[k]);
  }
  return result;
}

std::vector<TensorRtol> read_rtols(const gradcheck_options& options) {
  std::vector<TensorRtol> result;
  for (const gradcheck_tolerance& one :
       read_structs(options.rtols, options.rtol_count, "options.rtols")) {
    require_pointer(one.name, "options.rtols", "name");
    result.push_back({one.name, one.rtol});
  }
  return result;
}

Precision read_analytic_precision(std::int32_t type) {
  if (type != GRADCHECK_FLOAT64 && type != GRADCHECK_FLOAT32) {
    throw_value("options", "analytic_precision", quoted(type),
                "GRADCHECK_FLOAT64 (0) or GRADCHECK_FLOAT32 (1)");
  }
  return type == GRADCHECK_FLOAT32 ? Precision::float32 : Precision::float64;
}

ForwardRef read_reference(const gradcheck_layer* reference) {
  return reference == nullptr ? ForwardRef{}
                              : ForwardRef(std::make_shared<CallbackLayer>(
                                    read_layer(reference, LayerUse::forward_only)));
}

/// Calls the caller's callback, from one thread at a time.
std::function<void(const CaseProgress&)> read_progress(const gradcheck_options& options) {
  if (options.progress == nullptr) {
    return {};
  }
  return [callback = options.progress, context = options.progress_context,
          one_at_a_time = std::make_shared<std::mutex>()](const CaseProgress& now) {
    const std::lock_guard lock(*one_at_a_time);
    const gradcheck_progress_info info{
        sizeof info, now.id.c_str(),  now.tensor.tensor.c_str(), now.number,
        now.total,   now.tensor.done, now.tensor.entries,        now.tensor.seconds};
    call({"options"}, "progress", [&] { return callback(context, &info); });
  };
}

CheckOptions read_check(const gradcheck_options& options) {
  CheckOptions check;
  require_positive("rtol", options.rtol);
  require_positive("step", options.step);
  check.rtol = options.rtol > 0 ? options.rtol : check.rtol;
  check.step = options.step > 0 ? std::optional(options.step) : std::nullopt;
  check.method = read_method(options.method);
  check.seed = options.seed;
  check.jobs = std::max<std::size_t>(options.jobs, 1);
  check.analytic_precision = read_analytic_precision(options.analytic_precision);
  return check;
}

}  // namespace

CallbackOptions read_options(const gradcheck_options* given) {
  CallbackOptions result;
  if (given == nullptr) {
    return result;
  }
  const gradcheck_options options = read_struct(given, "options");
  if (options.reserved != 0) {
    throw_value("options", "reserved", quoted(options.reserved), "0");
  }
  result.rtol_given = options.rtol > 0;
  result.progress = read_progress(options);
  LayerOptions& layer = result.layer;
  layer.check = read_check(options);
  layer.hygiene = options.gradients_only == 0;
  layer.reference = read_reference(options.reference);
  layer.only = read_names(options.only, options.only_count, "only");
  layer.skip = read_names(options.skip, options.skip_count, "skip");
  layer.rtols = read_rtols(options);
  layer.max_entries = options.max_entries;
  require_positive("max_seconds", options.max_seconds);
  layer.max_seconds = options.max_seconds;
  if (result.progress) {
    layer.check.progress = [told = result.progress](const TensorProgress& tensor) {
      told({1, 1, "", tensor});
    };
  }
  return result;
}

LayerOptions options_for(const LayerDescription& layer, const LayerOptions& options) {
  LayerOptions result = options;
  result.contract = layer.contract;
  result.intended_deviation = layer.intended_deviation;
  result.independent_rows = layer.independent_rows;
  const Tensors<double> point = layer.point(options.check.seed);
  for (std::size_t k = 0; k < point.size(); ++k) {
    InputTensor input(layer.inputs[k].name, point[k]);
    input.differentiable = !layer.inputs[k].constant;
    result.inputs.push_back(std::move(input));
  }
  return result;
}

void require_checked(const Report& report, bool failing) {
  for (const CaseReport& one : report.cases) {
    if (one.error && failing) {
      throw CallbackError(one.error->message);
    }
    if (one.error) {
      throw ValueError(one.error->message);
    }
  }
}

Report check_callbacks(const LayerDescription& layer, const CallbackOptions& options) {
  const auto user = std::make_shared<CallbackLayer>(layer);
  Report report = check_layer(std::shared_ptr<UserLayer>(user), options_for(layer, options.layer));
  require_checked(report, user->failing());
  return report;
}

}  // namespace gradcheck
