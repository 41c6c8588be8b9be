#include <algorithm>
#include <cmath>

#include <gradcheck/numeric/sweep/group_response.hpp>

namespace gradcheck {

GroupResponse::GroupResponse(OpaqueFunction& f, std::size_t slot,
                             std::span<const std::uint32_t> members, const Tensor& scales,
                             const std::vector<std::optional<std::uint32_t>>& owners,
                             const std::vector<double>& tolerances)
    : f_(f), slot_(slot), tolerances_(tolerances) {
  for (const std::uint32_t entry : members) {
    scale_ = std::max(scale_, scales.data()[entry]);
  }
  for (const std::uint32_t entry : members) {
    const double weight = std::exp2(std::round(std::log2(scales.data()[entry] / scale_)));
    members_.push_back({entry, weight});
    quantum_ = std::max(quantum_, f.spacing(slot, entry) / weight);
  }
  for (std::size_t j = 0; j < owners.size(); ++j) {
    if (owners[j]) {
      owned_.push_back({j, *owners[j]});
      base_.push_back(f.y()[j]);
    } else {
      watched_.push_back(j);
    }
  }
}

double GroupResponse::rounding_unit(std::size_t k) const {
  return f_.unit_roundoff() * std::max(std::abs(base_[k]), least_size_);
}

std::vector<Probe> GroupResponse::evaluate(std::span<const double> displacements) {
  std::vector<Probe> probes;
  for (const double displacement : displacements) {
    probes.push_back(probe(displacement));
  }
  return probes;
}

Probe GroupResponse::probe(double displacement) {
  std::vector<double> made;
  moves_.clear();
  for (const Member& member : members_) {
    moves_.push_back({slot_, member.entry, displacement * member.weight});
    made.push_back(f_.made(moves_.back()));
  }
  const std::vector<double>& y = f_.moved(moves_);
  Probe probe;
  probe.usable = !y.empty();
  farthest_ = std::max(farthest_, probe.usable ? std::abs(displacement) : 0);
  for (std::size_t k = 0; probe.usable && k < owned_.size(); ++k) {
    probe.y.push_back(y[owned_[k].output]);
    probe.made.push_back(made[owned_[k].member]);
  }
  for (std::size_t k = 0; probe.usable && !stray_ && k < watched_.size(); ++k) {
    const std::size_t j = watched_[k];
    stray_ = differ(y[j], f_.y()[j], tolerances_[j]);
  }
  return probe;
}

}  // namespace gradcheck
