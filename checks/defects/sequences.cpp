#include <algorithm>

#include <defects/corpus.hpp>

namespace gradcheck::defects {

namespace {

/// Gates of a weight's gradient in another order: the first two blocks of rows exchanged.
Alteration gates_exchanged(std::size_t gates, std::size_t slot) {
  return [=](auto& call) {
    auto& dx = call.dx[slot];
    const std::size_t block = dx.size() / gates;
    std::swap_ranges(dx.data(), dx.data() + block, dx.data() + block);
  };
}

/// Backpropagation through time cut off: what later times say does not come through. `upstream` is
/// kept at the first time alone for the gradient of the state.
Alteration truncated_in_time(std::size_t slot) {
  return [slot](auto& call) {
    auto dy = call.dy;
    const std::size_t one = dy[0].size() / dy[0].shape()[0];
    std::fill(dy[0].data() + one, dy[0].data() + dy[0].size(), 0);
    call.dx[slot] = call.with_upstream(dy)[slot];
  };
}

/// The second output's upstream is forgotten.
Alteration second_upstream_ignored() {
  return [](auto& call) {
    auto dy = call.dy;
    std::fill(dy[1].data(), dy[1].data() + dy[1].size(), 0);
    call.dx = call.with_upstream(dy);
  };
}

/// The upstream is turned as forward turns x, not back.
Alteration turned_on() {
  return [](auto& call) {
    std::vector in{&call.dy[0]};
    using Real = typename std::decay_t<decltype(call)>::Real;
    call.dx = call.layer.forward(Inputs<Real>(in));
  };
}

std::vector<Given> weights(std::size_t gates, std::size_t in, std::size_t units) {
  return {normal("Wi", {gates * units, in}, 0.7), normal("Wh", {gates * units, units}, 0.7),
          normal("bi", {gates * units}, 0.7), normal("bh", {gates * units}, 0.7)};
}

std::vector<Given> joined(std::vector<Given> first, const std::vector<Given>& then) {
  first.insert(first.end(), then.begin(), then.end());
  return first;
}

std::vector<Specimen> cells() {
  const std::vector<Given> state = {normal("x", {3, 2}), normal("h", {3, 2}),
                                    fixed(both_signs("u", {3, 2}))};
  return {
      {"rnn_cell",
       "clean",
       "L = sum(u * rnn_cell(x, h, Wi, Wh, bi, bh))",
       joined(state, weights(1, 2, 2)),
       {{"transpose", {"rnn_cell"}, transposed(3)},
        {"missing batch sum", {"rnn_cell"}, last_row_only(4)},
        {"swapped", {"rnn_cell"}, swapped(0, 1)}}},
      {"rnn_cell, relu",
       "clean",
       "L = sum(u * rnn_cell(x, h, Wi, Wh, nonlinearity=\"relu\"))",
       joined(state, {normal("Wi", {2, 2}), normal("Wh", {2, 2})}),
       {{"sign", {"rnn_cell"}, negated(2)}, {"missing factor", {"rnn_cell"}, scaled(0.5, 3)}}},
      {"rnn_relu_cell",
       "clean",
       "L = sum(u * rnn_relu_cell(x, h, Wi, Wh))",
       joined(state, {normal("Wi", {2, 2}), normal("Wh", {2, 2})}),
       {{"transpose", {"rnn_relu_cell"}, transposed(3)},
        {"missing factor", {"rnn_relu_cell"}, scaled(0.5, 0)}}},
      {"lstm_cell",
       "clean",
       "y, d = lstm_cell(x, h, c, Wi, Wh, bi, bh); L = sum(u * y) + sum(y * d)",
       joined(joined(state, {normal("c", {3, 2})}), weights(4, 2, 2)),
       {{"wrong argument", {"lstm_cell"}, gates_exchanged(4, 3), false, "gates exchanged"},
        {"missing term", {"lstm_cell"}, second_upstream_ignored()},
        {"zero", {"lstm_cell"}, dropped(2)},
        {"stale", {"lstm_cell"}, stale(1)},
        {"relative 1e-6", {"lstm_cell"}, scaled(1 + 1e-6, 6)}}},
      {"gru_cell",
       "clean",
       "L = sum(u * gru_cell(x, h, Wi, Wh, bi, bh))",
       joined(state, weights(3, 2, 2)),
       {{"wrong argument", {"gru_cell"}, gates_exchanged(3, 5), false, "gates exchanged"},
        {"swapped", {"gru_cell"}, swapped(4, 5), false, "biases"},
        {"averaged over batch", {"gru_cell"}, averaged_over_rows(2)}}},
  };
}

std::vector<Specimen> sequences() {
  const Given x = normal("x", {3, 2, 2});
  const Given u = fixed(both_signs("u", {3, 2, 2}));
  return {
      {"rnn",
       "clean",
       "L = sum(u * rnn(x, h, Wi, Wh, bi, bh))",
       joined({x, normal("h", {1, 2, 2}), u}, weights(1, 2, 2)),
       {{"missing term", {"rnn"}, truncated_in_time(1), false, "cut off in time"},
        {"transpose", {"rnn"}, transposed(3)}}},
      {"rnn_relu",
       "clean",
       "L = sum(u * rnn_relu(x, h, Wi, Wh, bi, bh))",
       joined({x, normal("h", {1, 2, 2}), u}, weights(1, 2, 2)),
       {{"scale", {"rnn_relu"}, scaled(0.5, 2)}, {"sign", {"rnn_relu"}, negated(2)}}},
      {"lstm in both directions",
       "clean",
       "y, h1, c1 = lstm(x, h, c, Wi, Wh, bi, bh, Vi, Vh, ai, ah, bidirectional=true); "
       "L = sum(v * y) + sum(h1 * c1)",
       joined({x, normal("h", {2, 2, 2}), normal("c", {2, 2, 2}), fixed(both_signs("v", {3, 2, 4})),
               normal("Vi", {8, 2}), normal("Vh", {8, 2}), normal("ai", {8}), normal("ah", {8})},
              weights(4, 2, 2)),
       {{"missing term", {"lstm"}, second_upstream_ignored()},
        {"missing term", {"lstm"}, truncated_in_time(4), false, "cut off in time"},
        {"swapped", {"lstm"}, swapped(3, 7)},
        {"float32 inside", {"lstm"}, float32(8)}}},
      {"gru of two layers",
       "clean",
       "L = sum(u * gru(x, h, Wi, Wh, bi, bh, Vi, Vh, ai, ah, num_layers=2))",
       joined({x, normal("h", {2, 2, 2}), u, normal("Vi", {6, 2}), normal("Vh", {6, 2}),
               normal("ai", {6}), normal("ah", {6})},
              weights(3, 2, 2)),
       {{"wrong argument", {"gru"}, gates_exchanged(3, 2), false, "gates exchanged"},
        {"one entry only", {"gru"}, scaled_entry(3, 1.001, 7)}}},
  };
}

std::vector<Specimen> attentions() {
  const std::vector<Given> qkv = {normal("q", {2, 3, 4}), normal("k", {2, 5, 4}),
                                  normal("v", {2, 5, 2}), fixed(both_signs("u", {2, 3, 2}))};
  const Given mask = fixed(values("m", {3, 5}, {1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1}));
  const Given u = fixed(both_signs("u", {3, 2, 4}));
  return {
      {"scaled_dot_product_attention",
       "clean",
       "L = sum(u * scaled_dot_product_attention(q, k, v))",
       qkv,
       {{"scale", {"scaled_dot_product_attention"}, scaled(2, 0), false, "1/sqrt(E) left out"},
        {"zero", {"scaled_dot_product_attention"}, dropped(1)},
        {"transpose", {"scaled_dot_product_attention"}, transposed(2)}}},
      {"scaled_dot_product_attention with a query that may attend to nothing",
       "clean",
       "L = sum(u * scaled_dot_product_attention(q, k, v, m))",
       joined(qkv, {mask}),
       {{"sign", {"scaled_dot_product_attention"}, negated(1)},
        {"stale", {"scaled_dot_product_attention"}, stale(2)}}},
      {"multi_head_attention",
       "clean",
       "L = sum(u * multi_head_attention(x, x, x, W, b, V, a, num_heads=2, is_causal=true))",
       {normal("x", {3, 2, 4}), normal("W", {12, 4}, 0.7), normal("b", {12}),
        normal("V", {4, 4}, 0.7), normal("a", {4}), u},
       {{"missing fan-out", {"multi_head_attention"}, dropped(1)},
        {"transpose", {"multi_head_attention"}, transposed(4)},
        {"wrong argument",
         {"multi_head_attention"},
         gates_exchanged(3, 3),
         false,
         "projections exchanged"},
        {"missing batch sum", {"multi_head_attention"}, last_row_only(5)}}},
      {"rope",
       "clean",
       "L = sum(u * square(rope(x, base=10)))",
       {normal("x", {3, 2, 4}), u},
       {{"sign", {"rope"}, turned_on()}, {"stale", {"rope"}, row_late()}}},
  };
}

std::vector<Specimen> gates() {
  const Given x = normal("x", {3, 6});
  const Given u = fixed(both_signs("u", {3, 3}));
  std::vector<Specimen> all;
  for (const char* name : {"glu", "swiglu", "geglu"}) {
    all.push_back(
        {name,
         "clean",
         std::string("L = sum(u * ") + name + "(x))",
         {x, u},
         {{"wrong constant", {name}, at_multiple(1.702)}, {"transpose", {name}, transposed()}}});
  }
  return all;
}

}  // namespace

std::vector<Specimen> sequence_specimens() {
  std::vector<Specimen> all = cells();
  for (const std::vector<Specimen>& more : {sequences(), attentions(), gates()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace gradcheck::defects
