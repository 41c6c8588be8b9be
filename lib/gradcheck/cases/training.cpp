#include <algorithm>

#include <gradcheck/cases/training.hpp>

namespace gradcheck {

namespace {

Evaluation<double> evaluated(const Network& network, const Values<double>& leaves) {
  const ValueId loss = network.loss();
  const Shape& shape = network.value(loss).shape;
  Evaluation<double> now;
  now.values = forward(network, leaves);
  now.gradients = backward<double>(network, now.values, loss,
                                   full<double>(shape, entries_of(shape) == 1 ? 1 : 0));
  return now;
}

State state_of(Network network, std::size_t steps) {
  State state{steps, std::move(network), {}, {}, {}};
  Evaluation<double> now = evaluated(state.network, leaf_values<double>(state.network));
  state.values = std::move(now.values);
  state.gradients = std::move(now.gradients);
  state.long_values = forward<long double>(state.network);
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

/// The parameters that move together, group after group.
std::vector<std::vector<ValueId>> moves_of(const Network& network, const UpdateRule& rule) {
  std::vector<std::vector<ValueId>> moves;
  for (const std::string& name : rule.order) {
    moves.push_back({*network.find(name)});
  }
  if (moves.empty()) {
    moves.emplace_back();
    for (const ValueId id : network.leaves()) {
      if (network.value(id).role == Role::parameter) {
        moves[0].push_back(id);
      }
    }
  }
  return moves;
}

}  // namespace

double UpdateRule::rate_of(const std::string& parameter, std::size_t step) const {
  const auto own = by_parameter.find(parameter);
  const std::vector<double>& rates = own == by_parameter.end() ? learning_rate : own->second;
  return rates[std::min(step, rates.size()) - 1];
}

State initial_state(const Network& network) { return state_of(network, 0); }

template <class Real>
Values<Real> stepped(const Network& network, Values<Real> leaves, Evaluation<Real> now,
                     const UpdateRule& rule, std::size_t step, const Evaluate<Real>& evaluate) {
  bool current = true;
  for (const std::vector<ValueId>& together : moves_of(network, rule)) {
    now = current ? std::move(now) : evaluate(leaves);
    current = false;
    for (const ValueId id : together) {
      const Real rate = rule.rate_of(network.value(id).name, step);
      for (std::size_t i = 0; i < leaves[id].size(); ++i) {
        leaves[id].data()[i] -= rate * now.gradients[id].data()[i];
      }
    }
  }
  return leaves;
}

template Values<double> stepped(const Network&, Values<double>, Evaluation<double>,
                                const UpdateRule&, std::size_t, const Evaluate<double>&);
template Values<long double> stepped(const Network&, Values<long double>, Evaluation<long double>,
                                     const UpdateRule&, std::size_t, const Evaluate<long double>&);

State next_state(const State& state, const UpdateRule& rule) {
  const std::size_t steps = state.steps + 1;
  Network network = state.network;
  const Values<double> leaves = after_steps(steps, [&] {
    return stepped<double>(network, leaf_values<double>(network), {state.values, state.gradients},
                           rule, steps,
                           [&](const Values<double>& moved) { return evaluated(network, moved); });
  });
  for (const ValueId id : network.leaves()) {
    if (network.value(id).role == Role::parameter) {
      require_finite(leaves[id], network.value(id).name, steps, rule.at);
      network.set_leaf(id, leaves[id]);
    }
  }
  return after_steps(steps, [&] { return state_of(std::move(network), steps); });
}

std::string steps_text(std::size_t steps) {
  return "after " + std::to_string(steps) + (steps == 1 ? " step" : " steps");
}

}  // namespace gradcheck
