#pragma once

#include <gradcheck/layers/composer.hpp>

namespace gradcheck {

/// What recurrent layers are made of: products, gates and elementwise functions, step by step.

enum class RecurrentKind { tanh, relu, lstm, gru };

struct ComposedState {
  Composer::Id h;
  Composer::Id c = Composer::none;
};

struct ComposedWeights {
  Composer::Id w_ih, w_hh;
  Composer::Id b_ih = Composer::none, b_hh = Composer::none;
};

/// The state after a step, from u and v (recurrent_step.hpp), both (N, gates · H).
ComposedState composed_step(Composer& c, RecurrentKind kind, Composer::Id u, Composer::Id v,
                            ComposedState state, std::size_t units);

/// One layer in one direction.
class ComposedRun {
 public:
  ComposedRun(Composer& composer, RecurrentKind kind, const ComposedWeights& weights,
              std::size_t units);

  /// u of all times together.
  Composer::Id inputs(Composer::Id x) const { return c_.through(x, weights_.w_ih, weights_.b_ih); }
  ComposedState step(Composer::Id u, ComposedState state) const;

 private:
  Composer& c_;
  RecurrentKind kind_;
  ComposedWeights weights_;
  std::size_t units_;
  Composer::Id turned_;  ///< w_hhᵀ
};

}  // namespace gradcheck
