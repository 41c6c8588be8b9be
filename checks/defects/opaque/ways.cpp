#include <cmath>

#include <defects/opaque/corpus.hpp>
#include <defects/opaque/layers.hpp>

namespace gradcheck::defects::opaque {

namespace {

/// The largest of each row; the first of equal ones gets the gradient. Errors: "all of a tie",
/// "none of a tie".
struct RowMaximum {
  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    Array<T> y = zeros_of<T>({x[0].rows()});
    for (std::size_t n = 0; n < y.size(); ++n) {
      y[n] = x[0](n, 0);
      for (std::size_t j = 1; j < x[0].columns(); ++j) {
        y[n] = std::max(y[n], x[0](n, j));
      }
    }
    return {y};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    const Array<T> y = forward<T>(x)[0];
    Array<T> dx = zeros_of<T>(x[0].shape);
    for (std::size_t n = 0; n < y.size(); ++n) {
      std::vector<std::size_t> tied;
      for (std::size_t j = 0; j < dx.columns(); ++j) {
        if (x[0](n, j) == y[n]) {
          tied.push_back(j);
        }
      }
      if (fault != "none of a tie" || tied.size() == 1) {
        tied.resize(fault == "all of a tie" ? tied.size() : 1);
        for (const std::size_t j : tied) {
          dx(n, j) = dy[0][n];
        }
      }
    }
    return {dx};
  }
};

template <class Kernel>
void handed(std::vector<Specimen>& list, Way way, const std::string& name, const Kernel& kernel,
            Given given, std::vector<Fault> faults) {
  Specimen specimen{name, way == Way::points ? "chosen points" : "functions"};
  specimen.way = way;
  specimen.body = body_of(kernel);
  specimen.given = {std::move(given)};
  specimen.faults = std::move(faults);
  list.push_back(in_float64(specimen));
  list.push_back(in_float32(specimen));
}

}  // namespace

// The other two ways of handing a layer to gradcheck.
std::vector<Specimen> way_specimens() {
  std::vector<Specimen> list;
  const Given x{"x", {5}, within(0.3, 1.5, true)}, rows{"x", {3, 4}, within(0.3, 1.5, true)};
  const auto sine =
      elementwise([](auto t) { return std::sin(t); }, [](auto t) { return std::cos(t); });
  const auto relu =
      elementwise([](auto t) { return t > 0 ? t : 0 * t; }, [](auto t) { return t > 0 ? 1 : 0; });
  const auto absolute = elementwise([](auto t) { return std::abs(t); },
                                    [](auto t) { return t > 0   ? 1
                                                        : t < 0 ? -1
                                                                : 0; });
  const auto tanh = elementwise([](auto t) { return std::tanh(t); },
                                [](auto t) {
                                  const auto c = std::cosh(t);
                                  return 1 / (c * c);
                                });
  const auto softplus = elementwise([](auto t) { return std::log(1 + std::exp(t)); },
                                    [](auto t) { return 1 / (1 + std::exp(-t)); });
  const std::vector<Fault> usual{"sign", "factor 2", "1 %"};
  handed(list, Way::function, "sin(x) as a function", sine, x, usual);
  handed(list, Way::function, "naive softplus as a function", softplus, {"x", {5}, within(-10, -3)},
         usual);
  handed(list, Way::function, "softmax as a function", Softmax{}, rows, {"sum missing", "1 %"});
  handed(list, Way::function, "row maximum as a function", RowMaximum{}, rows, usual);
  handed(list, Way::points, "ReLU", relu, x, usual);
  handed(list, Way::points, "abs", absolute, rows, usual);
  handed(list, Way::points, "tanh", tanh, x, usual);
  handed(list, Way::points, "naive softplus", softplus, x, usual);
  handed(list, Way::points, "softmax by rows", Softmax{}, rows, {"sum missing", "1 %"});
  handed(list, Way::points, "row maximum", RowMaximum{}, rows, usual);
  return list;
}

}  // namespace gradcheck::defects::opaque
