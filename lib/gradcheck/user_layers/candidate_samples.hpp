#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <gradcheck/tensor/number_type.hpp>
#include <gradcheck/user_layers/layer_options.hpp>
#include <gradcheck/user_layers/layer_run.hpp>

namespace gradcheck {

/// A result that a candidate and its reference have in common.
struct ResultName {
  std::string name;
  std::string role;  ///< "output", "input", "parameter"
  Shape shape;
};

/// The results of both at the point (first) and at points nearby: samples[s][t] is the t-th tensor.
struct CandidateSamples {
  std::vector<ResultName> names;
  std::vector<Tensors<double>> candidate;
  std::vector<Tensors<double>> reference;
};

/// A point: inputs, parameters, upstreams.
struct CandidatePoint {
  Tensors<double> x;
  Tensors<double> parameters;
  Tensors<double> dy;
};

/// How far, relative to each number, the points nearby are away at most: four units of rounding, so
/// that nearly every number changes, and far enough for the rounding errors of values in between to
/// have nothing to do with those at the point.
double farthest_nearby(NumberType type);

/// Evaluates a candidate and its reference at the same points.
class CandidateRuns {
 public:
  /// Throws ValueError if they do not have the same parameters.
  CandidateRuns(UserLayer& candidate, UserLayer& reference, const std::vector<InputTensor>& inputs,
                NumberType type, std::uint64_t seed);

  /// The point itself, all numbers rounded to the type. Sets both layers' parameters.
  const CandidatePoint& point() const { return point_; }

  /// Results at the point and at `count` points nearby. Throws what either throws at the point.
  CandidateSamples samples(std::size_t count);

  /// The candidate once more at the point.
  LayerRun again();

  /// Gives both layers their parameters back.
  ~CandidateRuns();
  CandidateRuns(const CandidateRuns&) = delete;
  CandidateRuns& operator=(const CandidateRuns&) = delete;

 private:
  CandidatePoint nearby(std::mt19937_64& random) const;
  Tensor moved(const Tensor& values, std::mt19937_64& random) const;
  Tensors<double> run(UserLayer& layer, const CandidatePoint& point) const;
  void set_parameters(UserLayer& layer, const Tensors<double>& values) const;
  std::vector<ResultName> names(const Tensors<double>& results) const;

  UserLayer& candidate_;
  UserLayer& reference_;
  const std::vector<InputTensor>& inputs_;
  NumberType type_;
  std::uint64_t seed_;
  std::vector<std::size_t> places_;  ///< of the candidate's parameters among the reference's
  Tensors<double> own_, others_;     ///< the parameters as they were
  CandidatePoint point_;
  std::size_t outputs_ = 0;
};

}  // namespace gradcheck
