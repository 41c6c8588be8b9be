#include <algorithm>
#include <utility>

#include <defects/opaque/specimen.hpp>
#include <defects/opaque/stranger.hpp>

namespace gradcheck::defects::opaque {

Specimen in_float64(Specimen specimen) {
  specimen.precision = Precision::float64;
  return specimen;
}

Specimen in_float32(Specimen specimen) {
  specimen.precision = Precision::float32;
  specimen.name += ", float32";
  return specimen;
}

std::uint64_t hash_of(const std::string& text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  }
  return hash;
}

Arrays<double> point_of(const Specimen& specimen, std::uint64_t seed) {
  Arrays<double> point;
  for (const Given& given : specimen.given) {
    Random random(hash_of(specimen.name + "/" + given.name) + seed);
    point.push_back({given.draw(random, entries_of(given.shape)), given.shape});
  }
  return specimen.precision == Precision::float32 ? cast<double>(cast<float>(point)) : point;
}

namespace {

/// `count` numbers, each from `number`, of either sign if `both`.
template <class Number>
Draw drawn(Number number, bool both) {
  return [=](Random& random, std::size_t count) {
    std::vector<double> numbers(count);
    for (double& each : numbers) {
      const double sign = both && random.below(2) == 0 ? -1 : 1;
      each = sign * number(random);
    }
    return numbers;
  };
}

}  // namespace

Draw within(double low, double high, bool both) {
  return drawn([=](Random& random) { return random.uniform(low, high); }, both);
}

Draw decades(double low, double high, bool both) {
  return drawn(
      [=](Random& random) { return std::exp(random.uniform(std::log(low), std::log(high))); },
      both);
}

Draw starting(std::vector<double> first, Draw rest) {
  return [=](Random& random, std::size_t count) {
    std::vector<double> numbers = rest(random, count);
    std::copy_n(first.begin(), std::min(first.size(), count), numbers.begin());
    return numbers;
  };
}

Draw shuffled(std::vector<double> numbers) {
  return [=](Random& random, std::size_t) {
    std::vector<double> mixed = numbers;
    for (std::size_t k = mixed.size(); k > 1; --k) {
      std::swap(mixed[k - 1], mixed[random.below(k)]);
    }
    return mixed;
  };
}

Draw about(double centre, Draw rest) {
  return [=](Random& random, std::size_t count) {
    std::vector<double> numbers = rest(random, count);
    for (double& each : numbers) {
      each += centre;
    }
    return numbers;
  };
}

namespace {

/// The layer as a class whose forward takes so many tensors.
template <class T, class Y, std::size_t... I>
Report check_as(std::index_sequence<I...>, const Specimen& specimen, const Arrays<double>& point,
                const Fault& fault, LayerOptions options, std::uint64_t& calls) {
  std::vector<Parameter<T>> parameters;
  for (std::size_t k = sizeof...(I); k < point.size(); ++k) {
    parameters.push_back({specimen.given[k].name, cast<T>(point[k]), zeros_of<T>(point[k].shape)});
  }
  (options.inputs.emplace_back(specimen.given[I].name, cast<T>(point[I])), ...);
  Stranger<T, Y, std::conditional_t<I == I, Array<T>, void>...> layer(specimen.body.in<T>(), fault,
                                                                      std::move(parameters), calls);
  return check_layer(layer, options);
}

template <class T, class Y>
Report check_with(const Specimen& specimen, const Arrays<double>& point, const Fault& fault,
                  const LayerOptions& options, std::uint64_t& calls) {
  switch (specimen.inputs) {
    case 1:
      return check_as<T, Y>(std::make_index_sequence<1>{}, specimen, point, fault, options, calls);
    case 2:
      return check_as<T, Y>(std::make_index_sequence<2>{}, specimen, point, fault, options, calls);
    default:
      return check_as<T, Y>(std::make_index_sequence<3>{}, specimen, point, fault, options, calls);
  }
}

template <class T>
Report check_pair(const Specimen& specimen, const Arrays<double>& point, const Fault& fault,
                  const LayerOptions& options, std::uint64_t& calls) {
  const Arithmetic<T>& body = specimen.body.in<T>();
  const auto f = [&](const Array<T>& x) {
    ++calls;
    return body.forward({x})[0];
  };
  const auto gradient = [&](const Array<T>& dy, const Array<T>& x) {
    return gradients_of(body, {dy}, {x}, fault)[0];
  };
  return check_function(f, gradient, cast<T>(point[0]), options);
}

template <class T>
Report check_chosen_points(const Specimen& specimen, const Fault& fault,
                           const LayerOptions& options, std::uint64_t& calls) {
  const std::vector<Extent> symbols{"N", "F"};
  const auto rank = static_cast<std::ptrdiff_t>(specimen.given[0].shape.size());
  PointOptions points;
  points.inputs = {{specimen.given[0].name, {symbols.begin(), symbols.begin() + rank}}};
  points.layer = options;
  const auto make = [&](const LayerPoint&) {
    return Stranger<T, Array<T>, Array<T>>(specimen.body.in<T>(), fault, {}, calls);
  };
  return check_points(make, points);
}

template <class T>
Report check_in(const Specimen& specimen, const Arrays<double>& point, const Fault& fault,
                const LayerOptions& options, std::uint64_t& calls) {
  if (specimen.way == Way::points) {
    return check_chosen_points<T>(specimen, fault, options, calls);
  }
  if (specimen.way == Way::function) {
    return check_pair<T>(specimen, point, fault, options, calls);
  }
  return specimen.several_outputs ? check_with<T, Arrays<T>>(specimen, point, fault, options, calls)
                                  : check_with<T, Array<T>>(specimen, point, fault, options, calls);
}

}  // namespace

Outcome check_specimen(const Specimen& specimen, const Arrays<double>& point, const Fault& fault,
                       const CheckOptions& options) {
  Outcome outcome;
  LayerOptions layer;
  layer.name = "stranger";
  layer.check = options;
  outcome.report = specimen.precision == Precision::float32
                       ? check_in<float>(specimen, point, fault, layer, outcome.calls)
                       : check_in<double>(specimen, point, fault, layer, outcome.calls);
  for (const CaseReport& each : outcome.report.cases) {
    outcome.verdict = graver(outcome.verdict, each.verdict);
  }
  for (const Array<double>& each : point) {
    outcome.entries += outcome.report.cases.size() * each.size();
  }
  return outcome;
}

}  // namespace gradcheck::defects::opaque
