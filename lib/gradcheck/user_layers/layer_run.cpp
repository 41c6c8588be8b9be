#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <gradcheck/user_layers/adapted_layer.hpp>
#include <gradcheck/user_layers/call_auditor.hpp>
#include <gradcheck/user_layers/layer_run.hpp>

namespace gradcheck {

namespace {

/// |a − b| relative to `scale`; infinite where only one of them is finite.
double apart(double a, double b, double scale) {
  if (a == b || (std::isnan(a) && std::isnan(b))) {
    return 0;
  }
  const double difference = std::abs(a - b) / scale;
  return std::isfinite(difference) ? difference : HUGE_VAL;
}

/// The largest finite size of an entry; 1 if all are 0.
double scale_of(const Tensor& t) {
  double scale = 0;
  for (const double x : entries(t)) {
    scale = std::isfinite(x) ? std::max(scale, std::abs(x)) : scale;
  }
  return scale == 0 ? 1 : scale;
}

class Search {
 public:
  void compare(const std::string& what, const Tensor& a, const Tensor& b) {
    if (shape_of(a) != shape_of(b)) {
      take(HUGE_VAL, fmt::format("{} has shape {}, then {}", what, to_string(shape_of(a)),
                                 to_string(shape_of(b))));
      return;
    }
    const double scale = std::max(scale_of(a), scale_of(b));
    for (std::size_t i = 0; i < a.size(); ++i) {
      const double x = a.data()[i], y = b.data()[i];
      if (const double relative = apart(x, y, scale); relative > worst_.relative) {
        take(relative,
             fmt::format("{}{} is {:.6g}, then {:.6g}", what, index_text(shape_of(a), i), x, y));
      }
    }
  }

  const RunDifference& worst() const { return worst_; }

 private:
  void take(double relative, std::string text) { worst_ = {relative, std::move(text)}; }

  RunDifference worst_;
};

}  // namespace

Tensors<double> zero_gradients(const UserLayer& layer) {
  Tensors<double> zero;
  for (std::size_t k = 0; k < layer.parameter_names().size(); ++k) {
    zero.push_back(zeros<double>(shape_of(layer.parameter(k))));
  }
  return zero;
}

Tensors<double> run_forward(UserLayer& layer, const Tensors<double>& x) {
  std::vector<const Tensor*> in;
  for (const Tensor& each : x) {
    in.push_back(&each);
  }
  return guarded_call(layer.name(), "forward", [&] { return layer.forward(in); });
}

LayerRun run_backward(UserLayer& layer, const Tensors<double>& dy, const Tensors<double>& held) {
  LayerRun run;
  const Tensors<double> start = held.empty() ? zero_gradients(layer) : held;
  guarded_call(layer.name(), "backward", [&] {
    for (std::size_t k = 0; k < start.size(); ++k) {
      layer.set_parameter_gradient(k, start[k]);
    }
    const Tensors<double> dx = layer.backward(dy);
    for (std::size_t k = 0; k < dx.size(); ++k) {
      if (layer.differentiable(k)) {
        run.dx.push_back(dx[k]);
      }
    }
    for (std::size_t k = 0; k < start.size(); ++k) {
      run.dparams.push_back(layer.parameter_gradient(k));
    }
  });
  return run;
}

LayerRun run_layer(UserLayer& layer, const Tensors<double>& x, const Tensors<double>& dy,
                   const Tensors<double>& held) {
  Tensors<double> y = run_forward(layer, x);
  LayerRun run = run_backward(layer, dy, held);
  run.y = std::move(y);
  return run;
}

std::optional<RunDifference> difference_between(const UserLayer& layer, const LayerRun& first,
                                                const LayerRun& then, double tolerance) {
  Search search;
  const auto compare = [&](const Tensors<double>& a, const Tensors<double>& b, auto name) {
    for (std::size_t k = 0; k < std::min(a.size(), b.size()); ++k) {
      search.compare(name(k), a[k], b[k]);
    }
  };
  const auto numbered = [](std::string what, std::size_t count) {
    return [=](std::size_t k) { return count == 1 ? what : fmt::format("{} {}", what, k); };
  };
  compare(first.y, then.y, numbered("the output", first.y.size()));
  compare(first.dx, then.dx, numbered("the gradient of the input", first.dx.size()));
  const std::vector<std::string> names = layer.parameter_names();
  compare(first.dparams, then.dparams,
          [&](std::size_t k) { return "the gradient of " + names[k]; });
  if (search.worst().relative > tolerance) {
    return search.worst();
  }
  return std::nullopt;
}

}  // namespace gradcheck
