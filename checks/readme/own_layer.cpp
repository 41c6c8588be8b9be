#include <cmath>
#include <iostream>
#include <vector>

#include <gradcheck/gradcheck.hpp>

using Matrix = std::vector<std::vector<double>>;

/// y = x W + b over a batch. The loss averages over the batch already, and so does db: once too
/// often.
struct Affine {
  Matrix W, dW, x;
  std::vector<double> b, db;

  Affine(std::size_t in, std::size_t out) : W(in, std::vector<double>(out)), b(out) {}

  Matrix forward(const Matrix& input) {
    x = input;
    Matrix y(x.size(), b);
    for (std::size_t n = 0; n < x.size(); ++n)
      for (std::size_t i = 0; i < W.size(); ++i)
        for (std::size_t j = 0; j < b.size(); ++j) y[n][j] += x[n][i] * W[i][j];
    return y;
  }

  Matrix backward(const Matrix& dy) {
    Matrix dx(x.size(), std::vector<double>(W.size()));
    dW.assign(W.size(), std::vector<double>(b.size()));
    db.assign(b.size(), 0);
    for (std::size_t n = 0; n < x.size(); ++n)
      for (std::size_t j = 0; j < b.size(); ++j) {
        db[j] += dy[n][j] / double(x.size());
        for (std::size_t i = 0; i < W.size(); ++i) {
          dW[i][j] += x[n][i] * dy[n][j];
          dx[n][i] += dy[n][j] * W[i][j];
        }
      }
    return dx;
  }

  std::vector<gradcheck::ParameterRef> parameters() { return {{"W", W, dW}, {"b", b, db}}; }
};

int main() {
  using namespace gradcheck;

  // At a point of your own:
  Affine affine(3, 2);
  affine.W = {{1, -2}, {0.5, 3}, {-1, 0.25}};
  affine.b = {0.5, -1};
  const Matrix x = {{1, 2, -1}, {0.5, -3, 2}, {-2, 1, 4}, {3, -1, 0.5}};
  const Report report = check_layer(affine, {.inputs = {x}});
  std::cout << report;

  // At points that gradcheck chooses:
  const Report points =
      check_points([](const LayerPoint& point) { return Affine(point["in"], point["out"]); },
                   {.inputs = {{"x", {"N", "in"}}}, .sizes = {{"out", {2, 3}}}});
  std::cout << "at " << points.totals().disagree << " of " << points.cases.size()
            << " points it disagrees\n";

  // A function and its gradient:
  const Report sine = check_function([](double t) { return std::sin(t); },
                                     [](double t) { return std::cos(t); }, 0.7);
  std::cout << "the cosine " << (sine.agrees() ? "is" : "is not") << " the sine's derivative\n";
}
