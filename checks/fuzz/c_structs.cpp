// The structs of the C interface, with any numbers in them that do not point anywhere.
#include <cmath>

#include <fuzzer/FuzzedDataProvider.h>

#include <gradcheck/c_api.h>

#include "fuzz.hpp"

namespace {

constexpr std::size_t most_entries = 64;

std::size_t entries_of(const std::vector<std::size_t>& shape) {
  std::size_t entries = 1;
  for (const std::size_t extent : shape) {
    entries *= std::min(extent, most_entries);
  }
  return entries;
}

/// y = 2 x, and what the bytes say instead.
struct Layer {
  std::size_t count = 0;
  int status = 0;
  double factor = 2;
};

int forward(void* context, const void* const* inputs, void* const* outputs) {
  const Layer& layer = *static_cast<const Layer*>(context);
  for (std::size_t k = 0; k < layer.count; ++k) {
    static_cast<double*>(outputs[0])[k] = layer.factor * static_cast<const double*>(inputs[0])[k];
  }
  return layer.status;
}

int backward(void* context, const void* const* dy, void* const* dx) {
  const Layer& layer = *static_cast<const Layer*>(context);
  // No gradient of a constant is asked for.
  for (std::size_t k = 0; dx[0] != nullptr && k < layer.count; ++k) {
    static_cast<double*>(dx[0])[k] = 2 * static_cast<const double*>(dy[0])[k];
  }
  return layer.status;
}

/// Mostly the size that it has.
std::size_t size_like(FuzzedDataProvider& bytes, std::size_t size) {
  return bytes.ConsumeProbability<float>() < 0.9F ? size : bytes.ConsumeIntegral<std::uint16_t>();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider bytes(data, size);
  std::vector<std::size_t> shape(bytes.ConsumeIntegralInRange<std::size_t>(0, 3));
  for (std::size_t& extent : shape) {
    extent = bytes.ConsumeIntegralInRange<std::size_t>(0, 4);
  }
  const std::string name = bytes.ConsumeRandomLengthString(20);
  std::vector<double> values(entries_of(shape) + 1);
  for (double& value : values) {
    value = bytes.ConsumeFloatingPoint<double>();
  }
  Layer mine{entries_of(shape), bytes.ConsumeBool() ? 0 : bytes.ConsumeIntegral<int>(),
             bytes.ConsumeBool() ? 2 : bytes.ConsumeFloatingPoint<double>()};
  gradcheck_input input{};
  input.struct_size = size_like(bytes, sizeof input);
  input.name = bytes.ConsumeBool() ? name.c_str() : nullptr;
  input.shape = shape.data();
  input.rank = shape.size();
  input.data = bytes.ConsumeBool() ? values.data() : nullptr;
  input.low = bytes.ConsumeFloatingPoint<double>();
  input.high = bytes.ConsumeFloatingPoint<double>();
  input.constant = bytes.ConsumeBool();
  input.reserved = bytes.ConsumeBool() ? 0 : bytes.ConsumeIntegral<int>();
  gradcheck_output output{};
  output.struct_size = size_like(bytes, sizeof output);
  output.shape = shape.data();
  output.rank = shape.size();
  gradcheck_layer layer{};
  layer.struct_size = size_like(bytes, sizeof layer);
  layer.name = bytes.ConsumeBool() ? name.c_str() : nullptr;
  layer.inputs = &input;
  layer.input_count = 1;
  layer.outputs = &output;
  layer.output_count = 1;
  layer.forward = forward;
  layer.backward = backward;
  layer.context = &mine;
  layer.dtype = bytes.ConsumeProbability<float>() < 0.9F ? GRADCHECK_FLOAT64 : 7;
  layer.contract = bytes.ConsumeIntegral<std::int8_t>();
  gradcheck_options options{};
  options.struct_size = size_like(bytes, sizeof options);
  options.rtol = bytes.ConsumeFloatingPoint<double>();
  options.step = bytes.ConsumeFloatingPoint<double>();
  options.seed = bytes.ConsumeIntegral<std::uint64_t>();
  options.method = bytes.ConsumeIntegral<std::int8_t>();
  gradcheck_report* report = nullptr;
  gradcheck_check_layer(&layer, bytes.ConsumeBool() ? &options : nullptr, &report);
  gradcheck_report_free(report);
  return 0;
}
