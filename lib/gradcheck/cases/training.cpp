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

}  // namespace

State initial_state(const Network& network) { return state_of(network, 0); }

State next_state(const State& state, const UpdateRule& rule) {
  Network network = state.network;
  for (const ValueId id : network.leaves()) {
    if (network.value(id).role == Role::parameter) {
      Tensor updated = network.leaf(id);
      for (std::size_t i = 0; i < updated.size(); ++i) {
        updated.data()[i] -= rule.learning_rate * state.gradients[id].data()[i];
      }
      network.set_leaf(id, std::move(updated));
    }
  }
  return state_of(std::move(network), state.steps + 1);
}

}  // namespace gradcheck
