#include <algorithm>
#include <tuple>

#include <gradcheck/cases/case_network.hpp>
#include <gradcheck/cases/plan.hpp>
#include <gradcheck/network/place.hpp>

namespace gradcheck {

namespace {

using Kind = Claim::Kind;

bool of_update(const Claim& claim) {
  return claim.kind == Kind::updated || claim.kind == Kind::change;
}

Part part_of(const Reference& reference, const Claim& claim, const Network& network) {
  Part part;
  part.name = reference.first;
  part.id = find_value(network, part.name, claim.at);
  part.shape = network.value(part.id).shape;
  part.selection = select_at(part.shape, reference.second, shortened(claim.key), claim.at);
  if (part.selection.positions.empty()) {
    throw LocatedError(claim.at, "'" + shortened(claim.key) + "' chooses no entry of '" +
                                     part.name + "', which has shape " + to_string(part.shape));
  }
  return part;
}

/// What a claim is about must have what is claimed: a gradient, an update.
void require_claimable(const Claim& claim, const Part& part, const Network& network) {
  const Role role = network.value(part.id).role;
  if (of_update(claim) && role != Role::parameter) {
    throw LocatedError(
        claim.at, "'" + part.name + "' is not a parameter, expected one: only those are updated");
  }
  if (!of_update(claim) && claim.kind != Kind::forward) {
    require_gradient(network, part.id, claim.at);
  }
}

PlannedClaim planned(const Claim& claim, std::size_t steps, bool after, const Network& network) {
  PlannedClaim plan{&claim, steps, after, {}};
  const bool jacobian = claim.kind == Kind::jacobian;
  for (const Reference& reference : parse_references(claim.key, jacobian, claim.at)) {
    plan.parts.push_back(part_of(reference, claim, network));
  }
  require_claimable(claim, plan.parts.back(), network);
  if (jacobian) {
    require_jacobian(network, plan.parts[0].id, plan.parts[1].id, claim.at);
  }
  return plan;
}

void require_update(const CaseFile& file, Position at, const std::string& what) {
  if (!file.update) {
    throw LocatedError(at, what + ", expected an [update] table");
  }
}

}  // namespace

std::vector<PlannedClaim> plan_claims(const CaseFile& file, const Network& network,
                                      Mistakes& mistakes) {
  std::vector<PlannedClaim> plans;
  for (const Claim& claim : file.claims) {
    mistakes.attempt([&] {
      if (of_update(claim)) {
        require_update(file, claim.at,
                       "'" + shortened(claim.key) + "' claims a result of an update");
      }
      const std::size_t steps = of_update(claim) ? file.update->steps : 0;
      plans.push_back(planned(claim, steps, false, network));
    });
  }
  for (const ClaimsAfter& after : file.after) {
    for (const Claim& claim : after.claims) {
      mistakes.attempt([&] {
        require_update(file, after.at, "these are claims after a step");
        plans.push_back(planned(claim, after.steps, true, network));
      });
    }
  }
  std::ranges::stable_sort(plans, {}, [](const PlannedClaim& plan) {
    return std::tuple(plan.claim->at.line, plan.claim->at.column);
  });
  return plans;
}

std::vector<Reference> parse_references(std::string_view key, bool jacobian, Position at) {
  if (!jacobian) {
    return {parse_reference(key, at)};
  }
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) {
    throw LocatedError(
        at, "'" + shortened(key) + "' is claimed as a Jacobian, expected a key such as \"y/x\"");
  }
  const Position from = after(at, key.substr(0, slash + 1));
  return {parse_reference(key.substr(0, slash), at), parse_reference(key.substr(slash + 1), from)};
}

std::vector<std::size_t> positions_of(const std::vector<Part>& parts) {
  std::vector<std::size_t> positions{0};
  for (const Part& part : parts) {
    const std::size_t entries = entries_of(part.shape);
    std::vector<std::size_t> finer;
    finer.reserve(positions.size() * part.selection.positions.size());
    for (const std::size_t position : positions) {
      for (const std::size_t chosen : part.selection.positions) {
        finer.push_back(position * entries + chosen);
      }
    }
    positions = std::move(finer);
  }
  return positions;
}

}  // namespace gradcheck
