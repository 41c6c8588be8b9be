#include <gradcheck/layers/composer.hpp>
#include <gradcheck/layers/recurrent_composition.hpp>

namespace gradcheck {

namespace {

using Id = Composer::Id;

/// Gate g of a row-major (N, gates · H).
Id gate(Composer& c, Id all, std::size_t g, std::size_t units) {
  return c.part(all, 1, g * units, units);
}

/// f of gate g.
Id shown(Composer& c, const char* f, Id all, std::size_t g, std::size_t units) {
  return c.call(f, {gate(c, all, g, units)});
}

}  // namespace

ComposedState composed_step(Composer& c, RecurrentKind kind, Id u, Id v, ComposedState state,
                            std::size_t units) {
  const auto sum = [&](Id a, Id b) { return c.call("add", {a, b}); };
  const auto product = [&](Id a, Id b) { return c.call("multiply", {a, b}); };
  switch (kind) {
    case RecurrentKind::tanh:
      return {c.call("tanh", {sum(u, v)}), state.c};
    case RecurrentKind::relu:
      return {c.call("relu", {sum(u, v)}), state.c};
    case RecurrentKind::lstm: {
      const Id a = sum(u, v);
      const Id i = shown(c, "sigmoid", a, 0, units), f = shown(c, "sigmoid", a, 1, units);
      const Id g = shown(c, "tanh", a, 2, units), o = shown(c, "sigmoid", a, 3, units);
      const Id cell = sum(product(f, state.c), product(i, g));
      return {product(o, c.call("tanh", {cell})), cell};
    }
    case RecurrentKind::gru:
      break;
  }
  const Id a = sum(c.part(u, 1, 0, 2 * units), c.part(v, 1, 0, 2 * units));
  const Id r = shown(c, "sigmoid", a, 0, units), z = shown(c, "sigmoid", a, 1, units);
  const Id n = c.call("tanh", {sum(gate(c, u, 2, units), product(r, gate(c, v, 2, units)))});
  return {sum(n, product(z, c.call("subtract", {state.h, n}))), state.c};
}

ComposedRun::ComposedRun(Composer& composer, RecurrentKind kind, const ComposedWeights& weights,
                         std::size_t units)
    : c_(composer), kind_(kind), weights_(weights), units_(units) {
  turned_ = c_.call("transpose", {weights.w_hh});
}

ComposedState ComposedRun::step(Id u, ComposedState state) const {
  const Id v = weights_.b_hh == Composer::none
                   ? c_.call("matmul", {state.h, turned_})
                   : c_.call("affine", {state.h, turned_, weights_.b_hh});
  return composed_step(c_, kind_, u, v, state, units_);
}

}  // namespace gradcheck
