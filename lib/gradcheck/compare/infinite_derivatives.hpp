#pragma once

#include <string>

#include <gradcheck/compare/checker.hpp>

namespace gradcheck {

/// Takes back what a comparison of d(target)/d(from) calls wrong where the derivative of a layer is
/// infinite, as that of sqrt at 0: there is no right value then, and the chain rule makes NaN of
/// 0 · ∞. That it is infinite is seen from forward: its quotients grow without end as steps shrink.
/// Entries that are not finite for another reason stay wrong.
void excuse_infinite_derivatives(const Network& network, const Values<double>& values,
                                 ValueId target, ValueId from, TensorCheck& check);

}  // namespace gradcheck
