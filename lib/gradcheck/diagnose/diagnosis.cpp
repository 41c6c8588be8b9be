#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <gradcheck/diagnose/diagnosis.hpp>
#include <gradcheck/diagnose/faults.hpp>
#include <gradcheck/diagnose/recognise.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

/// A place of use of a value: a node, and the position among its inputs.
using Use = std::pair<std::size_t, std::size_t>;

std::vector<Use> uses_of(const Network& network, ValueId value) {
  const std::vector<bool> needed = upstream_values(network.graph(), network.loss());
  std::vector<Use> uses;
  for (std::size_t k = 0; k < network.nodes().size(); ++k) {
    const Network::Node& node = network.nodes()[k];
    const bool used =
        std::ranges::any_of(node.outputs, [&](ValueId output) { return needed[output]; });
    for (std::size_t slot = 0; used && slot < node.inputs.size(); ++slot) {
      if (node.inputs[slot] == value && node.layer->differentiable(slot)) {
        uses.emplace_back(k, slot);
      }
    }
  }
  return uses;
}

std::string value_text(const Network& network, ValueId id) {
  const Value& value = network.value(id);
  return value.name.empty() ? value.expression : value.name;
}

/// With its line; of several that no line tells apart, with the name of what it makes.
std::string layer_text(const Network& network, std::size_t node) {
  const Network::Node& at = network.nodes()[node];
  const std::string& name = at.layer->name();
  const auto alike = std::ranges::count_if(
      network.nodes(), [&](const Network::Node& other) { return other.layer->name() == name; });
  return at.at.line == 0 && alike > 1 ? name + " (" + value_text(network, at.outputs[0]) + ")"
                                      : node_text(name, at.at);
}

/// "2 of 6 entries disagree, [1, 0] most: analytic 3, numeric 4"
std::string counts_of(const Observation& seen) {
  const std::vector<std::size_t> wrong = disagreeing_entries(seen);
  if (wrong.empty()) {
    return "";
  }
  const auto apart = [&](std::size_t i) {
    return relative_error(seen.analytic.data()[i], seen.numeric.data()[i]);
  };
  const std::size_t worst = *std::ranges::max_element(wrong, {}, apart);
  const std::string which = seen.size() > 1 ? ", " + index_text(seen.shape(), worst) + " most" : "";
  return fmt::format("{} of {} entries disagree{}: analytic {:.8g}, numeric {:.8g}", wrong.size(),
                     seen.size(), which, seen.analytic.data()[worst], seen.numeric.data()[worst]);
}

std::string unrecognised(const Fault& fault) {
  std::string text = "its upstream is right, its own gradient is not";
  for (const std::string& more : {counts_of(fault.seen), fault.reason}) {
    text += more.empty() ? "" : "; " + more;
  }
  return text;
}

/// None where the layer refuses what it would have to be asked.
std::optional<Pattern> recognised(const Observation& seen, const Surroundings& around) {
  try {
    return recognise(seen, around);
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// Faults of one layer and one pattern are told once.
struct Told {
  std::string layer;
  std::string pattern;
  std::string sentence;
  std::size_t first = 0;  ///< among the diagnoses
  std::vector<std::string> more;
};

class NetworkDiagnosis {
 public:
  NetworkDiagnosis(const Checker& checker, const std::map<ValueId, TensorCheck>& checked,
                   const CheckOptions& options)
      : network_(checker.network()), checked_(checked), rtol_(options.rtol) {
    for (const auto& [id, check] : checked) {
      if (check.report.verdict == Verdict::disagree) {
        wrong_.push_back(id);
      }
    }
    faults_ = find_faults(checker, wrong_, options);
  }

  DiagnosisResult run() {
    for (const Fault& fault : faults_.found) {
      tell(fault);
    }
    for (const Told& told : told_) {
      append(told.first, told.more, "; likewise ");
    }
    for (const ValueId id : faults_.found.empty() ? wrong_ : std::vector<ValueId>()) {
      tell_alone(checked_.at(id));
    }
    tell_inherited();
    return {std::move(all_), faults_.probes};
  }

 private:
  void tell(const Fault& fault) {
    const ValueId input = network_.nodes()[fault.node].inputs[fault.place.slot];
    Surroundings around;
    around.place = &fault.place;
    around.uses = uses_of(network_, input).size();
    around.numbers = numbers_at(fault.place);
    around.conditions = conditions_at(fault.place);
    around.others = fault.others;
    const std::optional<Pattern> pattern = recognised(fault.seen, around);
    const Pattern said = pattern.value_or(Pattern{"", unrecognised(fault)});
    const std::string& name = fault.place.layer->name();
    const auto same = std::ranges::find_if(told_, [&](const Told& one) {
      return pattern && one.layer == name && one.pattern == said.name &&
             one.sentence == said.sentence;
    });
    if (same != told_.end()) {
      same->more.push_back(layer_text(network_, fault.node) + ", " + value_text(network_, input));
      return;
    }
    told_.push_back({name, said.name, said.sentence, all_.size(), {}});
    nodes_.push_back(fault.node);
    all_.push_back(
        {layer_text(network_, fault.node), value_text(network_, input), said.name, said.sentence});
  }

  /// A tensor that no layer could be blamed for.
  void tell_alone(const TensorCheck& check) {
    const Observation seen{check.analytic, check.numeric, check.bound,
                           zeros<double>(shape_of(check.analytic)), rtol_};
    if (const std::optional<Pattern> pattern = recognised(seen, {})) {
      all_.push_back({"", check.report.name, pattern->name, pattern->sentence});
    }
  }

  /// Each wrong tensor that no faulty layer reads is listed with the first one that it feeds.
  void tell_inherited() {
    std::vector<std::vector<std::string>> heirs(all_.size());
    for (const ValueId id : wrong_) {
      const auto reads = [&](const Fault& fault) {
        return network_.nodes()[fault.node].inputs[fault.place.slot] == id;
      };
      if (std::ranges::any_of(faults_.found, reads)) {
        continue;
      }
      const std::vector<bool> fed = downstream_nodes(network_.graph(), id);
      const auto first = std::ranges::find_if(nodes_, [&](std::size_t node) { return fed[node]; });
      if (first != nodes_.end()) {
        heirs[static_cast<std::size_t>(first - nodes_.begin())].push_back(value_text(network_, id));
      }
    }
    for (std::size_t k = 0; k < nodes_.size(); ++k) {
      append(k, heirs[k], "; inherited by ");
    }
  }

  void append(std::size_t k, const std::vector<std::string>& names, const char* before) {
    constexpr std::size_t most = 8;
    if (names.empty()) {
      return;
    }
    const std::vector<std::string> some(
        names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), most)));
    all_[k].detail += fmt::format("{}{}", before, fmt::join(some, ", "));
    all_[k].detail += names.size() > most ? fmt::format(" and {} more", names.size() - most) : "";
  }

  const Network& network_;
  const std::map<ValueId, TensorCheck>& checked_;
  double rtol_;
  std::vector<ValueId> wrong_;
  Faults faults_;
  std::vector<Told> told_;
  std::vector<std::size_t> nodes_;  ///< of the diagnoses
  std::vector<Diagnosis> all_;
};

