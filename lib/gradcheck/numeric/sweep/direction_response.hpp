#pragma once

#include <span>
#include <vector>

#include <gradcheck/numeric/derivative/response.hpp>
#include <gradcheck/numeric/sweep/opaque_function.hpp>

namespace gradcheck {

/// Σ upstream · (y(s) − y(0)) as entries are moved by s times what a direction says.
class DirectionResponse final : public Response {
 public:
  DirectionResponse(OpaqueFunction& f, std::span<const Move> direction,
                    std::span<const double> upstream);

  std::size_t outputs() const override { return 1; }
  std::span<const double> base() const override { return {&base_, 1}; }
  std::vector<Probe> evaluate(std::span<const double> displacements) override;
  double rounding_unit(std::size_t) const override { return rounding_unit_; }
  double quantum() const override { return quantum_; }
  double characteristic_scale() const override { return 1; }
  double unit_roundoff() const override { return f_.unit_roundoff(); }

 private:
  OpaqueFunction& f_;
  std::vector<Move> direction_;
  std::span<const double> upstream_;
  double base_ = 0;
  double rounding_unit_ = 0;
  double quantum_ = 0;
};

}  // namespace gradcheck
