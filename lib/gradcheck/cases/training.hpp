#pragma once

#include <string>

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

/// "after 1 step", "after 2 steps"
std::string steps_text(std::size_t steps);

/// The network as it is given.
State initial_state(const Network& network);

/// One step of gradient descent: every parameter at once, from its old value, W ← W − learning_rate
/// · dL/dW. Throws LocatedError if that is not finite or the network cannot be evaluated there.
State next_state(const State& state, const UpdateRule& rule);

/// What `work` returns; an error in it says after how many steps it arose.
template <class Work>
auto after_steps(std::size_t steps, Work work) {
  try {
    return work();
  } catch (const LocatedError& error) {
    throw steps == 0 ? error : LocatedError(error.at, steps_text(steps) + ": " + error.what());
  }
}

}  // namespace gradcheck
