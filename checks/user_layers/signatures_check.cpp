#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <span>

#include <doctest/doctest.h>

#include <gradcheck/gradcheck.hpp>

using namespace gradcheck;

namespace {

const Tensor point = random_normal({4, 3}, 0, 1, 7);

std::vector<double> numbers(std::size_t count, std::uint64_t seed) {
  const Tensor t = random_normal({count}, 0, 1, seed);
  return {t.begin(), t.end()};
}

std::string names_of(const Report& report) {
  std::string names;
  for (const TensorReport& tensor : report.cases.at(0).tensors) {
    names += (names.empty() ? "" : " ") + tensor.name;
  }
  return names;
}

/// y = tanh(x), without state.
struct Pure {
  Tensor forward(const Tensor& x) const { return xt::tanh(x); }
  Tensor backward(const Tensor& dy, const Tensor& x) const {
    return dy * (1 - xt::tanh(x) * xt::tanh(x));
  }
};

/// The same from its output.
struct FromOutput {
  Tensor forward(const Tensor& x) const { return xt::tanh(x); }
  Tensor backward(const Tensor& dy, const Tensor&, const Tensor& y) const {
    return dy * (1 - y * y);
  }
};

/// Two inputs, two outputs: a b and a + b.
struct ProductAndSum {
  std::vector<double> a, b;
  std::pair<std::vector<double>, std::vector<double>> forward(const std::vector<double>& left,
                                                              const std::vector<double>& right) {
    a = left;
    b = right;
    std::vector<double> product, sum;
    for (std::size_t i = 0; i < a.size(); ++i) {
      product.push_back(a[i] * b[i]);
      sum.push_back(a[i] + b[i]);
    }
    return {product, sum};
  }
  std::tuple<std::vector<double>, std::vector<double>> backward(const std::vector<double>& dproduct,
                                                                const std::vector<double>& dsum) {
    std::vector<double> da, db;
    for (std::size_t i = 0; i < a.size(); ++i) {
      da.push_back(dproduct[i] * b[i] + dsum[i]);
      db.push_back(dproduct[i] * a[i] + dsum[i]);
    }
    return {da, db};
  }
};

/// Any number of outputs in a container, and the gradients too.
struct Halves {
  std::vector<std::vector<double>> forward(std::span<const double> x, std::span<const double> w) {
    size = x.size();
    weight.assign(w.begin(), w.end());
    value.assign(x.begin(), x.end());
    std::vector<std::vector<double>> y(1);
    for (std::size_t i = 0; i < size; ++i) {
      y[0].push_back(x[i] * weight[0]);
    }
    return y;
  }
  std::vector<std::vector<double>> backward(const std::vector<std::vector<double>>& dy) {
    std::vector<std::vector<double>> d{std::vector<double>(size), {0}};
    for (std::size_t i = 0; i < size; ++i) {
      d[0][i] = dy[0][i] * weight[0];
      d[1][0] += dy[0][i] * value[i];
    }
    return d;
  }
  std::size_t size = 0;
  std::vector<double> weight, value;
};

/// Σ (x − t)² / 2 over labels t: backward takes no upstream and gives the gradient of x alone.
struct Loss {
  std::vector<double> x;
  std::vector<int> t;
  double forward(const std::vector<double>& prediction, const std::vector<int>& target) {
    x = prediction;
    t = target;
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      sum += 0.5 * (x[i] - t[i]) * (x[i] - t[i]);
    }
    return sum;
  }
  std::vector<double> backward() const {
    std::vector<double> dx = x;
    for (std::size_t i = 0; i < x.size(); ++i) {
      dx[i] -= t[i];
    }
    return dx;
  }
};

/// w·x over raw memory, seen through views; dw is added to.
struct RawDot {
  std::array<double, 3> w{0.5, -2, 3};
  std::array<double, 3> dw{};
  const double* x = nullptr;
  std::vector<double> dx;
  double forward(TensorView<const double> input) {
    x = input.data;
    return w[0] * x[0] + w[1] * x[1] + w[2] * x[2];
  }
  std::span<const double> backward(double dy) {
    dx.assign(3, 0);
    for (std::size_t i = 0; i < 3; ++i) {
      dw[i] += dy * x[i];
      dx[i] = dy * w[i];
    }
    return dx;
  }
};

/// A template for all kinds of tensors, and parameters as structs behind pointers.
struct Scaled {
  struct Parameter {
    std::string name;
    Tensor value, grad;
  };
  std::unique_ptr<Parameter> scale =
      std::make_unique<Parameter>(Parameter{"scale", {2.0, -1.0, 0.5}, {0.0, 0.0, 0.0}});
  Tensor x;
  template <class T>
  Tensor forward(const T& input) {
    x = input;
    return x * scale->value;
  }
  Tensor backward(const Tensor& dy) {
    scale->grad = xt::sum(dy * x, {0});
    return dy * scale->value;
  }
  std::vector<Parameter*> parameters() { return {scale.get()}; }
};

/// y = w x in float32.
struct Single {
  float w = 1.5F, dw = 0;
  std::vector<float> x;
  std::vector<float> forward(const std::vector<float>& input) {
    x = input;
    std::vector<float> y = x;
    for (float& each : y) {
      each *= w;
    }
    return y;
  }
  std::vector<float> backward(const std::vector<float>& dy) {
    dw = 0;
    std::vector<float> dx = dy;
    for (std::size_t i = 0; i < dy.size(); ++i) {
      dw += dy[i] * x[i];
      dx[i] *= w;
    }
    return dx;
  }
  std::map<std::string, std::pair<float*, float*>> parameters() { return {{"w", {&w, &dw}}}; }
};

