#pragma once

#include <functional>
#include <string>
#include <vector>

#include <gradcheck/user_layers/check_candidate.hpp>

namespace gradcheck {

/// A layer whose batch is worked off in parts of a few rows, as in gradient accumulation: outputs
/// with a row for each of the batch's are put together again, others follow the law; gradients of
/// parameters are added up.
class JoinedParts final : public UserLayer {
 public:
  /// `layer` must outlive it. Throws ValueError for inputs without at least two rows in common.
  JoinedParts(UserLayer& layer, const std::vector<InputTensor>& inputs, BatchLaw law,
              std::function<double(const Tensors<double>&)> weight);

  const std::string& name() const override { return layer_.name(); }
  Precision precision() const override { return layer_.precision(); }
  std::vector<std::string> parameter_names() const override { return layer_.parameter_names(); }
  Tensor parameter(std::size_t k) const override { return layer_.parameter(k); }
  void set_parameter(std::size_t k, const Tensor& value) override {
    layer_.set_parameter(k, value);
  }
  Tensor parameter_gradient(std::size_t k) const override { return sums_.at(k); }
  void set_parameter_gradient(std::size_t k, const Tensor& value) override;
  bool differentiable(std::size_t input) const override { return layer_.differentiable(input); }
  std::vector<std::string> output_names() const override { return layer_.output_names(); }

  Tensors<double> forward(Inputs<double> x) override;
  Tensors<double> backward(const Tensors<double>& dy) override;

  /// "2, 2 and 1"
  std::string sizes() const;

 private:
  bool has_rows(const Tensor& t) const { return t.dimension() > 0 && t.shape()[0] == rows_; }
  Tensors<double> part_of(const Tensors<double>& all, std::size_t part) const;
  Tensors<double> joined(std::vector<Tensors<double>> parts) const;
  double weight_of(std::size_t part) const;

  UserLayer& layer_;
  BatchLaw law_;
  std::function<double(const Tensors<double>&)> weight_;
  std::size_t rows_ = 0;
  std::vector<std::size_t> starts_;  ///< and the end
  Tensors<double> x_;
  std::vector<double> weights_;
  Tensors<double> sums_;
};

}  // namespace gradcheck
