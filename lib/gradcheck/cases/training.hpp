#pragma once

#include <functional>
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

/// One step of gradient descent, W ← W − learning_rate · dL/dW: every parameter at once, from its
/// old value, or one after another with new gradients before each, if the rule has an order. Throws
/// LocatedError if that is not finite or the network cannot be evaluated there.
State next_state(const State& state, const UpdateRule& rule);

/// Values, and gradients of the loss, at some leaves.
template <class Real>
struct Evaluation {
  Values<Real> values;
  Values<Real> gradients;
};
template <class Real>
using Evaluate = std::function<Evaluation<Real>(const Values<Real>& leaves)>;

/// The leaves of `network` after the step of that number (from 1); `now` is what `evaluate` gives
/// at the leaves before it.
template <class Real>
Values<Real> stepped(const Network& network, Values<Real> leaves, Evaluation<Real> now,
                     const UpdateRule& rule, std::size_t step, const Evaluate<Real>& evaluate);

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
