#pragma once

#include <gradcheck/cases/case_file.hpp>
#include <gradcheck/network/network.hpp>

namespace gradcheck {

/// The network after some steps of its update rule, with everything evaluated there.
struct State {
  std::size_t steps = 0;
  Network network;
  Values<double> values;
  Values<long double> long_values;
  Values<double> gradients;  ///< of the loss; zeros if it is not a scalar
};

/// The network as it is given.
State initial_state(const Network& network);

/// One step of gradient descent: every parameter at once, from its old value, W ← W − learning_rate
/// · dL/dW. Throws LocatedError if the network cannot be evaluated at the new point.
State next_state(const State& state, const UpdateRule& rule);

}  // namespace gradcheck
