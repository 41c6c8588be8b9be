#include <algorithm>
#include <cmath>

#include <defects/opaque/corpus.hpp>

namespace gradcheck::defects::opaque {

namespace {

/// Who gets the gradient of equal values.
enum class Share { first, last, equal };

/// The flat places of one maximum's candidates.
using Window = std::vector<std::size_t>;

/// y[k] = max of x over the k-th window. Planted errors: every tied entry gets the whole gradient,
/// or none does.
struct Maxima {
  std::vector<Window> windows;
  Share share;

  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    Array<T> y = zeros_of<T>({windows.size()});
    for (std::size_t k = 0; k < windows.size(); ++k) {
      y[k] = x[0][windows[k][0]];
      for (const std::size_t i : windows[k]) {
        y[k] = std::max(y[k], x[0][i]);
      }
    }
    return {y};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    const Arrays<T> y = forward<T>(x);
    Array<T> dx = zeros_of<T>(x[0].shape);
    for (std::size_t k = 0; k < windows.size(); ++k) {
      Window tied;
      for (const std::size_t i : windows[k]) {
        if (x[0][i] == y[0][k]) {
          tied.push_back(i);
        }
      }
      give(dx, tied, dy[0][k], fault);
    }
    return {dx};
  }

 private:
  template <class T>
  void give(Array<T>& dx, const Window& tied, T dy, const Fault& fault) const {
    if (fault == "none of a tie" && tied.size() > 1) {
      return;
    }
    if (share == Share::equal || fault == "all of a tie") {
      const T each = fault == "all of a tie" ? dy : dy / static_cast<T>(tied.size());
      for (const std::size_t i : tied) {
        dx[i] += each;
      }
    } else {
      dx[share == Share::first ? tied.front() : tied.back()] += dy;
    }
  }
};

std::vector<Window> rows_of(std::size_t rows, std::size_t columns) {
  std::vector<Window> windows(rows);
  for (std::size_t i = 0; i < rows * columns; ++i) {
    windows[i / columns].push_back(i);
  }
  return windows;
}

std::vector<Window> sliding(std::size_t length, std::size_t size, std::size_t stride) {
  std::vector<Window> windows;
  for (std::size_t from = 0; from + size <= length; from += stride) {
    windows.emplace_back();
    for (std::size_t i = from; i < from + size; ++i) {
      windows.back().push_back(i);
    }
  }
  return windows;
}

/// 2 by 2 windows of a square, one place apart.
std::vector<Window> overlapping_squares(std::size_t side) {
  std::vector<Window> windows;
  for (std::size_t i = 0; i + 1 < side; ++i) {
    for (std::size_t j = 0; j + 1 < side; ++j) {
      const std::size_t at = i * side + j;
      windows.push_back({at, at + 1, at + side, at + side + 1});
    }
  }
  return windows;
}

void maxima(std::vector<Specimen>& list, const std::string& name,
            const std::vector<Window>& windows, const Shape& shape, Share share, const Draw& draw) {
  Specimen specimen{name, "ties"};
  specimen.body = body_of(Maxima{windows, share});
  specimen.given = {{"x", shape, draw}};
  specimen.kinked = true;
  specimen.faults = {"all of a tie", "none of a tie", "sign", "factor 2", "1 %"};
  list.push_back(in_float64(specimen));
  list.push_back(in_float32(specimen));
}

/// max(x, w), entry by entry.
struct Larger {
  Share share;

  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    Array<T> y = x[0];
    for (std::size_t i = 0; i < y.size(); ++i) {
      y[i] = std::max(y[i], x[1][i]);
    }
    return {y};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    Array<T> dx = dy[0], dw = dy[0];
    for (std::size_t i = 0; i < dx.size(); ++i) {
      const bool tied = x[0][i] == x[1][i];
      T to_x = x[0][i] > x[1][i] ? 1 : 0, to_w = 1 - to_x;
      if (tied && (fault == "all of a tie" || fault == "none of a tie")) {
        to_x = to_w = fault == "all of a tie" ? 1 : 0;
      } else if (tied) {
        to_x = static_cast<T>(share == Share::equal ? 0.5 : share == Share::first ? 1 : 0);
        to_w = 1 - to_x;
      }
      dx[i] *= to_x;
      dw[i] *= to_w;
    }
    return {dx, dw};
  }
};

void larger(std::vector<Specimen>& list, const std::string& name, Share share, std::size_t inputs) {
  Specimen specimen{name, "ties"};
  specimen.body = body_of(Larger{share});
  specimen.given = {{"x", {5}, starting({0.5, -1.25, 2}, within(-2, 2))},
                    {"w", {5}, starting({0.5, -1.25, 2}, within(-2, 2))}};
  specimen.inputs = inputs;
  specimen.kinked = true;
  specimen.faults = {"all of a tie", "none of a tie", "sign", "last tensor's sign", "1 %"};
  list.push_back(in_float64(specimen));
  list.push_back(in_float32(specimen));
}

