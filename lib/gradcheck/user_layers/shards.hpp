#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gradcheck/user_layers/user_layer.hpp>

namespace gradcheck {

/// How a tensor of the whole lies on the shards: each has its part along an axis (as equal as can
/// be, the first ones larger), or, without one, all of it. What all shards have adds up where it
/// comes out of them: outputs, and gradients of inputs and parameters.
struct Sharding {
  std::optional<std::size_t> axis{};
};

/// The shardings of a layer's tensors, in their order; of parameters by name, all of them.
struct ShardLayout {
  std::vector<Sharding> inputs{};
  std::vector<Sharding> outputs{};
  std::map<std::string, Sharding> parameters{};
};

/// Layers that share the work of one, as a single candidate: tensor parallelism, of which the sums
/// are the communication.
///
///   Shards columns("columns", {user_layer(left), user_layer(right)},
///                  {.inputs = {{}}, .outputs = {{1}}, .parameters = {{"W", {1}}}});
///   Report report = check_candidate(std::make_shared<Shards>(columns), user_layer(whole),
///                                   {.inputs = {x}});
class Shards final : public UserLayer {
 public:
  /// Throws ValueError for less than two shards, or parameters that not all of them have.
  Shards(std::string name, std::vector<std::shared_ptr<UserLayer>> shards, ShardLayout layout);

  const std::string& name() const override { return name_; }
  Precision precision() const override { return shards_[0]->precision(); }
  std::vector<std::string> parameter_names() const override {
    return shards_[0]->parameter_names();
  }
  Tensor parameter(std::size_t k) const override;
  void set_parameter(std::size_t k, const Tensor& value) override;
  Tensor parameter_gradient(std::size_t k) const override;
  /// What all shards have adds up: the first of them gets it, the others zeros.
  void set_parameter_gradient(std::size_t k, const Tensor& value) override;
  BackwardContract contract() const override { return shards_[0]->contract(); }
  bool differentiable(std::size_t input) const override {
    return shards_[0]->differentiable(input);
  }
  std::vector<std::string> output_names() const override { return shards_[0]->output_names(); }

  /// Throws ValueError where there are more, or fewer, tensors than shardings.
  Tensors<double> forward(Inputs<double> x) override;
  Tensors<double> backward(const Tensors<double>& dy) override;

 private:
  using OfShards = std::vector<Tensors<double>>;  ///< the tensors of each

  OfShards divided(const char* what, const Tensors<double>& whole,
                   const std::vector<Sharding>& layout) const;
  Tensors<double> united(const char* what, const OfShards& parts,
                         const std::vector<Sharding>& layout) const;
  const Sharding& of_parameter(std::size_t k) const {
    return layout_.parameters.at(parameter_names()[k]);
  }

  std::string name_;
  std::vector<std::shared_ptr<UserLayer>> shards_;
  ShardLayout layout_;
};

}  // namespace gradcheck
