#include <algorithm>

#include <fmt/format.h>

#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/shaping.hpp>
#include <gradcheck/network/graph.hpp>
#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/user_layers/layer_run.hpp>
#include <gradcheck/user_layers/shards.hpp>

namespace gradcheck {
namespace {

/// A tensor's part on each shard.
Tensors<double> parts_of(const std::string& where, const Tensor& whole, Sharding how,
                         std::size_t shards) {
  if (!how.axis) {
    return Tensors<double>(shards, whole);
  }
  const Shape shape = shape_of(whole);
  if (*how.axis >= shape.size()) {
    throw_shape(where, "a tensor", to_string(shape),
                "more than " + std::to_string(*how.axis) + " axes, to be split along that one");
  }
  std::vector<Shape> shapes(shards, shape);
  for (std::size_t s = 0; s < shards; ++s) {
    shapes[s][*how.axis] = shape[*how.axis] / shards + (s < shape[*how.axis] % shards ? 1 : 0);
  }
  return part(whole, Lanes(whole, *how.axis).outer, shapes);
}

Tensor sum_of(const Tensors<double>& parts) {
  Tensor sum = parts[0];
  for (std::size_t s = 1; s < parts.size(); ++s) {
    for (std::size_t i = 0; i < sum.size(); ++i) {
      sum.data()[i] += parts[s].data()[i];
    }
  }
  return sum;
}

/// The whole of the shards' parts; what all of them have adds up. Throws ShapeError where they do
/// not fit.
Tensor whole_of(const std::string& where, const Tensors<double>& parts, Sharding how) {
  for (const Tensor& each : parts) {
    if (!how.axis && shape_of(each) != shape_of(parts[0])) {
      throw_shape(where, "a shard's tensor", to_string(shape_of(each)),
                  to_string(shape_of(parts[0])) + ", as the first one's");
    }
  }
  if (!how.axis) {
    return sum_of(parts);
  }
  const std::vector<const Tensor*> x = addresses(parts);
  const Concat concat{static_cast<long long>(*how.axis)};
  return concat.forward(Inputs<double>(x));
}

}  // namespace

Shards::Shards(std::string name, std::vector<std::shared_ptr<UserLayer>> shards, ShardLayout layout)
    : name_(std::move(name)), shards_(std::move(shards)), layout_(std::move(layout)) {
  if (shards_.size() < 2) {
    throw_value(name_, "shards", fmt::format("<{}>", shards_.size()), "at least 2");
  }
  for (const std::shared_ptr<UserLayer>& shard : shards_) {
    if (shard->parameter_names() != parameter_names()) {
      throw_value(name_, "a shard", "other parameters", "those of the first one");
    }
  }
  for (const std::string& parameter : parameter_names()) {
    if (!layout_.parameters.contains(parameter)) {
      throw_value(name_, "the layout", "no sharding of " + parameter, "one for each parameter");
    }
  }
}

Shards::OfShards Shards::divided(const char* what, const Tensors<double>& whole,
                                 const std::vector<Sharding>& layout) const {
  if (whole.size() != layout.size()) {
    throw_value(name_, "the layout", fmt::format("{} {}", layout.size(), what),
                std::to_string(whole.size()));
  }
  OfShards all(shards_.size());
  for (std::size_t k = 0; k < whole.size(); ++k) {
    const Tensors<double> parts = parts_of(name_, whole[k], layout[k], shards_.size());
    for (std::size_t s = 0; s < parts.size(); ++s) {
      all[s].push_back(parts[s]);
    }
  }
  return all;
}

Tensors<double> Shards::united(const char* what, const OfShards& parts,
                               const std::vector<Sharding>& layout) const {
  Tensors<double> whole;
  for (std::size_t k = 0; k < layout.size(); ++k) {
    Tensors<double> each;
    for (const Tensors<double>& of_shard : parts) {
      if (of_shard.size() != layout.size()) {
        throw_value(name_, "the layout", fmt::format("{} {}", layout.size(), what),
                    std::to_string(of_shard.size()));
      }
      each.push_back(of_shard[k]);
    }
    whole.push_back(whole_of(name_, each, layout[k]));
  }
  return whole;
}

Tensors<double> Shards::forward(Inputs<double> x) {
  Tensors<double> whole;
  std::ranges::transform(x, std::back_inserter(whole), [](const Tensor* t) { return *t; });
  OfShards parts = divided("inputs", whole, layout_.inputs);
  for (std::size_t s = 0; s < parts.size(); ++s) {
    parts[s] = run_forward(*shards_[s], parts[s]);
  }
  return united("outputs", parts, layout_.outputs);
}

Tensors<double> Shards::backward(const Tensors<double>& dy) {
  OfShards parts = divided("outputs", dy, layout_.outputs);
  std::vector<Sharding> layout = layout_.inputs;
  for (std::size_t s = 0; s < parts.size(); ++s) {
    parts[s] = shards_[s]->backward(parts[s]);
    for (std::size_t k = 0; k < std::min(layout.size(), parts[s].size()); ++k) {
      if (!differentiable(k)) {  // whatever stands there, it is ignored
        layout[k] = {};
        parts[s][k] = scalar(0.0);
      }
    }
  }
  return united("inputs", parts, layout);
}

Tensor Shards::parameter(std::size_t k) const {
  Tensors<double> parts;
  for (const std::shared_ptr<UserLayer>& shard : shards_) {
    parts.push_back(shard->parameter(k));
  }
  return of_parameter(k).axis ? whole_of(name_, parts, of_parameter(k)) : parts[0];
}

void Shards::set_parameter(std::size_t k, const Tensor& value) {
  const Tensors<double> parts = parts_of(name_, value, of_parameter(k), shards_.size());
  for (std::size_t s = 0; s < parts.size(); ++s) {
    shards_[s]->set_parameter(k, parts[s]);
  }
}

Tensor Shards::parameter_gradient(std::size_t k) const {
  Tensors<double> parts;
  for (const std::shared_ptr<UserLayer>& shard : shards_) {
    parts.push_back(shard->parameter_gradient(k));
  }
  return whole_of(name_, parts, of_parameter(k));
}

void Shards::set_parameter_gradient(std::size_t k, const Tensor& value) {
  const Sharding how = of_parameter(k);
  const Tensors<double> parts = parts_of(name_, value, how, shards_.size());
  for (std::size_t s = 0; s < parts.size(); ++s) {
    shards_[s]->set_parameter_gradient(
        k, s == 0 || how.axis ? parts[s] : zeros<double>(shape_of(value)));
  }
}

}  // namespace gradcheck
