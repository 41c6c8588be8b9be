#include <cmath>

#include <defects/corpus.hpp>

namespace gradcheck::defects {

namespace {

/// The derivative at an argument of exactly 0.
Alteration at_zero(double value) {
  return [value](auto& call) {
    for (std::size_t i = 0; i < call.dx[0].size(); ++i) {
      if (call.x[0]->data()[i] == 0) {
        call.dx[0].data()[i] = value * call.dy[0].data()[i];
      }
    }
  };
}

/// A (3, 5) point with four zeros among entries of both signs.
Given with_zeros() {
  return values("x", {3, 5},
                {0, 1.3, -0.7, 0.4, -2.1, 0.9, 0, -0.0, 1.7, -0.3, 0.6, -1.1, 2.2, 0, 0.8});
}

Specimen at_kink(std::string name, std::string call, std::vector<Defect> defects,
                 std::vector<Convention> conventions = {}) {
  Specimen specimen =
      under_upstream(std::move(name), std::move(call), with_zeros(), std::move(defects));
  specimen.group = "kink";
  specimen.conventions = std::move(conventions);
  return specimen;
}

std::vector<Specimen> rectifiers() {
  const Defect two{"wrong branch", {"relu"}, at_zero(2), false, "2 at 0"};
  const Defect below{"sign", {"relu"}, at_zero(-0.5), false, "-0.5 at 0"};
  const Defect off{"relative 1e-6", {"relu"}, scaled(1 + 1e-6)};
  return {
      at_kink("relu at 0", "relu(x)", {two, below, off}),
      at_kink("relu at 0, slope 1", "relu(x)",
              {{"relative 1e-3", {"relu"}, at_zero(1.001), false, "at 0"}},
              {{{"relu"}, at_zero(1)}}),
      at_kink("relu at 0, slope 0.5", "relu(x)",
              {{"wrong branch", {"relu"}, at_zero(1.5), false, "1.5 at 0"}},
              {{{"relu"}, at_zero(0.5)}}),
      at_kink("leaky_relu at 0", "leaky_relu(x, negative_slope=0.1)",
              {{"wrong branch", {"leaky_relu"}, at_zero(0), false, "0 at 0"},
               {"relative 1e-3", {"leaky_relu"}, at_zero(0.0999), false, "at 0"}}),
      at_kink("leaky_relu at 0, slope 1", "leaky_relu(x, negative_slope=0.1)",
              {{"wrong constant", {"leaky_relu"}, at_zero(1.1), false, "1.1 at 0"}},
              {{{"leaky_relu"}, at_zero(1)}}),
      at_kink("leaky_relu at 0, slope 0.55", "leaky_relu(x, negative_slope=0.1)",
              {{"sign", {"leaky_relu"}, at_zero(-0.55), false, "at 0"}},
              {{{"leaky_relu"}, at_zero(0.55)}}),
      at_kink("elu at 0, alpha 1", "elu(x)",
              {{"wrong branch", {"elu"}, at_zero(0), false, "0 at 0"},
               {"relative 1e-6", {"elu"}, at_zero(1 + 1e-6), false, "at 0"}}),
      at_kink("elu at 0, alpha 1.5", "elu(x, alpha=1.5)",
              {{"wrong branch", {"elu"}, at_zero(0), false, "0 at 0"}}),
      at_kink("selu at 0", "selu(x)", {{"missing factor", {"selu"}, at_zero(1), false, "1 at 0"}}),
      at_kink("abs at 0", "abs(x)",
              {{"wrong branch", {"abs"}, at_zero(1.5), false, "1.5 at 0"},
               {"relative 1e-6", {"abs"}, scaled(1 + 1e-6)}}),
      at_kink("abs at 0, slope -1", "abs(x)",
              {{"relative 1e-3", {"abs"}, at_zero(-1.001), false, "at 0"}},
              {{{"abs"}, at_zero(-1)}}),
      at_kink("abs at 0, slope 1", "abs(x)", {{"sign", {"abs"}, negated()}},
              {{{"abs"}, at_zero(1)}}),
  };
}

std::vector<Specimen> coinciding() {
  return {
      at_kink("coinciding kinks relu(x) - relu(-x)", "(relu(x) - relu(-x))",
              {{"wrong branch", {"relu", 0}, at_zero(1.5), false, "1.5 at 0"},
               {"sign", {"relu", 1}, negated()},
               {"relative 1e-6", {"relu", 1}, scaled(1 + 1e-6)}}),
      at_kink("coinciding kinks relu(relu(x))", "relu(relu(x))",
              {{"wrong branch", {"relu", 1}, at_zero(-1), false, "-1 at 0"},
               {"missing factor", {"relu", 1}, scaled(0.5)}},
              {{{"relu", 0}, at_zero(1)}}),
      at_kink("coinciding kinks abs(relu(x))", "abs(relu(x))",
              {{"wrong branch", {"abs"}, at_zero(1.5), false, "1.5 at 0"},
               {"sign", {"abs"}, negated()}},
              {{{"relu"}, at_zero(1)}}),
      at_kink("coinciding kinks maximum(x, -x)", "maximum(x, -x)",
              {{"wrong branch",
                {"maximum"},
                [](auto& call) { call.dx[0] = call.dx[1] = call.dy[0]; },
                false,
                "to both"},
               {"relative 1e-6", {"maximum"}, scaled(1 + 1e-6, 1)}}),
      at_kink("coinciding kinks relu(x) + leaky_relu(x)",
              "(relu(x) + leaky_relu(x, negative_slope=0.3))",
              {{"wrong branch", {"leaky_relu"}, at_zero(0.1), false, "0.1 at 0"},
               {"wrong branch", {"relu"}, at_zero(-0.2), false, "-0.2 at 0"}}),
      {"relu of a zero row with zero biases",
       "kink",
       "h = relu(x @ W + b); L = softmax_cross_entropy(h @ V, t)",
       {values("x", {4, 3}, {0.5, -1, 2, 0, 0, 0, -0.3, 0.8, 1.1, 0, 0, 0}), normal("W", {3, 5}),
        filled("b", {5}, 0), normal("V", {5, 3}), labels("t", 4, 3)},
       {{"missing batch sum", {"add"}, last_row_only(1)},
        {"wrong branch", {"relu"}, at_zero(1.25), false, "1.25 at 0"},
        {"relative 1e-6", {"matmul", 0}, scaled(1 + 1e-6, 1)}},
       {}},
      {"relu of a zero row, slope 0.5",
       "kink",
       "h = relu(x @ W + b); L = sum(h @ V * u)",
       {values("x", {3, 3}, {0.5, -1, 2, 0, 0, 0, -0.3, 0.8, 1.1}), normal("W", {3, 5}),
        filled("b", {5}, 0), normal("V", {5, 2}), fixed(both_signs("u", {3, 2}))},
       {{"wrong branch", {"relu"}, at_zero(-0.5), false, "-0.5 at 0"},
        {"transpose", {"matmul", 0}, transposed(1)}},
       {{{"relu"}, at_zero(0.5)}}},
      {"two relu layers at 0",
       "kink",
       "a = relu(x @ W1); L = sum(u * relu(a @ W2))",
       {values("x", {2, 2}, {1, -2, 2, 1}), values("W1", {2, 3}, {2, 1, 0, 1, -1, 3}),
        values("W2", {3, 2}, {1, -1, 0, 2, 4, 0}), fixed(both_signs("u", {2, 2}))},
       {{"wrong branch", {"relu", 0}, at_zero(3), false, "3 at 0"},
        {"missing term", {"matmul", 1}, scaled_entry(3, 0, 1)}},
       {}},
  };
}

std::vector<Specimen> near_kinks() {
  const Given near = values(
      "x", {3, 5},
      {1e-9, -1e-9, 1e-6, -1e-6, 1e-3, -1e-3, 1e-12, -1e-12, 1, -1, 0.5, -0.5, 1e-4, -1e-4, 2});
  const Given u = fixed(both_signs("u", {3, 5}));
  return {
      {"relu near 0",
       "kink",
       "L = sum(u * relu(x))",
       {near, u},
       {{"wrong branch",
         {"relu"},
         slope([](auto v, auto) { return v > -1e-8 ? 1 : 0; }),
         false,
         "just below 0"},
        {"relative 1e-6", {"relu"}, scaled_entry(0, 1 + 1e-6)}},
       {}},
      {"abs near 0",
       "kink",
       "L = sum(u * abs(x))",
       {near, u},
       {{"wrong branch",
         {"abs"},
         slope([](auto v, auto) { return v > -1e-5 ? 1 : -1; }),
         false,
         "just below 0"},
        {"sign", {"abs"}, scaled_entry(7, -1)}},
       {}},
      {"relu of scores just off 0",
       "kink",
       "L = sum(u * relu(x @ W + b))",
       {values("x", {3, 2}, {1, 2, -1, 3, 2, -2}), values("W", {2, 2}, {0.5, -0.25, -0.25, 0.125}),
        values("b", {2}, {1e-7, -1e-7}), fixed(both_signs("u", {3, 2}))},
       {{"ignored mask", {"relu"}, slope([](auto, auto) { return 1; })},
        {"missing batch sum", {"add"}, last_row_only(1)}},
       {}},
      {"hinge near its margin",
       "kink",
       "L = multiclass_hinge(s, t)",
       {values("s", {2, 3}, {0.5, -0.5 + 1e-8, 1.2, 2, 1, 3 - 1e-8}),
        fixed(values("t", {2}, {0, 0}))},
       {{"relative 1e-3", {"multiclass_hinge"}, scaled_entry(1, 1.001)},
        {"wrong branch", {"multiclass_hinge"}, shifted(0.5)}},
       {}},
  };
}

}  // namespace

std::vector<Specimen> kink_specimens() {
  std::vector<Specimen> all = rectifiers();
  for (const auto& family : {coinciding(), near_kinks()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

}  // namespace gradcheck::defects
