#include <algorithm>

#include <fmt/format.h>

#include <gradcheck/check/check.hpp>
#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/random.hpp>
#include <gradcheck/user_layers/check_points.hpp>

namespace gradcheck {

namespace {

/// Checks that making a point smaller may take.
constexpr int most_trials = 400;

/// Fills in the numbers of the parameters, which only a layer that was made has.
void add_parameters(LayerPoint& point, const UserLayer& layer, std::uint64_t seed) {
  const std::vector<std::string> names = layer.parameter_names();
  for (std::size_t k = 0; k < names.size(); ++k) {
    if (!point.values.contains(names[k])) {
      const Shape shape = shape_of(layer.parameter(k));
      point.values[names[k]] = random_uniform(shape, -1, 1, seed + 50 + k);
    }
  }
}

/// Checks points of one layer.
class PointCheck {
 public:
  PointCheck(const LayerMaker& make, const PointOptions& options)
      : make_(make), options_(options) {}

  CaseReport run(LayerPoint& point) {
    try {
      const LayerOptions options = layer_options(point);
      const std::shared_ptr<UserLayer> layer =
          guarded_call("maker", "it", [&] { return make_(point, options); });
      if (!options_.keep_parameters) {
        add_parameters(point, *layer, options.check.seed);
      }
      const std::vector<std::string> names = layer->parameter_names();
      for (std::size_t k = 0; k < names.size(); ++k) {
        if (const auto value = point.values.find(names[k]); value != point.values.end()) {
          layer->set_parameter(
              k, fitted(layer->name(), names[k], value->second, shape_of(layer->parameter(k))));
        }
      }
      CaseReport report = check_layer(layer, options).cases.at(0);
      report.title = title_of(point);
      return report;
    } catch (const Error& error) {
      CaseReport report;
      report.id = "layer";
      report.verdict = Verdict::error;
      report.error = CaseError{error.what(), 0, 0};
      return report;
    }
  }

 private:
  static std::string title_of(const LayerPoint& point) {
    const std::string sizes = point.description();
    return point.character.empty() ? sizes : point.character + (sizes.empty() ? "" : ": ") + sizes;
  }

  LayerOptions layer_options(const LayerPoint& point) const {
    LayerOptions options = options_.layer;
    options.inputs.clear();
    for (const InputShape& input : options_.inputs) {
      const auto value = point.values.find(input.name);
      if (value == point.values.end()) {
        throw_value("point", "the input '" + input.name + "'", "no value", "a tensor");
      }
      InputTensor tensor(input.name, value->second);
      tensor.differentiable = input.labels_below.symbol.empty() && input.labels_below.size == 0;
      options.inputs.push_back(std::move(tensor));
    }
    return options;
  }

  const LayerMaker& make_;
  const PointOptions& options_;
};

/// Makes a failing point smaller as long as it fails.
class Minimiser {
 public:
  Minimiser(PointCheck& check, const PointSpace& space, std::uint64_t seed)
      : check_(check), space_(space), seed_(seed) {}

  LayerPoint run(LayerPoint point) {
    best_ = std::move(point);
    smaller_sizes();
    fewer_numbers();
    rounder_numbers();
    return best_;
  }

 private:
  bool fails(LayerPoint& point) {
    return ++trials_ <= most_trials && check_.run(point).verdict == Verdict::disagree;
  }

  bool accept(LayerPoint point) {
    if (!fails(point)) {
      return false;
    }
    best_ = std::move(point);
    return true;
  }

  /// The point with a symbol's size changed, and numbers of the same character anew.
  LayerPoint resized(const std::string& symbol, std::size_t size) const {
    LayerPoint point = best_;
    point.sizes[symbol] = size;
    point.values.clear();
    for (std::size_t j = 0; j < space_.inputs.size(); ++j) {
      const InputShape& input = space_.inputs[j];
      Shape shape;
      for (const Extent& extent : input.extents) {
        shape.push_back(extent.in(point));
      }
      const std::size_t below = input.labels_below.in(point);
      point.values[input.name] =
          below > 0 ? random_integers(shape, 0, static_cast<std::int64_t>(below), seed_ + j)
                    : point_values(point, shape, input.low, input.high, seed_ + j);
    }
    return point;
  }

