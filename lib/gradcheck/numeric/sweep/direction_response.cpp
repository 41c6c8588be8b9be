#include <algorithm>
#include <cmath>

#include <gradcheck/numeric/sweep/direction_response.hpp>

namespace gradcheck {

namespace {

/// Where several entries move, a displacement must be so many of its spacings for its rounding not
/// to bend the direction.
constexpr double least_spacings = 0x1p10;

}  // namespace

DirectionResponse::DirectionResponse(OpaqueFunction& f, std::span<const Move> direction,
                                     std::span<const double> upstream, double scale,
                                     double least_size)
    : f_(f), direction_(direction.begin(), direction.end()), upstream_(upstream), scale_(scale) {
  for (std::size_t j = 0; j < upstream.size(); ++j) {
    const double size = std::max(std::abs(f.y()[j]), least_size);
    rounding_unit_ = std::hypot(rounding_unit_, f.unit_roundoff() * upstream[j] * size);
  }
  const double least = direction.size() == 1 ? 1 : least_spacings;
  for (const Move& move : direction) {
    const double spacings = f.spacing(move.slot, move.entry) / std::abs(move.by);
    quantum_ = std::max(quantum_, std::isfinite(spacings) ? least * spacings : 0);
  }
}

/// As the numbers of one entry allow; of several, as asked.
double DirectionResponse::made(double displacement) const {
  if (direction_.size() != 1) {
    return displacement;
  }
  Move move = direction_[0];
  move.by *= displacement;
  return f_.made(move) / direction_[0].by;
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
    probes.push_back({!y.empty(), {sum}, {made(displacement)}});
    farthest_ = std::max(farthest_, y.empty() ? 0 : std::abs(displacement));
  }
  return probes;
}

}  // namespace gradcheck
