#include <gradcheck/cases/repair_trial.hpp>

namespace gradcheck {

std::optional<Pattern> repaired(const std::vector<DerivationLine>& lines, std::size_t line,
                                const std::vector<DerivationPoint*>& points,
                                const AcceptsRepair& accepts) {
  RepairTrial trial(lines, line, points, accepts);
  // The most telling ones first.
  for (const auto& attempt :
       {try_sign, try_products, try_other_products, try_powers, try_dropping, try_names,
        try_derivatives, try_operators, try_masks, try_reductions, try_factors}) {
    attempt(trial);
    if (trial.found()) {
      return trial.found();
    }
  }
  return std::nullopt;
}

}  // namespace gradcheck
