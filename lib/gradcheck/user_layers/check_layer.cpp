#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <optional>

#include <fmt/format.h>

#include <gradcheck/check/check.hpp>
#include <gradcheck/user_layers/check_layer.hpp>
#include <gradcheck/user_layers/contract_checks.hpp>
#include <gradcheck/user_layers/layer_network.hpp>
#include <gradcheck/user_layers/layer_run.hpp>
#include <gradcheck/user_layers/tensor_choice.hpp>

namespace gradcheck {

namespace {

/// Jacobians of at most this many entries in all are compared row by row.
constexpr std::size_t small_jacobian = 2048;
/// The default tolerance where a layer calculates in float32.
constexpr double float32_rtol = 1e-5;
/// A reference may differ from its layer by this part of the largest output: what float16 leaves.
constexpr double same_forward = 0x1p-7;

std::size_t entries_in(const Network& network, const std::vector<ValueId>& values) {
  std::size_t count = 0;
  for (const ValueId id : values) {
    count += entries_of(network.value(id).shape);
  }
  return count;
}

/// What was meant is no error: agrees, with a note.
void accept_deviation(CaseReport& report, const std::string& reason) {
  report.verdict = Verdict::agree;
  for (TensorReport& tensor : report.tensors) {
    if (tensor.verdict == Verdict::disagree) {
      tensor.verdict = Verdict::agree;
      report.notes.push_back(fmt::format(
          "{} deviates from the numeric gradient in {} of {} entries, by up to {:.2g} of their "
          "size, as declared: {}",
          tensor.name, tensor.disagreeing, tensor.entries, tensor.max_relative_error, reason));
    }
    report.verdict = graver(report.verdict, tensor.verdict);
  }
}

/// Puts a layer's parameters back as they were.
class RestoreParameters {
 public:
  explicit RestoreParameters(UserLayer& layer) : layer_(layer) {
    for (std::size_t k = 0; k < layer.parameter_names().size(); ++k) {
      saved_.push_back(layer.parameter(k));
    }
  }
  ~RestoreParameters() { restore(); }
  void restore() const {
    for (std::size_t k = 0; k < saved_.size(); ++k) {
      layer_.set_parameter(k, saved_[k]);
    }
  }
  RestoreParameters(const RestoreParameters&) = delete;
  RestoreParameters& operator=(const RestoreParameters&) = delete;

 private:
  UserLayer& layer_;
  Tensors<double> saved_;
};

/// One layer at one point.
class LayerCheck {
 public:
  LayerCheck(std::shared_ptr<UserLayer> user, const LayerOptions& options)
      : user_(std::move(user)), options_(options) {}

  CaseReport run() {
    require_inputs();
    require_known_tensors(user_->name(), options_, checked_names(*user_, options_));
    const RestoreParameters restore(*user_);
    Hygiene hygiene = options_.hygiene ? probe() : Hygiene{};
    if (user_->precision() == Precision::float32 && options_.check.rtol == CheckOptions{}.rtol) {
      options_.check.rtol = float32_rtol;
    }
    require_same_forward();
    layer_ =
        std::make_shared<AdaptedLayer>(user_, options_.inputs.size(), options_.reference.layer);
    CaseReport report = hygiene.deterministic ? compare() : CaseReport{};
    if (!options_.intended_deviation.empty() && !report.error) {
      accept_deviation(report, options_.intended_deviation);
    }
    add_findings(report, hygiene);
    return report;
  }

 private:
  void require_inputs() const {
    if (options_.inputs.empty()) {
      throw_value(user_->name(), ".inputs", "no tensors", "what forward is called with");
    }
  }

