#include <cmath>
#include <limits>

#include <gradcheck/numeric/sweep/opaque_function.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

OpaqueFunction::OpaqueFunction(const Forward& layer, Inputs<double> x)
    : layer_(layer), float32_(layer.precision() == Precision::float32), calls_by_slot_(x.size()) {
  for (const Tensor* each : x) {
    append(x_, [&] { return *each; });
  }
  for (const Tensor& each : x_) {
    addresses_.push_back(&each);
  }
  evaluate(y_);
}

double OpaqueFunction::made(const Move& move) const {
  const double x = x_[move.slot].data()[move.entry];
  if (float32_) {
    return static_cast<double>(static_cast<float>(x + move.by)) -
           static_cast<double>(static_cast<float>(x));
  }
  return (x + move.by) - x;
}

double OpaqueFunction::spacing(std::size_t slot, std::size_t entry) const {
  const double x = std::abs(x_[slot].data()[entry]);
  if (float32_) {
    const float near = static_cast<float>(x);
    return static_cast<double>(std::nextafter(near, std::numeric_limits<float>::infinity()) - near);
  }
  return std::nextafter(x, std::numeric_limits<double>::infinity()) - x;
}

const std::vector<double>& OpaqueFunction::moved(std::span<const Move> moves) {
  saved_.clear();
  calls_by_slot_[moves.empty() ? 0 : moves[0].slot] += moves.empty() ? 0 : 1;
  for (const Move& move : moves) {
    double& x = x_[move.slot].data()[move.entry];
    saved_.push_back(x);
    x += move.by;
  }
  try {
    evaluate(probe_);
  } catch (const Error& error) {
    probe_.clear();
    if (!moves.empty()) {
      refusal_ = Refusal{moves[0], x_[moves[0].slot].data()[moves[0].entry], error.what()};
    }
  }
  for (std::size_t k = moves.size(); k-- > 0;) {
    x_[moves[k].slot].data()[moves[k].entry] = saved_[k];
  }
  return probe_;
}

void OpaqueFunction::evaluate(std::vector<double>& y) {
  ++calls_;
  const Tensors<double> outputs = layer_.forward(Inputs<double>(addresses_));
  y.clear();
  for (const Tensor& each : outputs) {
    y.insert(y.end(), each.data(), each.data() + each.size());
  }
}

bool differ(double a, double b, double tolerance) {
  if (std::isnan(a) || std::isnan(b)) {
    return std::isnan(a) != std::isnan(b);
  }
  return a != b && !(std::abs(a - b) <= tolerance);
}

}  // namespace gradcheck
