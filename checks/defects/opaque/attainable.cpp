#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include <defects/opaque/attainable.hpp>
#include <defects/opaque/contraction.hpp>

namespace gradcheck::defects::opaque {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

constexpr Truth not_a_number = std::numeric_limits<Truth>::quiet_NaN();

/// Mean size of the entries that are not 0; 1 if all are.
template <class T>
double scale_of(const Array<T>& x) {
  double sum = 0, count = 0;
  for (const T each : x.numbers) {
    sum += std::abs(static_cast<double>(each));
    count += each != 0 ? 1 : 0;
  }
  return count == 0 ? 1 : sum / count;
}

/// By how much one upstream's sum changes at growing steps to the right (0) and to the left (1): in
/// the truth's own arithmetic, and how far the layer's rounding moves them. NaN where the layer
/// refuses.
struct Samples {
  std::vector<std::array<Truth, 2>> by, exact, rounding;
};

/// Standard deviation of the rounding seen at the k-th step and three on either side.
double noise_at(const Samples& samples, std::size_t k) {
  const std::size_t first = k < 3 ? 0 : k - 3, last = std::min(k + 4, samples.by.size());
  Truth count = 0, sum = 0, squares = 0;
  for (std::size_t j = first; j < last; ++j) {
    for (const Truth each : samples.rounding[j]) {
      if (std::isfinite(each)) {
        count += 1;
        sum += each;
        squares += each * each;
      }
    }
  }
  const Truth variance = count == 0 ? 0 : squares / count - sum / count * (sum / count);
  return static_cast<double>(std::sqrt(std::max(variance, Truth(0))));
}

/// Quotients of exact sums at the k-th step: to the right, to the left, central, extrapolated to
/// the right, to the left, central. With them, by what multiple of noise over step two standard
/// deviations of their rounding are.
struct Stencil {
  Truth value;
  double amplification;
};
std::vector<Stencil> stencils_at(const Samples& samples, std::size_t k) {
  const auto side = [&](std::size_t j, std::size_t s) {
    return samples.exact[j][s] / samples.by[j][s];
  };
  const auto central = [&](std::size_t j) {
    return (samples.exact[j][0] - samples.exact[j][1]) / (samples.by[j][0] - samples.by[j][1]);
  };
  std::vector<Stencil> all{{side(k, 0), 2.9}, {side(k, 1), 2.9}, {central(k), 1.5}};
  if (k > 0) {
    all.push_back({2 * side(k - 1, 0) - side(k, 0), 12});
    all.push_back({2 * side(k - 1, 1) - side(k, 1), 12});
    all.push_back({(4 * central(k - 1) - central(k)) / 3, 4});
  }
  return all;
}

double least_error(const Samples& samples, Truth derivative) {
  double least = infinity;
  for (std::size_t k = 0; k < samples.by.size(); ++k) {
    const double step = static_cast<double>(samples.by[k][0] - samples.by[k][1]) / 2;
    const double rounding = noise_at(samples, k) / step;
    for (const Stencil& stencil : stencils_at(samples, k)) {
      const double truncation = static_cast<double>(std::abs(stencil.value - derivative));
      if (std::isfinite(truncation)) {
        least = std::min(least, truncation + stencil.amplification * rounding);
      }
    }
  }
  return least;
}

/// Steps from a unit of the entry (2⁻⁶⁰ of the scale at 0) to four times the scale.
template <class T>
std::vector<Samples> samples_of(Contraction<T>& layer, Contraction<Truth>& truth,
                                std::size_t tensor, std::size_t entry) {
  const double x = static_cast<double>(layer.x()[tensor][entry]);
  const double scale = std::max(scale_of(layer.x()[tensor]), std::abs(x));
  const double unit = std::abs(x) * static_cast<double>(std::numeric_limits<T>::epsilon());
  std::vector<Samples> all(upstreams);
  for (double step = std::max(unit, std::ldexp(scale, -60)); step <= 4 * scale; step *= 2) {
    std::array<std::optional<Moved>, 2> own, exact;
    for (std::size_t s = 0; s < 2; ++s) {
      own[s] = layer.moved(tensor, entry, s == 0 ? step : -step);
      exact[s] = own[s] ? truth.moved(tensor, entry, own[s]->by) : std::nullopt;
    }
    for (std::size_t u = 0; u < upstreams; ++u) {
      all[u].by.push_back({own[0] ? own[0]->by : step, own[1] ? own[1]->by : -step});
      all[u].exact.emplace_back();
      all[u].rounding.emplace_back();
      for (std::size_t s = 0; s < 2; ++s) {
        all[u].exact.back()[s] = exact[s] ? exact[s]->changes[u] : not_a_number;
        all[u].rounding.back()[s] =
            exact[s] ? own[s]->changes[u] - exact[s]->changes[u] : not_a_number;
      }
    }
  }
  return all;
}

/// The true gradient and a layer's own under each upstream.
template <class T>
struct Gradients {
  std::vector<Arrays<Truth>> right;
  std::vector<Arrays<T>> own;

