#include <cmath>

#include <defects/opaque/corpus.hpp>
#include <fmt/format.h>

namespace gradcheck::defects::opaque {

namespace {

/// E[x²] − E[x]² of each row; dx = 2 (x − E[x]) dy / m. Error: "mean missing".
struct Variance {
  template <class T>
  static T mean(const Array<T>& x, std::size_t n) {
    T sum = 0;
    for (std::size_t j = 0; j < x.columns(); ++j) {
      sum += x(n, j);
    }
    return sum / static_cast<T>(x.columns());
  }
  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    Array<T> y = zeros_of<T>({x[0].rows()});
    for (std::size_t n = 0; n < y.size(); ++n) {
      const T first = mean(x[0], n);
      for (std::size_t j = 0; j < x[0].columns(); ++j) {
        y[n] += x[0](n, j) * x[0](n, j) / static_cast<T>(x[0].columns());
      }
      y[n] -= first * first;
    }
    return {y};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    Array<T> dx = x[0];
    for (std::size_t n = 0; n < dx.rows(); ++n) {
      const T first = fault == "mean missing" ? T(0) : mean(x[0], n);
      for (std::size_t j = 0; j < dx.columns(); ++j) {
        dx(n, j) = 2 * (dx(n, j) - first) * dy[0][n] / static_cast<T>(dx.columns());
      }
    }
    return {dx};
  }
};

/// Mean over rows of log Σ exp(z) − z[label]; row n has label n. dz = (p − 1[label]) dy / N.
/// Errors: "label missing", "mean missing" (no division by N).
struct CrossEntropy {
  template <class T>
  Arrays<T> forward(const Arrays<T>& z) const {
    Array<T> loss = zeros_of<T>({});
    for (std::size_t n = 0; n < z[0].rows(); ++n) {
      T most = z[0](n, 0), sum = 0;
      for (std::size_t j = 1; j < z[0].columns(); ++j) {
        most = std::max(most, z[0](n, j));
      }
      for (std::size_t j = 0; j < z[0].columns(); ++j) {
        sum += std::exp(z[0](n, j) - most);
      }
      loss[0] += (std::log(sum) - (z[0](n, n) - most)) / static_cast<T>(z[0].rows());
    }
    return {loss};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& z, const Fault& fault) const {
    Array<T> dz = z[0];
    const T rows = fault == "mean missing" ? T(1) : static_cast<T>(dz.rows());
    for (std::size_t n = 0; n < dz.rows(); ++n) {
      T sum = 0, others = 0;  // of all, and without the label's own
      for (std::size_t j = 0; j < dz.columns(); ++j) {
        const T e = std::exp(z[0](n, j) - z[0](n, n));
        sum += e;
        others += j == n ? 0 : e;
      }
      for (std::size_t j = 0; j < dz.columns(); ++j) {
        dz(n, j) = std::exp(z[0](n, j) - z[0](n, n)) / sum * dy[0][0] / rows;
      }
      if (fault != "label missing") {
        dz(n, n) = -others / sum * dy[0][0] / rows;
      }
    }
    return {dz};
  }
};

/// log Σ exp(x) of each row without a shift; dx = softmax(x) dy. Error: "sum missing".
struct NaiveLogSumExp {
  template <class T>
  static T sum(const Array<T>& x, std::size_t n) {
    T total = 0;
    for (std::size_t j = 0; j < x.columns(); ++j) {
      total += std::exp(x(n, j));
    }
    return total;
  }
  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    Array<T> y = zeros_of<T>({x[0].rows()});
    for (std::size_t n = 0; n < y.size(); ++n) {
      y[n] = std::log(sum(x[0], n));
    }
    return {y};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    Array<T> dx = x[0];
    for (std::size_t i = 0; i < dx.size(); ++i) {
      const std::size_t n = i / dx.columns();
      dx[i] = std::exp(dx[i]) * dy[0][n] / (fault == "sum missing" ? T(1) : sum(x[0], n));
    }
    return {dx};
  }
};

/// |a|² − 2 a·b + |b|² of rows a of x and b of w; dx = 2 (a − b) dy. Errors: "norm missing",
/// "last tensor's sign".
struct Distance {
  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    Array<T> y = zeros_of<T>({x[0].rows()});
    for (std::size_t n = 0; n < y.size(); ++n) {
      T aa = 0, ab = 0, bb = 0;
      for (std::size_t j = 0; j < x[0].columns(); ++j) {
        aa += x[0](n, j) * x[0](n, j);
        ab += x[0](n, j) * x[1](n, j);
        bb += x[1](n, j) * x[1](n, j);
      }
      y[n] = aa - 2 * ab + bb;
    }
    return {y};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    Array<T> da = x[0], db = x[0];
    for (std::size_t i = 0; i < da.size(); ++i) {
      const T d = 2 * dy[0][i / da.columns()];
      da[i] = d * ((fault == "norm missing" ? 0 : x[0][i]) - x[1][i]);
      db[i] = d * (x[1][i] - x[0][i]);
    }
    return {da, db};
  }
};

