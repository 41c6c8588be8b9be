#include <gradcheck/layers/recurrent.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

using Kind = SettingType::Kind;

/// What the weights of one layer and direction must be; `slot` is that of its w_ih.
void require_weights(const std::string& name, std::span<const Shape> in, std::size_t slot,
                     const RecurrentExtents& e, std::size_t reads, std::size_t gates,
                     const std::string& place) {
  const std::size_t all = gates * e.units;
  const auto require = [&](const char* what, const Shape& got, const Shape& wanted,
                           const char* meaning) {
    if (got != wanted) {
      throw_shape(name, what + place, to_string(got),
                  to_string(wanted) + ", " + meaning + " with H = " + std::to_string(e.units));
    }
  };
  const std::string factor = gates == 1 ? "" : std::to_string(gates) + " ";
  require("w_ih", in[slot], {all, reads}, ("(" + factor + "H, in)").c_str());
  require("w_hh", in[slot + 1], {all, e.units}, ("(" + factor + "H, H)").c_str());
  if (e.biases > 0) {
    require("b_ih", in[slot + 2], {all}, ("(" + factor + "H)").c_str());
    require("b_hh", in[slot + 3], {all}, ("(" + factor + "H)").c_str());
  }
}

/// Beyond this many steps of all layers together, a sequence is not taken apart.
constexpr std::size_t most_composed_steps = 512;

/// The weights of a layer, w_ih in that slot.
ComposedWeights composed_weights(std::size_t slot, std::size_t biases) {
  return biases == 0 ? ComposedWeights{slot, slot + 1}
                     : ComposedWeights{slot, slot + 1, slot + 2, slot + 3};
}

/// A cell's or a layer's tensors before and after its weights.
std::string arguments_text(std::size_t states) { return states == 2 ? "x, h0, c0" : "x, h0"; }

LayerType recurrent(const std::string& name, std::size_t states, const char* formula) {
  LayerType type{.name = name, .group = "sequence", .tensors = {"x", "h"}};
  if (states == 2) {
    type.tensors.push_back("c");
  }
  type.tensors.insert(type.tensors.end(), {"w_ih", "w_hh"});
  type.formula = formula;
  type.outputs = states;
  type.first_alone = true;
  return type;
}

constexpr const char* rnn_formula = "h' = f(x w_ihᵀ + b_ih + h w_hhᵀ + b_hh), f = nonlinearity";
constexpr const char* relu_formula = "h' = max(0, x w_ihᵀ + b_ih + h w_hhᵀ + b_hh)";
constexpr const char* lstm_formula =
    "(i f g o) = x w_ihᵀ + b_ih + h w_hhᵀ + b_hh; c' = σ(f) c + σ(i) tanh(g), h' = σ(o) tanh(c')";
constexpr const char* gru_formula =
    "u = x w_ihᵀ + b_ih, v = h w_hhᵀ + b_hh, gates r z n; r = σ(u_r + v_r), z = σ(u_z + v_z), n = "
    "tanh(u_n + r v_n), h' = (1 − z) n + z h";

SettingType nonlinearity() {
  return {.name = "nonlinearity",
          .kind = Kind::word,
          .default_value = std::string("tanh"),
          .words = {"tanh", "relu"}};
}

template <class Unit>
LayerType cell(const std::string& name, const char* formula, const char* gates) {
  LayerType type = recurrent(name, RecurrentCell<Unit>::states, formula);
  type.optional_tensors = {"b_ih", "b_hh"};
  type.gradients =
      "through the gates to du and dv; dx = du w_ih, dh += dv w_hh, dw_ih = duᵀ x, "
      "dw_hh = dvᵀ h, db_ih = Σ_n du, db_hh = Σ_n dv";
  type.shapes = std::string("x (N, in), the states (N, H), or without N; w_ih (") + gates +
                "H, in), w_hh (" + gates + "H, H), b_ih and b_hh (" + gates + "H) or none";
  type.make = [name](const Settings& settings) {
    if (given(settings, "b_ih") != given(settings, "b_hh")) {
      throw_value(name, given(settings, "b_ih") ? "b_hh" : "b_ih", "no value",
                  "both biases, or none");
    }
    if (settings.contains("nonlinearity") && word_setting(settings, "nonlinearity") == "relu") {
      return make_layer(name, RecurrentCell<ReluUnit>{name});
    }
    return make_layer(name, RecurrentCell<Unit>{name});
  };
  return type;
}