/// y = relu(x A), summed over its columns if `summed`.
struct ReluNet {
  bool summed;

  template <class T>
  Array<T> product(const Arrays<T>& x) const {
    Array<T> z = zeros_of<T>({x[0].rows(), x[1].columns()});
    for (std::size_t n = 0; n < z.rows(); ++n) {
      for (std::size_t j = 0; j < z.columns(); ++j) {
        for (std::size_t k = 0; k < x[0].columns(); ++k) {
          z(n, j) += x[0](n, k) * x[1](k, j);
        }
      }
    }
    return z;
  }
  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    const Array<T> z = product<T>(x);
    Array<T> y = summed ? zeros_of<T>({z.rows()}) : z;
    for (std::size_t i = 0; i < z.size(); ++i) {
      const T relu = std::max(z[i], T(0));
      summed ? y[i / z.columns()] += relu : y[i] = relu;
    }
    return {y};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    const Array<T> z = product<T>(x);
    Array<T> dx = zeros_of<T>(x[0].shape), dA = zeros_of<T>(x[1].shape);
    for (std::size_t i = 0; i < z.size(); ++i) {
      const std::size_t n = i / z.columns(), j = i % z.columns();
      const T open = z[i] > 0 || fault == "mask ignored" ? 1 : 0;
      const T dz = open * dy[0][summed ? n : i];
      for (std::size_t k = 0; k < x[0].columns(); ++k) {
        dx(n, k) += dz * x[1](k, j);
        dA(k, j) += (fault == "batch sum missing" && n > 0 ? 0 : dz) * x[0](n, k);
      }
    }
    return {dx, dA};
  }
};

void relu_net(std::vector<Specimen>& list, const std::string& name, bool summed, const Draw& x) {
  Specimen specimen{name, "ties"};
  specimen.body = body_of(ReluNet{summed});
  specimen.given = {{"x", {3, 3}, x}, {"A", {3, 4}, within(0.3, 1.5, true)}};
  specimen.kinked = true;
  specimen.faults = {"mask ignored", "batch sum missing", "sign", "1 %"};
  list.push_back(in_float64(specimen));
  list.push_back(in_float32(specimen));
}

}  // namespace

std::vector<Specimen> tie_specimens() {
  std::vector<Specimen> list;
  const Draw few = [](Random& random, std::size_t count) {  // many equal ones
    std::vector<double> x(count);
    for (double& each : x) {
      each = 0.5 * static_cast<double>(random.below(4)) - 0.75;
    }
    x[1] = x[0];
    return x;
  };
  const Draw same = [](Random&, std::size_t count) { return std::vector<double>(count, 0.5); };
  maxima(list, "row maximum, the first of a tie", rows_of(3, 4), {3, 4}, Share::first, few);
  maxima(list, "row maximum, the last of a tie", rows_of(3, 4), {3, 4}, Share::last, few);
  maxima(list, "row maximum, equal shares", rows_of(3, 4), {3, 4}, Share::equal, few);
  maxima(list, "maximum of all, all equal", rows_of(1, 6), {6}, Share::first, same);
  maxima(list, "maximum of all, all equal, equal shares", rows_of(1, 6), {6}, Share::equal, same);
  maxima(list, "pooling by two, stride 2", sliding(10, 2, 2), {10}, Share::first, few);
  maxima(list, "pooling by two, stride 2, all tied", sliding(8, 2, 2), {8}, Share::last, same);
  maxima(list, "pooling by two, stride 1, the first", sliding(8, 2, 1), {8}, Share::first, few);
  maxima(list, "pooling by two, stride 1, all tied", sliding(6, 2, 1), {6}, Share::first, same);
  maxima(list, "pooling by three, stride 1, the last", sliding(9, 3, 1), {9}, Share::last, few);
  maxima(list, "pooling by three, stride 2, equal shares", sliding(9, 3, 2), {9}, Share::equal,
         few);
  maxima(list, "pooling by squares that overlap", overlapping_squares(4), {4, 4}, Share::first,
         few);
  larger(list, "larger of two inputs, the first", Share::first, 2);
  larger(list, "larger of two inputs, equal shares", Share::equal, 2);
  larger(list, "larger of input and parameter, the second", Share::last, 1);
  relu_net(list, "ReLU layer with rows of zeros", false, starting({0, 0, 0}, within(0.3, 2, true)));
  relu_net(list, "sum of ReLUs with a row of zeros", true,
           starting({0, 0, 0}, within(0.3, 2, true)));
  return list;
}

}  // namespace gradcheck::defects::opaque
