#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gradcheck/result/report.hpp>
#include <gradcheck/tensor/number_type.hpp>
#include <gradcheck/user_layers/check_layer.hpp>

namespace gradcheck {

/// What a loss over a batch is of the losses over its parts. Outputs with a row for each of the
/// batch's are put together again, whatever the law; the law is that of all others.
enum class BatchLaw {
  none,     ///< not looked at
  sum,      ///< their sum
  mean,     ///< their mean, each counting as many times as it has rows
  weighted  ///< their mean, each counting as `part_weight` says (tokens that are no padding)
};

/// How a candidate is compared with its reference: check_candidate(c, r, {.inputs = {x}}).
struct CandidateOptions {
  /// What both forwards are called with, rounded to the candidate's type.
  std::vector<InputTensor> inputs{};
  /// Parameters beside those that the layers list themselves.
  std::vector<ParameterRef> parameters{};
  std::vector<ParameterRef> reference_parameters{};
  std::string name{};  ///< the candidate's in the report; that of its type without one
  /// The type in which the candidate stores its numbers; without it that of its tensors.
  std::optional<NumberType> precision{};
  /// Roundings that every result is granted, one after another; 0: as many as are measured.
  double roundings = 0;
  std::function<void()> before_forward{};  ///< called before each forward of either
  BatchLaw batch_law = BatchLaw::none;
  std::function<double(const Tensors<double>& part)> part_weight{};
  CheckOptions check{};
};

/// Compares a candidate (fused, in low precision, recomputed, sharded) with the reference that it
/// must equal within both their roundings: outputs, and gradients of inputs and parameters. Tensors
/// are reported with the candidate's value as `analytic` and the reference's as `numeric`.
///
/// Both are evaluated at the point, its numbers rounded to the candidate's type, and at many points
/// nearby, a few units of that type away. There rounding errors differ and what is wrong stays: an
/// entry disagrees if the mean difference is more than what the measured scatter and the rounding
/// of constants explain. The reference's derivatives are compared with numeric ones first; where
/// they do not agree, nothing is vouched for. See lib/NUMERICS.md, "Candidates".
Report check_candidate(const std::shared_ptr<UserLayer>& candidate,
                       const std::shared_ptr<UserLayer>& reference,
                       const CandidateOptions& options);

/// The same for classes of the user's own; see check_layer.
///
///   Report report = check_candidate(fused, plain, {.inputs = {x}});
template <class... X, class Candidate, class Reference>
requires(!std::is_convertible_v<Candidate, std::shared_ptr<UserLayer>>) Report
    check_candidate(Candidate&& candidate, Reference&& reference, CandidateOptions options) {
  LayerOptions of_candidate{.inputs = options.inputs,
                            .parameters = options.parameters,
                            .name = options.name,
                            .before_forward = options.before_forward};
  LayerOptions of_reference{.inputs = options.inputs,
                            .parameters = options.reference_parameters,
                            .before_forward = options.before_forward};
  return check_candidate(user_layer<X...>(candidate, of_candidate),
                         user_layer<X...>(reference, of_reference), options);
}

}  // namespace gradcheck