template <class Unit>
LayerType sequence(const std::string& name, const char* formula, const char* gates) {
  constexpr std::size_t states = RecurrentSequence<Unit>::states;
  LayerType type = recurrent(name, states, formula);
  type.tensors = {"x", "h0", "w_ih", "w_hh", "b_ih", "b_hh"};
  if (states == 2) {
    type.tensors.insert(type.tensors.begin() + 2, "c0");
  }
  type.variadic = true;
  type.outputs = 1 + states;
  type.settings = {{.name = "num_layers", .kind = Kind::integer, .default_value = 1.0},
                   {.name = "bidirectional", .kind = Kind::boolean, .default_value = false},
                   {.name = "batch_first", .kind = Kind::boolean, .default_value = false}};
  type.gradients = "backpropagation through time: at each step as in " + name + "_cell, added up";
  type.shapes = std::string("x (T, N, in), batch_first: (N, T, in), or (T, in); h0") +
                (states == 2 ? ", c0" : "") + " (layers · directions, N, H); w_ih (" + gates +
                "H, in), w_hh (" + gates + "H, H), b_ih, b_hh (" + gates +
                "H) or none, of each layer and direction in turn (forwards first; later layers "
                "read directions · H); y (T, N, directions · H), h_n" +
                (states == 2 ? ", c_n" : "") + " as h0";
  type.make = [name](const Settings& settings) {
    const long long layers = integer_setting(settings, "num_layers");
    if (layers < 1 || layers > 1000) {
      throw_value(name, "num_layers", std::to_string(layers), "an integer from 1 to 1000");
    }
    const SequenceSettings made{name, static_cast<std::size_t>(layers),
                                boolean_setting(settings, "bidirectional") ? 2UL : 1UL,
                                boolean_setting(settings, "batch_first")};
    if (settings.contains("nonlinearity") && word_setting(settings, "nonlinearity") == "relu") {
      return make_layer(name, RecurrentSequence<ReluUnit>{made});
    }
    return make_layer(name, RecurrentSequence<Unit>{made});
  };
  return type;
}

/// The extents that x and the states of a sequence tell. Throws ShapeError where they do not fit.
RecurrentExtents sequence_extents(const SequenceSettings& s, std::span<const Shape> in,
                                  std::size_t states) {
  const Shape& x = in[0];
  if (x.size() != 2 && x.size() != 3) {
    throw_shape(s.name, "x", to_string(x),
                s.batch_first ? "(N, T, in) or (T, in)" : "(T, N, in) or (T, in)");
  }
  const bool batched = x.size() == 3;
  const bool swapped = batched && s.batch_first;
  const std::size_t times = x[swapped ? 1 : 0];
  const std::size_t rows = batched ? x[swapped ? 0 : 1] : 1;
  const Shape& h = in[1];
  Shape wanted{s.layers * s.directions, rows, h.empty() ? 0 : h.back()};
  if (!batched) {
    wanted.erase(wanted.begin() + 1);
  }
  for (std::size_t slot = 1; slot <= states; ++slot) {
    if (in[slot] != wanted || h.empty()) {
      throw_shape(s.name, slot == 1 ? "h0" : "c0", to_string(in[slot]),
                  std::string(batched ? "(layers · directions, N, H) = ("
                                      : "(layers · directions, H) = (") +
                      std::to_string(wanted[0]) + (batched ? ", " + std::to_string(rows) : "") +
                      ", H), for x has shape " + to_string(x));
    }
  }
  return {batched, times, rows, x.back(), h.back(), 0};
}

}  // namespace

template <class Unit>
RecurrentExtents RecurrentCell<Unit>::extents(std::span<const Shape> in) const {
  const Shape &x = in[0], &h = in[1];
  if (x.size() != 1 && x.size() != 2) {
    throw_shape(name, "x", to_string(x), "(N, in) or (in)");
  }
  const bool batched = x.size() == 2;
  for (std::size_t slot = 1; slot <= states; ++slot) {
    const bool fits = in[slot].size() == x.size() && in[slot] == h && (!batched || h[0] == x[0]);
    if (!fits) {
      throw_shape(
          name, slot == 1 ? "h" : "c", to_string(in[slot]),
          batched ? "(N, H) = (" + std::to_string(x[0]) + ", H), for x has shape " + to_string(x)
                  : "(H), for x has shape " + to_string(x));
    }
  }
  RecurrentExtents e{batched, 1, batched ? x[0] : 1, x.back(), h.back(), in.size() - 3 - states};
  require_weights(name, in, 1 + states, e, e.in, Unit::gates, "");
  return e;
}

template <class Unit>
RecurrentExtents RecurrentSequence<Unit>::extents(std::span<const Shape> in) const {
  const std::size_t runs = settings.layers * settings.directions;
  const std::size_t got = in.size() < 1 + states ? 0 : in.size() - 1 - states;
  if (got != 2 * runs && got != 4 * runs) {
    throw_value(settings.name, "tensors", std::to_string(in.size()) + " of them",
                arguments_text(states) + " and " + std::to_string(4 * runs) +
                    " weights, w_ih, w_hh, b_ih, b_hh for each of num_layers · directions = " +
                    std::to_string(runs) + ", or " + std::to_string(2 * runs) + " without biases");
  }
  RecurrentExtents e = sequence_extents(settings, in, states);
  e.biases = got / runs - 2;
  for (std::size_t run = 0; run < runs; ++run) {
    const std::size_t layer = run / settings.directions;
    const std::size_t reads = layer == 0 ? e.in : settings.directions * e.units;
    const bool backwards = run % settings.directions == 1;
    const std::string place =
        runs == 1 ? "" : " of layer " + std::to_string(layer) + (backwards ? ", backwards," : "");
    require_weights(settings.name, in, 1 + states + run * (2 + e.biases), e, reads, Unit::gates,
                    place);
  }
  return e;
}