  void smaller_sizes() {
    const std::map<std::string, std::size_t> sizes = best_.sizes;
    for (const auto& [symbol, size] : sizes) {
      for (const std::size_t smaller : candidates(symbol, size)) {
        if (accept(resized(symbol, smaller))) {
          break;
        }
      }
    }
  }

  std::vector<std::size_t> candidates(const std::string& symbol, std::size_t size) const {
    std::vector<std::size_t> below;
    if (const auto choice = space_.sizes.find(symbol); choice != space_.sizes.end()) {
      below = choice->second;
      std::ranges::sort(below);
      std::erase_if(below, [&](std::size_t one) { return one >= size; });
    } else {
      for (std::size_t one = 1; one < size; ++one) {
        below.push_back(one);
      }
    }
    return below;
  }

  /// Changes every number that may be changed by `simpler`, where it still fails.
  template <class Simpler>
  void simplify(Simpler simpler) {
    const std::map<std::string, Tensor> values = best_.values;
    for (const auto& [name, tensor] : values) {
      for (std::size_t i = 0; i < tensor.size(); ++i) {
        const double now = best_.values[name].data()[i];
        const double then = simpler(now);
        if (then != now && allowed(name, then)) {
          LayerPoint point = best_;
          point.values[name].data()[i] = then;
          accept(std::move(point));
        }
      }
    }
  }

  bool allowed(const std::string& name, double number) const {
    const auto input = std::ranges::find(space_.inputs, name, &InputShape::name);
    return input == space_.inputs.end() || (input->low <= number && number <= input->high);
  }

  void fewer_numbers() {
    simplify([](double) { return 0.0; });
  }
  void rounder_numbers() {
    simplify([](double x) { return x == 0 ? 0 : x > 0 ? 1.0 : -1.0; });
  }

  PointCheck& check_;
  const PointSpace& space_;
  std::uint64_t seed_;
  LayerPoint best_;
  int trials_ = 0;
};

void add_smallest(CaseReport& report, const LayerPoint& point, const PointOptions& options) {
  report.notes.push_back("the smallest point found at which it still fails:\n" +
                         (options.point_text ? options.point_text(point)
                                             : point.code() + "check_at(maker, point, options);"));
}

std::string why(const CaseReport& report) {
  return report.error ? report.error->message : "nothing could be told there";
}

}  // namespace

Report check_points(const LayerMaker& make, const PointOptions& options) {
  const PointSpace space{options.inputs, options.settings, options.sizes};
  const std::uint64_t seed = options.layer.check.seed;
  PointCheck check(make, options);
  Report report = report_of({}, options.layer.check);
  report.cases.clear();
  std::vector<std::string> left_out;
  bool minimised = false;
  for (LayerPoint& point : points_of(space, seed)) {
    CaseReport one = check.run(point);
    const bool untold = one.verdict == Verdict::error || one.verdict == Verdict::inconclusive;
    if (untold && !report.cases.empty()) {
      left_out.push_back(fmt::format("left out, {}: {}", point.character, why(one)));
      continue;
    }
    if (one.verdict == Verdict::disagree && !minimised) {
      minimised = true;
      add_smallest(one, Minimiser(check, space, seed).run(point), options);
    }
    one.id += fmt::format(" {}", report.cases.size() + 1);
    report.seconds += one.seconds;
    report.cases.push_back(std::move(one));
  }
  for (std::string& note : left_out) {
    report.cases[0].notes.push_back(std::move(note));
  }
  return report;
}

Report check_at(const LayerMaker& make, const LayerPoint& point, const PointOptions& options) {
  LayerPoint own = point;
  return report_of(PointCheck(make, options).run(own), options.layer.check);
}

}  // namespace gradcheck
