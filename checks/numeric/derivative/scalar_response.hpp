#pragma once

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>

#include <gradcheck/numeric/derivative/response.hpp>

namespace gradcheck {

/// In which arithmetic a function's argument and value are.
enum class Arithmetic { float64, float32 };

/// A function of one variable at x, as a Response. In float32 the argument that it is called with
/// is one of float32, and so must be its value. It may throw std::domain_error.
class ScalarResponse : public Response {
 public:
  using Function = std::function<double(double)>;

  ScalarResponse(Function f, double x, Arithmetic arithmetic = Arithmetic::float64,
                 double scale = 0)
      : f_(std::move(f)),
        arithmetic_(arithmetic),
        x_(stored(x)),
        scale_(scale > 0 ? scale : std::abs(x_)),
        y_{f_(x_)} {}

  std::size_t outputs() const override { return 1; }
  std::span<const double> base() const override { return y_; }
  double rounding_unit(std::size_t) const override { return unit_roundoff() * std::abs(y_[0]); }
  double characteristic_scale() const override { return scale_; }
  double unit_roundoff() const override {
    return arithmetic_ == Arithmetic::float64 ? 0x1p-53 : 0x1p-24;
  }

  double quantum() const override {
    const double size = std::abs(x_);
    if (arithmetic_ == Arithmetic::float64) {
      return std::nextafter(size, std::numeric_limits<double>::infinity()) - size;
    }
    return std::nextafter(static_cast<float>(size), std::numeric_limits<float>::infinity()) - size;
  }

  std::vector<Probe> evaluate(std::span<const double> displacements) override {
    std::vector<Probe> probes;
    for (const double s : displacements) {
      probes.push_back(probe(stored(x_ + s)));
    }
    return probes;
  }

  int evaluations() const { return evaluations_; }
  double x() const { return x_; }

 private:
  double stored(double x) const {
    return arithmetic_ == Arithmetic::float64 ? x : static_cast<float>(x);
  }

  Probe probe(double x) {
    ++evaluations_;
    try {
      return {true, {f_(x)}, {x - x_}};
    } catch (const std::domain_error&) {
      return {};
    }
  }

  Function f_;
  Arithmetic arithmetic_;
  double x_, scale_;
  std::array<double, 1> y_;
  int evaluations_ = 0;
};

}  // namespace gradcheck
