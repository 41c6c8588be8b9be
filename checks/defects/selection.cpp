#include <cmath>

#include <defects/corpus.hpp>

namespace gradcheck::defects {

namespace {

/// Passes the upstream to the first input, as if the mask were the value: a straight-through
/// estimate.
Alteration straight_through() {
  return [](auto& call) { call.dx[0] = call.dy[0]; };
}

/// The derivative of a soft step in place of the mask's zero.
Alteration soft_step() {
  return [](auto& call) {
    for (std::size_t i = 0; i < call.dx[0].size(); ++i) {
      const auto v = call.x[0]->data()[i];
      call.dx[0].data()[i] = call.dy[0].data()[i] * std::exp(-v * v);
    }
  };
}

/// A mask that depends on x through a comparison, times x: d(mask)/dx is 0.
Specimen mask(const std::string& layer, const std::string& comparison) {
  return {
      layer,
      "clean",
      "L = sum(u * x * (x " + comparison + " 0.2))",
      {starting(both_signs("x", {3, 5}), {0.2 + 1e-3, 0.7, -0.9}), fixed(both_signs("u", {3, 5}))},
      {{"straight through", {layer}, straight_through(), true},
       {"wrong derivative", {layer}, soft_step(), true}},
      {}};
}

std::vector<Specimen> extrema() {
  const Given a = normal("a", {3, 5});
  const Given b = normal("b", {3, 5});
  const Given u = fixed(both_signs("u", {3, 5}));
  const Alteration to_both = [](auto& call) { call.dx[0] = call.dx[1] = call.dy[0]; };
  return {
      {"maximum",
       "clean",
       "L = sum(u * maximum(a, b))",
       {a, b, u},
       {{"inverted mask", {"maximum"}, swapped()},
        {"ties", {"maximum"}, to_both, false, "to both everywhere"},
        {"one entry only", {"maximum"}, scaled(1 + 1e-6, 1)}},
       {}},
      {"minimum",
       "clean",
       "L = sum(u * minimum(a, c))",
       {a, normal("c", {5}), u},
       {{"missing batch sum", {"minimum"}, last_row_only(1)},
        {"ignored mask", {"minimum"}, [](auto& call) { call.dx[0] = call.dy[0]; }},
        {"sign", {"minimum"}, magnitude(1)}},
       {}},
      {"where",
       "clean",
       "L = sum(u * where(a > b, a * b, 2 * b))",
       {a, b, u},
       {{"inverted mask", {"where"}, swapped(1, 2)},
        {"zero", {"where"}, dropped(2)},
        {"ignored mask", {"where"}, [](auto& call) { call.dx[1] = call.dy[0]; }}},
       {}},
      {"clip",
       "clean",
       "L = sum(u * clip(a, -0.5, 0.7))",
       {a, u},
       {{"ignored mask", {"clip"}, [](auto& call) { call.dx[0] = call.dy[0]; }},
        {"inverted mask",
         {"clip"},
         [](auto& call) {
           for (std::size_t i = 0; i < call.dx[0].size(); ++i) {
             call.dx[0].data()[i] = call.dy[0].data()[i] - call.dx[0].data()[i];
           }
         }},
        {"one entry only", {"clip"}, scaled(0.999)}},
       {}},
      {"clip with bounds that learn",
       "clean",
       "L = sum(u * clip(a, low, high))",
       {a, values("low", {5}, {-0.3, -0.5, -0.2, -0.6, -0.1}), values("high", {}, {0.4}), u},
       {{"zero", {"clip"}, dropped(2)}, {"missing batch sum", {"clip"}, scaled(1.0 / 3, 1)}},
       {}},
  };
}

std::vector<Specimen> constants() {
  const Given x = both_signs("x", {3, 5});
  const Given u = fixed(both_signs("u", {3, 5}));
  return {
      mask("greater", ">"),
      mask("greater_equal", ">="),
      mask("less", "<"),
      mask("less_equal", "<="),
      {"equal",
       "clean",
       "L = sum(u * x * (n == 1) + n)",
       {x, u, values("n", {3, 5}, {0, 1, 2, 1, 1, 2, 0, 1, 1, 0, 2, 2, 1, 0, 1})},
       {{"straight through", {"equal"}, straight_through(), true},
        {"wrong derivative", {"equal"}, soft_step(), true}},
       {}},
      {"not_equal",
       "clean",
       "L = sum(u * x * (n != 1) + n)",
       {x, u, values("n", {3, 5}, {0, 1, 2, 1, 1, 2, 0, 1, 1, 0, 2, 2, 1, 0, 1})},
       {{"straight through", {"not_equal"}, straight_through(), true},
        {"wrong derivative", {"not_equal"}, soft_step(), true}},
       {}},
      {"stop_gradient",
       "clean",
       "L = sum(u * x * stop_gradient(x))",
       {x, u},
       {{"zero", {"stop_gradient"}, dropped(), true, "held in backward alone"},
        {"sign",
         {"stop_gradient"},
         [](auto& call) {
           for (std::size_t i = 0; i < call.dx[0].size(); ++i) {
             call.dx[0].data()[i] = -call.dy[0].data()[i];
           }
         },
         true,
         "reversed gradient"}},
       {}},
  };
}

}  // namespace

std::vector<Specimen> selection_specimens() {
  std::vector<Specimen> all = extrema();
  const std::vector<Specimen> more = constants();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace gradcheck::defects