/// What a layer passes on to its inputs.
Tensors<double> contributions(const Place& place) {
  std::vector<const Tensor*> x;
  for (const Tensor& each : place.x) {
    x.push_back(&each);
  }
  return place.layer->backward(place.dy, Inputs<double>(x), place.y);
}

/// Whether the gradient is what all uses but one contribute, or one of them alone.
std::optional<Pattern> missing_use(const Observation& seen, const std::vector<Place>& places,
                                   const std::vector<std::string>& layers) {
  constexpr double unit = 1e-12;  // of a contribution, for the rounding of its difference
  for (const bool alone : {false, true}) {
    for (std::size_t k = 0; k < places.size() && places.size() > 1; ++k) {
      const Tensor part = contributions(places[k])[places[k].slot];
      bool fit = !disagreeing_entries(seen).empty();
      for (std::size_t i = 0; i < seen.size() && fit; ++i) {
        const double p = part.data()[i];
        fit = fits(
            seen, i,
            {alone ? p : seen.numeric.data()[i] - p, seen.bound.data()[i] + unit * std::abs(p)});
      }
      if (fit) {
        return Pattern{"missing fan-out", fmt::format("analytic {} {} contributes, one of {} uses",
                                                      alone ? "is only what" : "lacks what",
                                                      layers[k], places.size())};
      }
    }
  }
  return std::nullopt;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

}  // namespace

DiagnosisResult diagnose(const Checker& checker, const std::map<ValueId, TensorCheck>& checked,
                         const CheckOptions& options) {
  return NetworkDiagnosis(checker, checked, options).run();
}

std::optional<Diagnosis> diagnose_claimed(const Checker& checker, ValueId value,
                                          const Observation& seen, const std::string& name,
                                          const CheckOptions& options) {
  const Network& network = checker.network();
  std::vector<Place> places;
  std::vector<std::string> layers;
  for (const auto& [node, slot] : uses_of(network, value)) {
    Tensors<double> upstream;
    for (const ValueId output : network.nodes()[node].outputs) {
      upstream.push_back(checker.gradients()[output]);
    }
    places.push_back(place_of(checker, node, std::move(upstream), options.seed));
    places.back().slot = slot;
    layers.push_back(layer_text(network, node));
  }
  Surroundings around;
  around.trusted = true;
  if (places.size() == 1) {
    around.place = &places[0];
    around.others = contributions(places[0]);
  }
  if (!places.empty()) {
    around.numbers = numbers_at(places[0]);
  }
  std::optional<Pattern> pattern = missing_use(seen, places, layers);
  pattern = pattern ? pattern : recognised(seen, around);
  if (!pattern) {
    return std::nullopt;
  }
  return Diagnosis{of_derivation, name, pattern->name,
                   replaced(pattern->sentence, "analytic", "d" + name)};
}

}  // namespace gradcheck
