#include <cmath>

#include <defects/corpus.hpp>

namespace gradcheck::defects {

namespace {

/// Each group's upstream at every member that equals its y, divided by `share(number of them)`.
template <class Share>
Alteration to_winners(Share share) {
  return [share](auto& call) {
    const std::size_t groups = call.dy[0].size();
    const std::size_t count = call.dx[0].size() / groups;
    for (std::size_t g = 0; g < groups; ++g) {
      double winners = 0;
      for (std::size_t m = 0; m < count; ++m) {
        winners += call.x[0]->data()[g * count + m] == call.y[0].data()[g] ? 1 : 0;
      }
      for (std::size_t m = 0; m < count; ++m) {
        const bool wins = call.x[0]->data()[g * count + m] == call.y[0].data()[g];
        call.dx[0].data()[g * count + m] = wins ? call.dy[0].data()[g] / share(winners) : 0;
      }
    }
  };
}

Alteration to_all_winners() {
  return to_winners([](double) { return 1.0; });
}
Alteration shared() {
  return to_winners([](double winners) { return winners; });
}

/// For two inputs of one shape: where they are equal, these shares of dy.
Alteration at_tie(double to_a, double to_b) {
  return pairwise([=](auto a, auto b, auto dy, auto& da, auto& db) {
    if (a == b) {
      da = dy * to_a;
      db = dy * to_b;
    }
  });
}

const Given tied_rows = values("x", {3, 4}, {2, 2, -1, 0.5, 1, 3, 3, 3, -1, -1, -2, -1});
const Given one_each = fixed(both_signs("v", {3}));

std::vector<Specimen> group_ties() {
  return {
      {"max, ties of two and three",
       "tie",
       "L = sum(v * max(x, axis=1))",
       {tied_rows, one_each},
       {{"ties", {"max"}, to_all_winners(), false, "to every winner"},
        {"ties", {"max"}, dropped(), false, "to none"},
        {"relative 1e-3", {"max"}, scaled(1.001)}},
       {}},
      {"max, ties shared",
       "tie",
       "L = sum(v * max(x, axis=1))",
       {tied_rows, one_each},
       {{"ties", {"max"}, to_winners([](double n) { return n > 1 ? n - 1 : n; })},
        {"relative 1e-3", {"max"}, scaled(0.999)},
        {"sign", {"max"}, negated()}},
       {{{"max"}, shared()}}},
      {"min, ties of three",
       "tie",
       "L = sum(v * min(-x, axis=1))",
       {tied_rows, one_each},
       {{"ties", {"min"}, to_all_winners(), false, "to every winner"},
        {"ties", {"min"}, spread_evenly(), false, "to every member"}},
       {}},
      {"min, ties shared",
       "tie",
       "L = sum(v * min(-x, axis=1))",
       {tied_rows, one_each},
       {{"ties", {"min"}, scaled(2)}},
       {{{"min"}, shared()}}},
      {"max of what one tensor feeds",
       "tie",
       "L = max(w * x)",
       {values("w", {3}, {1, 2, 4}), values("x", {3}, {4, 2, 1})},
       {{"ties", {"max"}, to_all_winners(), false, "to every winner"},
        {"scale", {"max"}, scaled(1.5)}},
       {{{"max"}, shared()}}},
      {"max of equal entries",
       "tie",
       "L = max(x) ** 2",
       {filled("x", {5}, 1.5)},
       {{"ties", {"max"}, to_all_winners(), false, "to every winner"},
        {"missing factor", {"power"}, scaled(0.5)}},
       {}},
      {"max, nearly tied",
       "tie",
       "L = sum(v * max(x, axis=1))",
       {values("x", {3, 2}, {1, 1 + 1e-9, 2, 2 - 1e-7, -3, -3 + 1e-5}), one_each},
       {{"ties", {"max"}, to_winners([](double) { return 2.0; })}},
       {}},
  };
}

std::vector<Specimen> pair_ties() {
  const Given a = values("a", {2, 3}, {1, 2, -3, 0, 5, 0.5});
  const Given b = values("b", {2, 3}, {1, -2, -3, 0, 4, 0.5});
  const Given u = fixed(both_signs("u", {2, 3}));
  return {
      {"maximum, tied",
       "tie",
       "L = sum(u * maximum(a, b))",
       {a, b, u},
       {{"ties", {"maximum"}, at_tie(1, 1), false, "to both"},
        {"ties", {"maximum"}, at_tie(0, 0), false, "to none"},
        {"relative 1e-6", {"maximum"}, at_tie(1 + 1e-6, 0)}},
       {}},
      {"maximum, ties shared",
       "tie",
       "L = sum(u * maximum(a, b))",
       {a, b, u},
       {{"ties", {"maximum"}, at_tie(0.5, 0.75)}},
       {{{"maximum"}, at_tie(0.5, 0.5)}}},
      {"minimum, ties to the second",
       "tie",
       "L = sum(u * minimum(a, b))",
       {a, b, u},
       {{"ties", {"minimum"}, at_tie(-1, 1)}, {"ties", {"minimum"}, at_tie(1, 1), false, "both"}},
       {{{"minimum"}, at_tie(0, 1)}}},
      {"maximum of a tensor and itself",
       "tie",
       "L = sum(u * maximum(a, a) ** 2)",
       {a, u},
       {{"ties", {"maximum"}, at_tie(1, 1), false, "to both"},
        {"ties", {"maximum"}, at_tie(0.5, 0.4)}},
       {}},
      {"maximum with broadcasting, tied",
       "tie",
       "L = sum(u * maximum(a, c))",
       {a, values("c", {3}, {1, 2, 0.5}), u},
       {{"missing batch sum", {"maximum"}, dropped(1)}, {"ties", {"maximum"}, scaled(1.5)}},
       {}},
      {"where at its threshold",
       "tie",
       "L = sum(u * where(a > 0, a ** 2, -a))",
       {a, u},
       {{"inverted mask", {"where"}, swapped(1, 2)},
        {"relative 1e-3", {"where"}, scaled(1.001, 2)}},
       {}},
      {"clip at its bounds",
       "tie",
       "L = sum(u * clip(a, 0, 2))",
       {a, u},
       {{"wrong branch", {"clip"}, [](auto& call) { call.dx[0] = call.dy[0]; }},
        {"relative 1e-3", {"clip"}, scaled(1.001)}},
       {}},
      {"clip at its bounds, slope 0",
       "tie",
       "L = sum(u * clip(a, 0, 2))",
       {a, u},
       {{"sign", {"clip"}, negated()}},
       {{{"clip"}, entrywise([](auto v, auto d) { return v == 0 || v == 2 ? d * 0 : d; })}}},
      {"maximum(x, 0) at 0, slope 0",
       "tie",
       "L = sum(u * maximum(a, 0))",
       {a, u},
       {{"wrong branch", {"maximum"}, entrywise([](auto v, auto d) {
           return v == 0 ? d + 3 : d;
         })}},
       {{{"maximum"}, entrywise([](auto v, auto d) { return v == 0 ? d * 0 : d; })}}},
      {"clip, bounds that meet",
       "tie",
       "L = sum(u * clip(a, low, high))",
       {a, values("low", {3}, {1, 0.5, 0.5}), values("high", {3}, {1, 2, 0.5}), u},
       {{"zero", {"clip"}, dropped(1)}, {"scale", {"clip"}, scaled(2, 1)}},
       {}},
  };
}

std::vector<Specimen> loss_ties() {
  const Given s = values("s", {2, 3}, {2, 1, 3, 0.5, 1.5, 0.5});
  const Given t = fixed(values("t", {2}, {0, 1}));
  return {
      {"hinge at its margin",
       "tie",
       "L = multiclass_hinge(s, t)",
       {s, t},
       {{"missing term", {"multiclass_hinge"}, scaled_entry(0, 0.5)},
        {"scale", {"multiclass_hinge"}, scaled(2)}},
       {}},
      {"mean_absolute_error at 0",
       "tie",
       "L = mean_absolute_error(a, b)",
       {values("a", {5}, {1, 2, 3, 4, 5}), values("b", {5}, {1, 2.5, 3, 3, 5})},
       {{"wrong branch", {"mean_absolute_error"}, shifted(0.3)},
        {"averaged over batch", {"mean_absolute_error"}, scaled(5)}},
       {}},
      {"l1 at zero weights",
       "tie",
       "L = half_squared_error(x @ W, t) + 0.1 * l1(W)",
       {fixed(normal("x", {4, 3})), values("W", {3, 2}, {0, 1, -1, 0, 0.5, 0}),
        fixed(normal("t", {4, 2}))},
       {{"sign", {"l1"}, magnitude()},
        {"wrong branch", {"l1"}, entrywise([](auto v, auto d) { return v == 0 ? d + 0.2 : d; })}},
       {}},
  };
}

}  // namespace

std::vector<Specimen> tie_specimens() {
  std::vector<Specimen> all = group_ties();
  for (const auto& family : {pair_ties(), loss_ties()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

}  // namespace gradcheck::defects