/// A matrix as rows, times a vector.
struct Rows {
  std::vector<std::vector<double>> W{{1, 2, 3}, {-1, 0.5, 2}};
  std::vector<std::vector<double>> dW{{0, 0, 0}, {0, 0, 0}};
  std::vector<double> x;
  std::vector<double> forward(const std::vector<double>& input) {
    x = input;
    std::vector<double> y(2);
    for (std::size_t i = 0; i < 2; ++i) {
      for (std::size_t j = 0; j < 3; ++j) {
        y[i] += W[i][j] * x[j];
      }
    }
    return y;
  }
  std::vector<double> backward(const std::vector<double>& dy) {
    std::vector<double> dx(3);
    for (std::size_t i = 0; i < 2; ++i) {
      for (std::size_t j = 0; j < 3; ++j) {
        dW[i][j] = dy[i] * x[j];
        dx[j] += dy[i] * W[i][j];
      }
    }
    return dx;
  }
  auto parameters() { return std::tie(W, dW); }
};

}  // namespace

TEST_CASE("signatures: a pure layer is given the inputs, and perhaps the outputs, again") {
  CHECK(check_layer(Pure{}, {.inputs = {point}}).agrees());
  CHECK(check_layer(FromOutput{}, {.inputs = {point}}).agrees());
}

TEST_CASE("signatures: several inputs and outputs come as pairs, tuples or containers") {
  const Report two = check_layer(ProductAndSum{}, {.inputs = {numbers(3, 1), numbers(3, 2)}});
  REQUIRE_MESSAGE(two.agrees(), two);
  CHECK(names_of(two) == "x0 x1 y0/x0 y1/x0 y0/x1 y1/x1");
  const Report list =
      check_layer(Halves{}, {.inputs = {{"x", numbers(3, 1)}, {"w", std::vector<double>{-1.5}}}});
  REQUIRE_MESSAGE(list.agrees(), list);
  CHECK(names_of(list) == "x w y/x y/w");
}

TEST_CASE("signatures: labels have no gradient, and a loss needs no upstream") {
  const Report report =
      check_layer(Loss{}, {.inputs = {{"x", numbers(3, 1)}, {"t", std::vector<int>{1, 0, 2}}}});
  REQUIRE_MESSAGE(report.agrees(), report);
  CHECK(names_of(report) == "x");
}

TEST_CASE("signatures: raw memory comes with its shape, parameters in the options") {
  RawDot layer;
  double memory[] = {1, 2, -3};
  const Report report =
      check_layer(layer, {.inputs = {view(memory, {3})}, .parameters = {{"w", layer.w, layer.dw}}});
  REQUIRE_MESSAGE(report.agrees(), report);
  CHECK(names_of(report) == "x w");
  CHECK(layer.w == std::array<double, 3>{0.5, -2, 3});
}

TEST_CASE("signatures: a template says which tensors it is to be called with") {
  Scaled layer;
  const Report report = check_layer<Tensor>(layer, {.inputs = {point}});
  REQUIRE_MESSAGE(report.agrees(), report);
  CHECK(names_of(report) == "x scale y/x y/scale");
}

TEST_CASE("signatures: parameters may be a map of pointers, or one tie of references") {
  Rows rows;
  const Report report = check_layer(rows, {.inputs = {numbers(3, 5)}});
  REQUIRE_MESSAGE(report.agrees(), report);
  CHECK(names_of(report) == "x p0 y/x y/p0");
  Single single;
  CHECK(adapted(single)->precision() == Precision::float32);
  CHECK(parameters_of(single)[0].name == "w");
}

TEST_CASE("signatures: a layer is called by its type's own name, or as the options say") {
  CHECK(check_layer(Pure{}, {.inputs = {point}}).cases[0].id == "Pure");
  CHECK(check_layer(Pure{}, {.inputs = {point}, .name = "tanh"}).cases[0].id == "tanh");
}

TEST_CASE("check_function: a gradient of one number, and one that is given its upstream") {
  const auto f = [](double x) { return std::sin(x); };
  const Report right = check_function(
      f, [](double x) { return std::cos(x); }, 0.7);
  CHECK_MESSAGE(right.agrees(), right);
  CHECK_FALSE(check_function(
                  f, [](double x) { return -std::cos(x); }, 0.7)
                  .agrees());

  const auto squares = [](const std::vector<double>& x) {
    std::vector<double> y;
    for (const double each : x) {
      y.push_back(each * each);
    }
    return y;
  };
  const auto gradient = [](const std::vector<double>& dy, const std::vector<double>& x) {
    std::vector<double> dx;
    for (std::size_t i = 0; i < x.size(); ++i) {
      dx.push_back(2 * x[i] * dy[i]);
    }
    return dx;
  };
  CHECK(check_function(squares, gradient, numbers(4, 3)).agrees());
}

TEST_CASE("check_function: several arguments come as a tuple") {
  const auto f = [](double x, double y) { return x * x * y; };
  const auto right = [](double x, double y) { return std::pair(2 * x * y, x * x); };
  const auto wrong = [](double x, double y) { return std::pair(2 * x * y, x); };
  CHECK(check_function(f, right, std::tuple(3.0, -2.0)).agrees());
  const Report report = check_function(f, wrong, std::tuple(3.0, -2.0));
  CHECK(report.cases[0].tensors[0].verdict == Verdict::agree);
  CHECK(report.cases[0].tensors[1].verdict == Verdict::disagree);
}