  /// A reference is differentiated in the layer's place, so it must give what the layer gives, to
  /// within the rounding of a coarse arithmetic.
  void require_same_forward() const {
    if (!options_.reference) {
      return;
    }
    const Tensors<double> own = run_forward(*user_, inputs());
    const Tensors<double> other = run_forward(*options_.reference.layer, inputs());
    if (own.size() != other.size()) {
      throw_value(user_->name(), ".reference", std::to_string(other.size()) + " outputs",
                  std::to_string(own.size()) + ", as the layer's forward");
    }
    for (std::size_t k = 0; k < own.size(); ++k) {
      if (shape_of(own[k]) != shape_of(other[k])) {
        throw_shape(user_->name(), ".reference's output", to_string(shape_of(other[k])),
                    to_string(shape_of(own[k])));
      }
      const double room = same_forward * max_abs(own[k]);
      for (std::size_t i = 0; i < own[k].size(); ++i) {
        if (std::abs(own[k].data()[i] - other[k].data()[i]) > room) {
          throw_value(user_->name(), ".reference's output" + index_text(shape_of(own[k]), i),
                      fmt::format("{:.8g}", other[k].data()[i]),
                      fmt::format("{:.8g}, as the layer's forward gives", own[k].data()[i]));
        }
      }
    }
  }

  Tensors<double> inputs() const {
    Tensors<double> x;
    for (const InputTensor& input : options_.inputs) {
      x.push_back(input.value);
    }
    return x;
  }

  Hygiene probe() {
    return check_contract(*user_, inputs(), {user_->contract(), options_.independent_rows},
                          options_.check.seed);
  }

  /// Tensors that have a tolerance in common are compared together.
  CaseReport compare() {
    const LayerNetwork built = network_of(layer_, *user_, options_.inputs, options_.check.seed);
    std::map<double, std::vector<ValueId>> by_rtol;
    for (const ValueId id : built.checked) {
      const std::string& name = built.network.value(id).name;
      if (is_chosen(options_, name)) {
        by_rtol[rtol_of(options_, name)].push_back(id);
      }
    }
    std::optional<CaseReport> report;
    for (const auto& [rtol, values] : by_rtol) {
      CaseReport part = compare(built, values, rtol);
      report ? append(*report, std::move(part)) : void(report = std::move(part));
    }
    return report.value_or(CaseReport{});
  }

  CaseReport compare(const LayerNetwork& built, const std::vector<ValueId>& values, double rtol) {
    CheckOptions options = options_.check;
    options.rtol = rtol;
    const bool limited = options_.max_entries > 0 || options_.max_seconds > 0;
    const std::size_t jacobian =
        entries_in(built.network, built.outputs) * entries_in(built.network, built.checked);
    const bool rows = built.projected && !limited && jacobian <= small_jacobian;
    CaseReport report =
        check_values(built.network, values, options, rows ? built.outputs : std::vector<ValueId>{},
                     {options_.max_entries, options_.max_seconds});
    if (built.projected && !report.error) {
      report.coverage += fmt::format("; {}, U random, dense and of both signs",
                                     built.network.value(built.network.loss()).expression);
    }
    return report;
  }

  /// The report of other tensors of the same layer.
  static void append(CaseReport& report, CaseReport other) {
    std::ranges::move(other.tensors, std::back_inserter(report.tensors));
    std::ranges::move(other.diagnosis, std::back_inserter(report.diagnosis));
    std::ranges::move(other.notes, std::back_inserter(report.notes));
    report.verdict = graver(report.verdict, other.verdict);
    report.error = report.error ? report.error : other.error;
    report.only_zeros = report.only_zeros && other.only_zeros;
    report.out_of_time = report.out_of_time || other.out_of_time;
    report.probes += other.probes;
    report.seconds += other.seconds;
    report.coverage += "; " + other.coverage;
  }

  static void add_findings(CaseReport& report, const Hygiene& hygiene) {
    for (const LayerFinding& finding : hygiene.findings) {
      (finding.breaks_contract ? report.findings : report.notes).push_back(finding.text);
      if (finding.breaks_contract) {
        report.verdict = graver(report.verdict, Verdict::disagree);
      }
    }
  }

  std::shared_ptr<UserLayer> user_;
  LayerOptions options_;
  std::shared_ptr<AdaptedLayer> layer_;
};

CaseReport error_report(const std::string& message) {
  CaseReport report;
  report.verdict = Verdict::error;
  report.error = CaseError{message, 0, 0};
  return report;
}

}  // namespace

Report check_layer(std::shared_ptr<UserLayer> layer, const LayerOptions& options) {
  CaseReport report;
  const std::string name = layer->name();
  try {
    report = LayerCheck(std::move(layer), options).run();
  } catch (const Error& error) {
    report = error_report(error.what());
  }
  report.id = name;
  return report_of(std::move(report), options.check);
}

}  // namespace gradcheck
