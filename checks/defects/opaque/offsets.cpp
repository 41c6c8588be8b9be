#include <cmath>

#include <defects/opaque/corpus.hpp>

namespace gradcheck::defects::opaque {

namespace {

const auto tanh_layer = elementwise([](auto x) { return std::tanh(x); },
                                    [](auto x) {
                                      const auto c = std::cosh(x);
                                      return 1 / (c * c);
                                    });
const auto sine =
    elementwise([](auto x) { return std::sin(x); }, [](auto x) { return std::cos(x); });
const auto exponential =
    elementwise([](auto x) { return std::exp(x); }, [](auto x) { return std::exp(x); });
const auto bell = elementwise([](auto x) { return std::exp(-x * x); },
                              [](auto x) { return -2 * x * std::exp(-x * x); });
const auto square = elementwise([](auto x) { return x * x; }, [](auto x) { return 2 * x; });
const auto softplus =
    elementwise([](auto x) { return std::max(x, as(x, 0)) + std::log1p(std::exp(-std::abs(x))); },
                [](auto x) { return 1 / (1 + std::exp(-x)); });

/// Inputs around c64 and c32, of which only differences matter.
template <class Kernel>
void offset_inputs(std::vector<Specimen>& list, const std::string& name, const Kernel& kernel,
                   double c64, double c32, const Draw& inner) {
  Specimen specimen{name, "offset of the input"};
  specimen.faults = elementwise_faults();
  specimen.body = body_of(input_offset(kernel, c64));
  specimen.given = {{"x", {4}, about(c64, inner)}};
  list.push_back(in_float64(specimen));
  specimen.body = body_of(input_offset(kernel, c32));
  specimen.given = {{"x", {4}, about(c32, inner)}};
  list.push_back(in_float32(specimen));
}

template <class Kernel>
void offset_outputs(std::vector<Specimen>& list, const std::string& name, const Kernel& kernel,
                    double c64, double c32, const Draw& draw) {
  Specimen specimen{name, "offset of the output"};
  specimen.faults = elementwise_faults();
  specimen.given = {{"x", {4}, draw}};
  specimen.body = body_of(output_offset(kernel, c64));
  list.push_back(in_float64(specimen));
  specimen.body = body_of(output_offset(kernel, c32));
  list.push_back(in_float32(specimen));
}

}  // namespace

std::vector<Specimen> offset_specimens() {
  std::vector<Specimen> list;
  offset_inputs(list, "tanh(x - c), c small", tanh_layer, 1e5, 1e3, within(0.2, 1.2, true));
  offset_inputs(list, "tanh(x - c), c large", tanh_layer, 1e11, 1e5, within(0.2, 1.2, true));
  offset_inputs(list, "sin(x - c)", sine, 1e8, 1e4, within(0.2, 1.2, true));
  offset_inputs(list, "exp(x - c)", exponential, 1e6, 5e3, within(0.2, 2, true));
  offset_inputs(list, "exp(-(x - c)^2)", bell, 1e9, 2e4, within(0.3, 1.2, true));
  offset_inputs(list, "softplus(x - c)", softplus, 1e10, 3e4, within(0.2, 3, true));
  offset_outputs(list, "sin(x) + c", sine, 1e11, 1e5, within(0.2, 1.2, true));
  offset_outputs(list, "sin(x) + c, c large", sine, 1e13, 1e6, within(0.2, 1.2, true));
  offset_outputs(list, "exp(x) + c", exponential, 1e12, 2e4, within(0.2, 2, true));
  offset_outputs(list, "x*x + c", square, 1e8, 1e3, within(0.3, 2, true));
  offset_outputs(list, "tanh(x) + c", tanh_layer, 1e9, 3e3, within(0.2, 1.2, true));
  offset_outputs(list, "softplus(x) + c", softplus, -1e10, -1e4, within(0.2, 3, true));
  return list;
}

}  // namespace gradcheck::defects::opaque
