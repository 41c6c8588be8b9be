#pragma once

#include <optional>
#include <string>

#include <defects/opaque/specimen.hpp>

namespace gradcheck::defects::opaque {

/// What an inconclusive report advises to try.
struct Advice {
  std::optional<double> step;  ///< "step = 1e-2", "a step of 1e-2", "--step 1e-2"
  std::optional<double> rtol;  ///< "rtol = 1e-3"
  bool move_point = false;     ///< "move x off the kink"

  bool any() const { return step || rtol || move_point; }
};

/// Read from the texts of a report: reasons of its tensors, notes and findings.
Advice advice_in(const Report& report);

/// The same check as advised.
Outcome follow(const Advice& advice, const Specimen& specimen, const Arrays<double>& point,
               CheckOptions options);

}  // namespace gradcheck::defects::opaque
