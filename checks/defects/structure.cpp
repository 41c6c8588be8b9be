#include <cmath>

#include <defects/corpus.hpp>

namespace gradcheck::defects {

namespace {

/// h = tanh(h @ U + x[k] @ W) for so many steps, with one U and one W.
std::string recurrence(int steps) {
  std::string text = "h0 = stop_gradient(start);";
  for (int k = 0; k < steps; ++k) {
    const std::string now = std::to_string(k);
    text += "h" + std::to_string(k + 1) + " = tanh(h" + now + " @ U + x[" + now + "] @ W);";
  }
  return text + "L = sum(u * h" + std::to_string(steps) + ")";
}

std::vector<Specimen> sharing() {
  const std::vector<Given> recurrent = {normal("x", {6, 2, 3}), normal("W", {3, 4}, 0.7),
                                        normal("U", {4, 4}, 0.7), fixed(filled("start", {2, 4}, 0)),
                                        fixed(both_signs("u", {2, 4}))};
  return {
      {"fan-out to three uses",
       "fan-out",
       "a = tanh(x); L = sum(u * a * a * x) + sum(exp(a))",
       {normal("x", {3, 5}), fixed(both_signs("u", {3, 5}))},
       {{"missing fan-out", {"exp"}, dropped()},
        {"missing fan-out", {"multiply", 1}, dropped(1)},
        {"relative 1e-6", {"tanh"}, scaled_entry(4, 1 + 1e-6)}},
       {}},
      {"weights used twice",
       "weight sharing",
       "L = half_squared_error(tanh(x @ W) @ W, t)",
       {normal("x", {5, 3}), normal("W", {3, 3}), fixed(normal("t", {5, 3}))},
       {{"missing fan-out", {"matmul", 0}, dropped(1)},
        {"missing fan-out", {"matmul", 1}, dropped(1), false, "second use"},
        {"relative 1e-6", {"matmul"}, scaled_entry(5, 1 + 1e-6, 1)}},
       {}},
      {"weights and their transpose",
       "weight sharing",
       "L = half_squared_error(sigmoid(x @ W) @ W.T, x)",
       {normal("x", {5, 3}), normal("W", {3, 4})},
       {{"transpose",
         {"transpose"},
         [](auto& call) { std::copy_n(call.dy[0].data(), call.dx[0].size(), call.dx[0].data()); }},
        {"missing fan-out", {"half_squared_error"}, dropped(1)},
        {"relative 1e-5", {"sigmoid"}, scaled(1 + 1e-5)}},
       {}},
      {"recurrence of six steps",
       "recurrence",
       recurrence(6),
       recurrent,
       {{"missing fan-out", {"matmul", 2}, dropped(1)},
        {"stale", {"tanh", 2}, stale()},
        {"missing term", {"matmul", 6}, dropped(0), false, "truncated in time"},
        {"relative 1e-6", {"matmul"}, scaled_entry(9, 1 + 1e-6, 1)}},
       {}},
      {"square root by Newton's recurrence",
       "recurrence",
       "a = 0.5 * (x + 2 / x); b = 0.5 * (a + 2 / a); c = 0.5 * (b + 2 / b); L = sum(v * c)",
       {values("x", {4}, {1, 1.2, 2, 3}), fixed(both_signs("v", {4}))},
       {{"missing fan-out", {"add", 1}, dropped(0)},
        {"relative 1e-3", {"divide", 0}, scaled(1.001, 1)}},
       {}},
      {"logistic map of ten steps",
       "recurrence",
       "a=3.7*x*(1-x);b=3.7*a*(1-a);c=3.7*b*(1-b);d=3.7*c*(1-c);e=3.7*d*(1-d);"
       "f=3.7*e*(1-e);g=3.7*f*(1-f);h=3.7*g*(1-g);i=3.7*h*(1-h);j=3.7*i*(1-i);L=sum(v*j)",
       {uniform("x", {4}, 0.2, 0.8), fixed(both_signs("v", {4}))},
       {{"sign", {"subtract", 4}, scaled(-1, 1)},
        {"relative 1e-5", {"multiply", 9}, scaled_entry(2, 1 + 1e-5, 0)}},
       {}},
  };
}

std::vector<Specimen> zeros() {
  const Given t = fixed(normal("t", {4, 2}));
  return {
      {"zero weights and biases",
       "exact zeros",
       "h = sigmoid(affine(x, W, b)); L = half_squared_error(affine(h, V, c), t)",
       {normal("x", {4, 3}), filled("W", {3, 5}, 0), filled("b", {5}, 0), normal("V", {5, 2}),
        filled("c", {2}, 0), t},
       {{"missing batch sum", {"affine", 0}, last_row_only(2)},
        {"sign", {"affine", 1}, negated(2)},
        {"relative 1e-6", {"affine", 0}, scaled_entry(7, 1 + 1e-6, 1)}},
       {}},
      {"zero weights everywhere",
       "exact zeros",
       "h = tanh(affine(x, W, b)); L = half_squared_error(affine(h, V, c), t)",
       {normal("x", {4, 3}), filled("W", {3, 5}, 0), filled("b", {5}, 0), filled("V", {5, 2}, 0),
        filled("c", {2}, 0), t},
       {{"gross", {"affine", 0}, shifted(1e-3, 1)},
        {"averaged over batch", {"affine", 1}, averaged_over_rows(2)}},
       {}},
      {"zero inputs",
       "exact zeros",
       "L = half_squared_error(tanh(x @ W + b) @ V, t)",
       {filled("x", {4, 3}, 0), normal("W", {3, 5}), normal("b", {5}), normal("V", {5, 2}), t},
       {{"gross", {"matmul", 0}, shifted(1e-6, 1)},
        {"missing batch sum", {"add"}, last_row_only(1)}},
       {}},
      {"zeros among inputs",
       "exact zeros",
       "L = sum(u * tanh(x @ W))",
       {values("x", {3, 3}, {0, 1, 0, 0, 0, 2, 0.5, 0, 0}), normal("W", {3, 4}),
        fixed(both_signs("u", {3, 4}))},
       {{"transpose", {"matmul"}, transposed(1)},
        {"one entry only", {"matmul"}, scaled_entry(1, 1.001, 1)}},
       {}},
      {"a masked half",
       "mask",
       "L = sum(u * mask * exp(x))",
       {normal("x", {3, 4}), fixed(both_signs("u", {3, 4})),
        fixed(values("mask", {3, 4}, {1, 0, 1, 0, 0, 1, 1, 0, 1, 1, 0, 0}))},
       {{"wrong argument", {"exp"}, slope([](auto v, auto) { return v; })},
        {"one entry only", {"exp"}, [](auto& call) { call.dx[0].data()[1] += 1e-9; }}},
       {}},
      {"inverted dropout",
       "mask",
       "L = half_squared_error((where(keep, h, 0) / 0.7) @ V, t)",
       {normal("h", {4, 3}), fixed(values("keep", {4, 3}, {1, 1, 0, 1, 0, 1, 1, 1, 1, 0, 1, 1})),
        normal("V", {3, 2}), t},
       {{"missing factor", {"divide"}, scaled(0.7)},
        {"inverted mask",
         {"where"},
         [](auto& call) {
           for (std::size_t i = 0; i < call.dx[1].size(); ++i) {
             call.dx[1].data()[i] = call.x[0]->data()[i] != 0 ? 0 : call.dy[0].data()[i];
           }
         }}},
       {}},
      {"a term times zero",
       "exact zeros",
       "L = sum(0 * exp(x)) + sum(v * w * x)",
       {normal("x", {5}), normal("w", {5}), fixed(both_signs("v", {5}))},
       {{"gross", {"exp"}, shifted(1e-5)},
        {"relative 1e-6", {"multiply", 2}, scaled_entry(3, 1 + 1e-6, 0)}},
       {}},
      {"a zero gradient at a minimum",
       "exact zeros",
       "L = sum(square(x)) + sum(square(y - 1))",
       {values("x", {3}, {0, 1, 0}), values("y", {3}, {1, 1, 2})},
       {{"gross", {"square", 0}, shifted(1e-7)},
        {"relative 1e-6", {"square", 1}, scaled(1 + 1e-6)}},
       {}},
  };
}

std::vector<Specimen> large() {
  return {
      {"a batch of 200 rows",
       "large sum",
       "L = softmax_cross_entropy(x @ W + b, t)",
       {fixed(normal("x", {200, 3})), normal("W", {3, 4}), normal("b", {4}), labels("t", 200, 4)},
       {{"averaged over batch", {"softmax_cross_entropy"}, scaled(200)},
        {"missing batch sum", {"add"}, last_row_only(1)},
        {"relative 1e-6", {"matmul"}, scaled_entry(5, 1 + 1e-6, 1)}},
       {}},
      {"a sum of 2000 terms",
       "large sum",
       "L = sum(exp(w * x) * sin(x)) + sum(square(x))",
       {fixed(normal("x", {2000})), values("w", {1}, {0.7})},
       {{"missing batch sum", {"multiply", 0}, scaled(0.999, 0)},
        {"relative 1e-6", {"exp"}, scaled(1 + 1e-6)}},
       {}},
      {"broadcasting a column and a row",
       "broadcasting",
       "L = sum(u * tanh(a * b + c))",
       {normal("a", {4, 1}), normal("b", {3}), normal("c", {1, 1}), fixed(both_signs("u", {4, 3}))},
       {{"missing batch sum", {"multiply", 0}, last_row_only(1)},
        {"missing batch sum", {"add"}, last_row_only(1), false, "scalar"},
        {"transpose", {"tanh"}, row_late()}},
       {}},
      {"broadcasting over leading axes",
       "broadcasting",
       "L = sum(square(x @ W + b))",
       {normal("x", {2, 1, 2, 3}), normal("W", {4, 3, 2}, 0.5), normal("b", {4, 1, 2})},
       {{"averaged over batch", {"matmul"}, averaged_over_rows(0)},
        {"relative 1e-6", {"add"}, scaled_entry(5, 1 + 1e-6, 1)}},
       {}},
      {"one row, square symmetric weights",
       "degenerate point",
       "L = half_squared_error(sigmoid(x @ W + b), t)",
       {values("x", {1, 2}, {1, 1}), values("W", {2, 2}, {1, 0.5, 0.5, 1}),
        values("b", {2}, {0, 0}), fixed(values("t", {1, 2}, {0, 1}))},
       {{"sign", {"sigmoid"}, negated()},
        {"relative 1e-6", {"matmul"}, scaled_entry(1, 1 + 1e-6, 1)}},
       {}},
  };
}

}  // namespace

std::vector<Specimen> structure_specimens() {
  std::vector<Specimen> all = sharing();
  for (const auto& family : {zeros(), large()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

}  // namespace gradcheck::defects
