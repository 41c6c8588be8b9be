#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include <gradcheck/check/check.hpp>
#include <gradcheck/user_layers/check_layer.hpp>
#include <gradcheck/user_layers/contract_checks.hpp>
#include <gradcheck/user_layers/layer_network.hpp>
#include <gradcheck/user_layers/tensor_choice.hpp>

namespace gradcheck {

namespace {

/// Jacobians of at most this many entries in all are compared row by row.
constexpr std::size_t small_jacobian = 2048;
/// The default tolerance where a layer calculates in float32.
constexpr double float32_rtol = 1e-5;

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
    layer_ = std::make_shared<AdaptedLayer>(user_, options_.inputs.size());
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

  CaseReport compare() {
    const LayerNetwork first = network_of(layer_, *user_, options_.inputs, options_.check.seed);
    const std::size_t rows = entries_in(first.network, first.outputs);
    const bool small = rows * entries_in(first.network, first.checked) <= small_jacobian;
    CaseReport report =
        check_values(first.network, first.checked, options_.check,
                     first.projected && small ? first.outputs : std::vector<ValueId>{});
    if (first.projected && !report.error) {
      report.coverage +=
          fmt::format("; {}, U random, dense and of both signs",
                      first.network.value(first.network.loss()).expression);
    }
    return report;
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
