#include <algorithm>
#include <cmath>

#include <gradcheck/numeric/sweep/direction_response.hpp>

namespace gradcheck {

namespace {

/// A displacement of an entry must be so many of its spacings for its rounding not to bend the
/// direction.
constexpr double least_spacings = 0x1p10;

}  // namespace

DirectionResponse::DirectionResponse(OpaqueFunction& f, std::span<const Move> direction,
                                     std::span<const double> upstream)
    : f_(f), direction_(direction.begin(), direction.end()), upstream_(upstream) {
  for (std::size_t j = 0; j < upstream.size(); ++j) {
    rounding_unit_ = std::hypot(rounding_unit_, f.unit_roundoff() * upstream[j] * f.y()[j]);
  }
  for (const Move& move : direction) {
    const double spacings = f.spacing(move.slot, move.entry) / std::abs(move.by);
    quantum_ = std::max(quantum_, std::isfinite(spacings) ? least_spacings * spacings : 0);
  }
}

std::vector<Probe> DirectionResponse::evaluate(std::span<const double> displacements) {
  std::vector<Probe> probes;
  for (const double displacement : displacements) {
    std::vector<Move> moves = direction_;
    for (Move& move : moves) {
      move.by *= displacement;
    }
    const std::vector<double>& y = f_.moved(moves);
    double sum = 0;
    for (std::size_t j = 0; j < y.size(); ++j) {
      sum += upstream_[j] == 0 ? 0 : upstream_[j] * (y[j] - f_.y()[j]);
    }
    probes.push_back({!y.empty(), {sum}, {displacement}});
  }
  return probes;
}

}  // namespace gradcheck
