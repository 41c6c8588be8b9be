#pragma once
// A layer behind the C interface, for its checks: y[n] = s[n] (x[n] · w + b), of double or float,
// with constant s.

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <vector>

#include <gradcheck/c_api.h>

namespace gradcheck::sample {

template <class Number>
class CLayer {
 public:
  CLayer() {
    describe_inputs();
    describe_parameters();
    output.struct_size = sizeof output;
    output.shape = x_shape.data();
    output.rank = 1;
    layer.struct_size = sizeof layer;
    layer.name = "rows";
    layer.inputs = inputs.data();
    layer.input_count = inputs.size();
    layer.parameters = parameters.data();
    layer.parameter_count = parameters.size();
    layer.outputs = &output;
    layer.output_count = 1;
    layer.forward = [](void* self, const void* const* x, void* const* y) {
      return static_cast<CLayer*>(self)->forward(x, y);
    };
    layer.backward = [](void* self, const void* const* dy, void* const* dx) {
      return static_cast<CLayer*>(self)->backward(dy, dx);
    };
    layer.context = this;
    layer.dtype = sizeof(Number) == sizeof(float) ? GRADCHECK_FLOAT32 : GRADCHECK_FLOAT64;
  }
  CLayer(const CLayer&) = delete;
  CLayer& operator=(const CLayer&) = delete;

  bool was_called_with(const std::array<Number, 15>& x) const {
    return std::find(seen_.begin(), seen_.end(), x) != seen_.end();
  }

  const std::array<std::size_t, 2> x_shape{5, 3};
  const std::array<Number, 5> scales{Number(1), Number(-2), Number(0.5), Number(3), Number(-0.25)};
  std::array<Number, 3> weight{Number(0.5), Number(-1.25), Number(2)};
  std::array<Number, 3> weight_gradient{};
  Number bias = Number(0.75);
  Number bias_gradient = 0;
  std::array<gradcheck_input, 2> inputs{};
  std::array<gradcheck_parameter, 2> parameters{};
  gradcheck_output output{};
  gradcheck_layer layer{};

  Number bias_factor = 1;                              ///< by which its gradient is wrong
  std::function<int()> in_forward = [] { return 0; };  ///< called by each
  std::function<int()> in_backward = [] { return 0; };
  bool null_for_constant = false;  ///< whether backward was given no buffer for s

 private:
  void describe_inputs() {
    for (gradcheck_input& input : inputs) {
      input.struct_size = sizeof input;
      input.shape = x_shape.data();
    }
    inputs[0].name = "x";
    inputs[0].rank = 2;
    inputs[1].name = "scale";
    inputs[1].rank = 1;
    inputs[1].data = scales.data();
    inputs[1].constant = 1;
  }

  void describe_parameters() {
    for (gradcheck_parameter& parameter : parameters) {
      parameter.struct_size = sizeof parameter;
    }
    parameters[0].name = "w";
    parameters[0].shape = &x_shape[1];
    parameters[0].rank = 1;
    parameters[0].value = weight.data();
    parameters[0].gradient = weight_gradient.data();
    parameters[1].name = "b";
    parameters[1].value = &bias;
    parameters[1].gradient = &bias_gradient;
  }

  int forward(const void* const* inputs_now, void* const* outputs) {
    kept_ = static_cast<const Number*>(inputs_now[0]);
    std::copy(kept_, kept_ + 15, seen_.emplace_back().begin());
    auto* const y = static_cast<Number*>(outputs[0]);
    for (std::size_t n = 0; n < 5; ++n) {
      Number sum = bias;
      for (std::size_t i = 0; i < 3; ++i) {
        sum += kept_[3 * n + i] * weight[i];
      }
      y[n] = static_cast<const Number*>(inputs_now[1])[n] * sum;
    }
    return in_forward();
  }

  int backward(const void* const* upstream, void* const* gradients) {
    const auto* const dy = static_cast<const Number*>(upstream[0]);
    auto* const dx = static_cast<Number*>(gradients[0]);
    null_for_constant = gradients[1] == nullptr;
    weight_gradient = {};
    bias_gradient = 0;
    for (std::size_t n = 0; n < 5; ++n) {
      bias_gradient += bias_factor * scales[n] * dy[n];
      for (std::size_t i = 0; i < 3; ++i) {
        dx[3 * n + i] = scales[n] * dy[n] * weight[i];
        weight_gradient[i] += scales[n] * dy[n] * kept_[3 * n + i];
      }
    }
    return in_backward();
  }

  const Number* kept_ = nullptr;  ///< the buffer of the last forward
  std::vector<std::array<Number, 15>> seen_;
};

/// A report that frees itself, with what the check returned.
class CReport {
 public:
  explicit CReport(const gradcheck_layer* layer, const gradcheck_options* options = nullptr)
      : status(gradcheck_check_layer(layer, options, &report_)), error(gradcheck_last_error()) {}
  ~CReport() { gradcheck_report_free(report_); }
  CReport(const CReport&) = delete;
  CReport& operator=(const CReport&) = delete;

  gradcheck_report* get() const { return report_; }
  int verdict() const { return gradcheck_report_verdict(report_); }
  gradcheck_tensor tensor(const std::string& name) const {
    gradcheck_tensor result{};
    result.struct_size = sizeof result;
    for (std::size_t k = 0; k < gradcheck_report_tensor_count(report_); ++k) {
      gradcheck_report_tensor(report_, k, &result);
      if (result.name == name) {
        return result;
      }
    }
    return {};
  }

 private:
  gradcheck_report* report_ = nullptr;

 public:
  int status;
  std::string error;
};

}  // namespace gradcheck::sample
