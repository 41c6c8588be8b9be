#pragma once

#include <vector>

#include <gradcheck/cases/case_run.hpp>
#include <gradcheck/tensor/files/tensor_file.hpp>

namespace gradcheck {

/// What `check --dump` writes: of every gradient that was checked the arrays NAME.analytic,
/// NAME.numeric, NAME.bound and NAME.relative_error, all of the tensor's shape. The relative error
/// is abs(analytic - numeric) / max(abs(analytic), abs(numeric)), 0 where the bound is more than a
/// tenth of that (a zero, or what arithmetic cannot see).
std::vector<NamedTensor> gradients_of(const CaseOutcome& outcome);

}  // namespace gradcheck