  Gradients(const Contraction<T>& layer, const Contraction<Truth>& truth) {
    for (std::size_t u = 0; u < upstreams; ++u) {
      right.push_back(truth.gradients(u, ""));
      own.push_back(layer.gradients(u, ""));
    }
  }
};

/// The largest error relative to its derivative. Those of 0 are left out; one that is not finite
/// makes it infinite, and so does having none.
class Worst {
 public:
  void add(Truth d, double error) {
    if (d != 0) {
      const double relative = error / static_cast<double>(std::abs(d));
      worst_ = std::max(worst_.value_or(0), std::isfinite(d) ? relative : infinity);
    }
  }
  double relative() const { return worst_.value_or(infinity); }

 private:
  std::optional<double> worst_;
};

template <class T>
Attainable attainable_in(const Specimen& specimen, const Arrays<double>& point) {
  const Arrays<double> place = off_kinks(specimen, point);
  Contraction<T> layer(specimen, place);
  Contraction<Truth> truth(specimen, place);
  const Gradients<T> gradients(layer, truth);
  Attainable result{std::vector<Arrays<double>>(upstreams, point), 0};
  Worst worst;
  for (std::size_t k = 0; k < point.size(); ++k) {
    for (std::size_t i = 0; i < point[k].size(); ++i) {
      const std::vector<Samples> samples = samples_of(layer, truth, k, i);
      for (std::size_t u = 0; u < upstreams; ++u) {
        const Truth d = gradients.right[u][k][i];
        const Truth rounding = std::abs(static_cast<Truth>(gradients.own[u][k][i]) - d);
        const double error = least_error(samples[u], d) + static_cast<double>(rounding);
        result.error[u][k][i] = std::isfinite(error) ? error : infinity;
        worst.add(d, result.error[u][k][i]);
      }
    }
  }
  result.relative = worst.relative();
  return result;
}

template <class T>
double visible_change_in(const Specimen& specimen, const Arrays<double>& point, const Fault& fault,
                         const Attainable& best, double rtol) {
  const Contraction<T> layer(specimen, point);
  double largest = 0;
  for (std::size_t u = 0; u < upstreams; ++u) {
    const Arrays<T> right = layer.gradients(u, ""), wrong = layer.gradients(u, fault);
    for (std::size_t k = 0; k < point.size(); ++k) {
      for (std::size_t i = 0; i < point[k].size(); ++i) {
        const double a = static_cast<double>(wrong[k][i]), b = static_cast<double>(right[k][i]);
        const double size = std::max(std::abs(a), std::abs(b));
        if (std::abs(a - b) > 3 * std::max(best.error[u][k][i], rtol * size)) {
          largest = std::max(largest, std::abs(a - b) / size);
        }
      }
    }
  }
  return largest;
}

}  // namespace

Arrays<double> off_kinks(const Specimen& specimen, const Arrays<double>& point) {
  if (!specimen.kinked) {
    return point;
  }
  Random random(7);
  Arrays<double> place = point;
  for (Array<double>& each : place) {
    const double scale = scale_of(each);
    each = map(each, [&](double x) { return x + scale / 16 * random.signed_number(); });
  }
  return specimen.precision == Precision::float32 ? cast<double>(cast<float>(place)) : place;
}

Attainable attainable(const Specimen& specimen, const Arrays<double>& point) {
  return specimen.precision == Precision::float32 ? attainable_in<float>(specimen, point)
                                                  : attainable_in<double>(specimen, point);
}

double truth_error(const Specimen& specimen, const Arrays<double>& point) {
  return attainable_in<Truth>(specimen, point).relative;
}

double visible_change(const Specimen& specimen, const Arrays<double>& point, const Fault& fault,
                      const Attainable& best, double rtol) {
  return specimen.precision == Precision::float32
             ? visible_change_in<float>(specimen, point, fault, best, rtol)
             : visible_change_in<double>(specimen, point, fault, best, rtol);
}

}  // namespace gradcheck::defects::opaque
