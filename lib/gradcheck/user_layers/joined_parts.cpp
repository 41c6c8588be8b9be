#include <algorithm>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/user_layers/joined_parts.hpp>
#include <gradcheck/user_layers/layer_run.hpp>

namespace gradcheck {
namespace {

constexpr std::size_t rows_of_a_part = 2;

Tensor slice(const Tensor& t, std::size_t first, std::size_t end) {
  Shape shape = shape_of(t);
  const std::size_t row = t.size() / shape[0];
  shape[0] = end - first;
  return tensor_of(shape, entries(t).subspan(first * row, (end - first) * row));
}

void add(Tensor& sum, const Tensor& term, double factor) {
  for (std::size_t i = 0; i < sum.size(); ++i) {
    sum.data()[i] += factor * term.data()[i];
  }
}

}  // namespace

JoinedParts::JoinedParts(UserLayer& layer, const std::vector<InputTensor>& inputs, BatchLaw law,
                         std::function<double(const Tensors<double>&)> weight)
    : layer_(layer), law_(law), weight_(std::move(weight)) {
  for (const InputTensor& input : inputs) {
    if (rows_ == 0 && input.value.dimension() > 0) {
      rows_ = input.value.shape()[0];
    }
  }
  if (rows_ < 2) {
    throw_value(layer.name(), "the batch", fmt::format("<{}> rows", rows_), "at least 2 to split");
  }
  for (std::size_t start = 0; start < rows_; start += std::min(rows_of_a_part, rows_ - 1)) {
    starts_.push_back(start);
  }
  starts_.push_back(rows_);
}

std::string JoinedParts::sizes() const {
  std::vector<std::size_t> sizes;
  for (std::size_t part = 0; part + 1 < starts_.size(); ++part) {
    sizes.push_back(starts_[part + 1] - starts_[part]);
  }
  const std::size_t last = sizes.back();
  sizes.pop_back();
  return fmt::format("{} and {}", fmt::join(sizes, ", "), last);
}

Tensors<double> JoinedParts::part_of(const Tensors<double>& all, std::size_t part) const {
  Tensors<double> result;
  for (const Tensor& t : all) {
    result.push_back(has_rows(t) ? slice(t, starts_[part], starts_[part + 1]) : t);
  }
  return result;
}

/// What a part counts for in outputs without rows.
double JoinedParts::weight_of(std::size_t part) const {
  switch (law_) {
    case BatchLaw::mean:
      return static_cast<double>(starts_[part + 1] - starts_[part]) / static_cast<double>(rows_);
    case BatchLaw::weighted:
      return weight_(part_of(x_, part)) / weight_(x_);
    case BatchLaw::none:
    case BatchLaw::sum:
      break;
  }
  return 1;
}

/// Parts of outputs, or of gradients of inputs, which have rows where the whole has.
Tensors<double> JoinedParts::joined(std::vector<Tensors<double>> parts) const {
  Tensors<double> result;
  for (std::size_t k = 0; k < parts[0].size(); ++k) {
    const Tensor& first = parts[0][k];
    if (first.dimension() > 0 && first.shape()[0] == starts_[1]) {
      Shape shape = shape_of(first);
      shape[0] = rows_;
      std::vector<double> numbers;
      for (const Tensors<double>& part : parts) {
        std::ranges::copy(entries(part[k]), std::back_inserter(numbers));
      }
      result.push_back(tensor_of(shape, numbers));
      continue;
    }
    result.push_back(zeros<double>(shape_of(first)));
    for (std::size_t part = 0; part < parts.size(); ++part) {
      add(result.back(), parts[part][k], weights_[part]);
    }
  }
  return result;
}

void JoinedParts::set_parameter_gradient(std::size_t k, const Tensor& value) {
  sums_.resize(std::max(sums_.size(), k + 1));
  sums_[k] = value;
}

Tensors<double> JoinedParts::forward(Inputs<double> x) {
  x_.clear();
  std::ranges::transform(x, std::back_inserter(x_), [](const Tensor* t) { return *t; });
  weights_.clear();
  std::vector<Tensors<double>> parts;
  for (std::size_t part = 0; part + 1 < starts_.size(); ++part) {
    weights_.push_back(weight_of(part));
    parts.push_back(run_forward(layer_, part_of(x_, part)));
  }
  return joined(std::move(parts));
}

/// Each part's forward comes just before its backward, as in a loop over a window.
Tensors<double> JoinedParts::backward(const Tensors<double>& dy) {
  std::vector<Tensors<double>> parts;
  for (std::size_t part = 0; part + 1 < starts_.size(); ++part) {
    Tensors<double> upstream = part_of(dy, part);
    for (std::size_t k = 0; k < dy.size(); ++k) {
      if (!has_rows(dy[k])) {
        upstream[k] = weights_[part] * dy[k];
      }
    }
    const LayerRun run = run_layer(layer_, part_of(x_, part), upstream);
    for (std::size_t k = 0; k < run.dparams.size(); ++k) {
      add(sums_.at(k), run.dparams[k], 1);
    }
    Tensors<double> dx;
    std::size_t next = 0;
    for (std::size_t k = 0; k < x_.size(); ++k) {
      dx.push_back(differentiable(k) ? run.dx.at(next++) : scalar(0.0));
    }
    parts.push_back(std::move(dx));
  }
  std::vector<double> ones(parts.size(), 1.0);
  std::swap(weights_, ones);  // upstreams have the weights in them already
  Tensors<double> dx = joined(std::move(parts));
  std::swap(weights_, ones);
  return dx;
}

}  // namespace gradcheck
