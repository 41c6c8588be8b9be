#include <gradcheck/cases/training.hpp>

namespace gradcheck {

namespace {

State state_of(Network network, std::size_t steps) {
  State state{steps, std::move(network), {}, {}, {}};
  const ValueId loss = state.network.loss();
  const Shape& shape = state.network.value(loss).shape;
  const bool scalar = entries_of(shape) == 1;
  state.values = forward<double>(state.network);
  state.long_values = forward<long double>(state.network);
  state.gradients =
      backward<double>(state.network, state.values, loss, full<double>(shape, scalar ? 1 : 0));
  return state;
}

void require_finite(const Tensor& updated, const std::string& name, std::size_t steps,
                    Position at) {
  if (!all_finite(updated)) {
    throw LocatedError(at, "update: " + steps_text(steps) + ", '" + name +
                               "' has entries that are not finite, expected training that "
                               "converges: lower the learning_rate");
  }
}

}  // namespace

State initial_state(const Network& network) { return state_of(network, 0); }

State next_state(const State& state, const UpdateRule& rule) {
  const std::size_t steps = state.steps + 1;
  Network network = state.network;
  for (const ValueId id : network.leaves()) {
    if (network.value(id).role == Role::parameter) {
      Tensor updated = network.leaf(id);
      for (std::size_t i = 0; i < updated.size(); ++i) {
        updated.data()[i] -= rule.learning_rate * state.gradients[id].data()[i];
      }
      require_finite(updated, network.value(id).name, steps, rule.at);
      network.set_leaf(id, std::move(updated));
    }
  }
  return after_steps(steps, [&] { return state_of(std::move(network), steps); });
}

std::string steps_text(std::size_t steps) {
  return "after " + std::to_string(steps) + (steps == 1 ? " step" : " steps");
}

}  // namespace gradcheck
