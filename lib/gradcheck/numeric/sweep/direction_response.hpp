#pragma once

#include <span>
#include <vector>

#include <gradcheck/numeric/derivative/response.hpp>
#include <gradcheck/numeric/sweep/opaque_function.hpp>

namespace gradcheck {

/// Σ upstream · (y(s) − y(0)) as entries are moved by s times what a direction says. Errors that
/// outputs have in common add up in it as they do in a gradient.
class DirectionResponse final : public Response {
 public:
  /// `scale`: how far is sensible, in directions. Outputs round at least as numbers of `least_size`
  /// do.
  DirectionResponse(OpaqueFunction& f, std::span<const Move> direction,
                    std::span<const double> upstream, double scale, double least_size);

  std::size_t outputs() const override { return 1; }
  std::span<const double> base() const override { return {&base_, 1}; }
  std::vector<Probe> evaluate(std::span<const double> displacements) override;
  double rounding_unit(std::size_t) const override { return rounding_unit_; }
  double quantum() const override { return quantum_; }
  double characteristic_scale() const override { return scale_; }
  double unit_roundoff() const override { return f_.unit_roundoff(); }

  /// The largest displacement made so far.
  double farthest() const { return farthest_; }

 private:
  double made(double displacement) const;

  OpaqueFunction& f_;
  std::vector<Move> direction_;
  std::span<const double> upstream_;
  double scale_;
  double base_ = 0;
  double rounding_unit_ = 0;
  double quantum_ = 0;
  double farthest_ = 0;
};

}  // namespace gradcheck