template <class Unit>
std::vector<Shape> RecurrentSequence<Unit>::shapes(std::span<const Shape> in) const {
  const RecurrentExtents e = extents(in);
  Shape y = in[0];
  y.back() = settings.directions * e.units;
  std::vector<Shape> all(1 + states, in[1]);
  all[0] = y;
  return all;
}

template <class Unit>
std::optional<Composition> RecurrentCell<Unit>::composition(std::span<const Shape> in) const {
  const RecurrentExtents e = extents(in);
  Composer c(in);
  const auto rows = [&](Composer::Id x) { return c.reshaped(x, {e.rows, c.shape(x).back()}); };
  const ComposedRun run(c, Unit::kind, composed_weights(1 + states, e.biases), e.units);
  const ComposedState before{rows(1), Unit::has_cell ? rows(2) : Composer::none};
  const ComposedState after = run.step(run.inputs(rows(0)), before);
  std::vector<Composer::Id> outputs{c.reshaped(after.h, in[1])};
  if (Unit::has_cell) {
    outputs.push_back(c.reshaped(after.c, in[1]));
  }
  return c.done(outputs);
}

template <class Unit>
std::optional<Composition> RecurrentSequence<Unit>::composition(std::span<const Shape> in) const {
  const RecurrentExtents e = extents(in);
  const std::size_t runs = settings.layers * settings.directions;
  if (e.times == 0 || e.rows == 0 || e.times * runs > most_composed_steps) {
    return std::nullopt;
  }
  Composer c(in);
  const bool swapped = settings.batch_first && e.batched;
  Composer::Id level = swapped ? c.permuted(0, {1, 0, 2}) : Composer::Id{0};
  level = c.reshaped(level, {e.times * e.rows, e.in});
  std::vector<Composer::Id> last_h, last_c;
  for (std::size_t run = 0; run < runs; run += settings.directions) {
    std::vector<Composer::Id> shown;
    for (std::size_t d = 0; d < settings.directions; ++d) {
      shown.push_back(composed_run(c, e, level, run + d, last_h, last_c));
    }
    level = shown.size() == 1 ? shown[0] : c.call("concat", shown, {{"axis", 1.0}});
  }
  const Shape y = shapes(in)[0];
  const Composer::Id by_time =
      swapped ? c.permuted(c.reshaped(level, {e.times, e.rows, y.back()}), {1, 0, 2}) : level;
  std::vector<Composer::Id> outputs{c.reshaped(by_time, y),
                                    c.reshaped(c.call("stack", last_h), in[1])};
  if (Unit::has_cell) {
    outputs.push_back(c.reshaped(c.call("stack", last_c), in[1]));
  }
  return c.done(outputs);
}

/// One layer in one direction: what it shows at all times, (T · N, H).
template <class Unit>
Composer::Id RecurrentSequence<Unit>::composed_run(Composer& c, const RecurrentExtents& e,
                                                   Composer::Id level, std::size_t run,
                                                   std::vector<Composer::Id>& last_h,
                                                   std::vector<Composer::Id>& last_c) const {
  const std::size_t slot = 1 + states + run * (2 + e.biases);
  const ComposedRun layer(c, Unit::kind, composed_weights(slot, e.biases), e.units);
  const auto given = [&](Composer::Id all) {
    return c.reshaped(c.part(all, 0, run, 1), {e.rows, e.units});
  };
  ComposedState state{given(1), Unit::has_cell ? given(2) : Composer::none};
  const Composer::Id u = layer.inputs(level);
  const bool backwards = run % settings.directions == 1;
  std::vector<Composer::Id> shown(e.times);
  for (std::size_t step = 0; step < e.times; ++step) {
    const std::size_t t = backwards ? e.times - 1 - step : step;
    state = layer.step(c.part(u, 0, t * e.rows, e.rows), state);
    shown[t] = state.h;
  }
  last_h.push_back(state.h);
  last_c.push_back(state.c);
  return c.call("concat", shown, {{"axis", 0.0}});
}

void add_recurrent_layers(LayerLibrary& library) {
  LayerType rnn_cell = cell<TanhUnit>("rnn_cell", rnn_formula, "");
  rnn_cell.settings = {nonlinearity()};
  library.add(rnn_cell);
  library.add(cell<ReluUnit>("rnn_relu_cell", relu_formula, ""));
  library.add(cell<LstmUnit>("lstm_cell", lstm_formula, "4 "));
  library.add(cell<GruUnit>("gru_cell", gru_formula, "3 "));
  LayerType rnn = sequence<TanhUnit>("rnn", rnn_formula, "");
  rnn.settings.push_back(nonlinearity());
  library.add(rnn);
  library.add(sequence<ReluUnit>("rnn_relu", relu_formula, ""));
  library.add(sequence<LstmUnit>("lstm", lstm_formula, "4 "));
  library.add(sequence<GruUnit>("gru", gru_formula, "3 "));
}

}  // namespace gradcheck