/// a d − b c of each row (a, b, c, d). Error: "signs missing".
struct Determinant {
  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    Array<T> y = zeros_of<T>({x[0].rows()});
    for (std::size_t n = 0; n < y.size(); ++n) {
      y[n] = x[0](n, 0) * x[0](n, 3) - x[0](n, 1) * x[0](n, 2);
    }
    return {y};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    Array<T> dx = x[0];
    const T minus = fault == "signs missing" ? 1 : -1;
    for (std::size_t i = 0; i < dx.size(); ++i) {
      const std::size_t j = i % 4;
      dx[i] = (j == 1 || j == 2 ? minus : T(1)) * x[0][i - j + 3 - j] * dy[0][i / 4];
    }
    return {dx};
  }
};

/// Labels lead by `lead`: z[n, n] is that much above numbers within 1.
Draw leading(double lead, std::size_t columns) {
  return [=](Random& random, std::size_t count) {
    std::vector<double> z(count);
    for (std::size_t i = 0; i < count; ++i) {
      z[i] = random.uniform(-1, 1) + (i / columns == i % columns ? lead : 0);
    }
    return z;
  };
}

/// Nearly the same rows in two tensors: 0.5, -1, 1.5, ... off by `gap` and less.
Draw nearly(double gap) {
  return [=](Random& random, std::size_t count) {
    std::vector<double> x(count);
    for (std::size_t i = 0; i < count; ++i) {
      x[i] =
          (i % 2 == 0 ? 0.5 : -1) * static_cast<double>(i % 5 + 1) + gap * random.signed_number();
    }
    return x;
  };
}

/// The same in both precisions, but for the numbers.
template <class Kernel>
void both(std::vector<Specimen>& list, const std::string& name, const Kernel& kernel,
          std::vector<Fault> faults, const std::vector<Given>& float64,
          const std::vector<Given>& float32) {
  Specimen specimen{name, "cancellation in layers"};
  specimen.body = body_of(kernel);
  specimen.faults = std::move(faults);
  specimen.inputs = float64.size();
  specimen.given = float64;
  list.push_back(in_float64(specimen));
  specimen.given = float32;
  list.push_back(in_float32(specimen));
}

}  // namespace

std::vector<Specimen> cancelling_layer_specimens() {
  std::vector<Specimen> list;
  const std::vector<Fault> usual{"sign", "factor 2", "1 %", "one entry"};
  const auto with = [&](const char* own) {
    std::vector<Fault> faults = usual;
    faults.emplace_back(own);
    return faults;
  };
  const auto x = [](const Shape& shape, Draw draw) {
    return std::vector<Given>{{"x", shape, std::move(draw)}};
  };
  const Draw deviation = within(0.5, 2, true);
  both(list, "E[x^2] - E[x]^2", Variance{}, with("mean missing"), x({3, 5}, about(1000, deviation)),
       x({3, 5}, about(20, deviation)));
  both(list, "E[x^2] - E[x]^2 of a large mean", Variance{}, with("mean missing"),
       x({3, 5}, about(1e5, deviation)), x({3, 5}, about(200, deviation)));
  for (const auto& [lead, lead32] :
       {std::pair{4, 2}, {8, 4}, {13, 6}, {20, 9}, {30, 12}, {40, 20}}) {
    both(list, fmt::format("cross-entropy, the label ahead by {}", lead), CrossEntropy{},
         {"label missing", "mean missing", "sign", "1 %"}, x({3, 4}, leading(lead, 4)),
         x({3, 4}, leading(lead32, 4)));
  }
  both(list, "log of a sum of exponentials", NaiveLogSumExp{}, with("sum missing"),
       x({3, 4}, within(-30, 30)), x({3, 4}, within(-8, 8)));
  both(list, "log of a sum of exponentials about 500", NaiveLogSumExp{}, with("sum missing"),
       x({3, 4}, within(495, 505)), x({3, 4}, within(70, 80)));
  const auto pair = [](double gap) {
    return std::vector<Given>{{"a", {3, 5}, nearly(gap)}, {"b", {3, 5}, nearly(gap)}};
  };
  both(list, "squared distance by products", Distance{},
       {"norm missing", "last tensor's sign", "sign", "1 %"}, pair(1e-4), pair(0.05));
  both(list, "squared distance by products, nearer", Distance{},
       {"norm missing", "last tensor's sign", "sign", "1 %"}, pair(1e-7), pair(1e-3));
  both(list, "determinant, nearly singular", Determinant{}, with("signs missing"),
       x({3, 4}, about(1000, within(1e-3, 1e-2, true))),
       x({3, 4}, about(10, within(1e-3, 1e-2, true))));
  return list;
}

}  // namespace gradcheck::defects::opaque
