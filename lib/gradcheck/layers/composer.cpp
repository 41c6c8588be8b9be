#include <algorithm>
#include <utility>

#include <gradcheck/layers/composer.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/shaping.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

/// y[i] = x[from[i]], or the number `fill` where from[i] is negative.
/// Gradients: dy moved back and added up; dfill = Σ dy where it stands.
struct Gather {
  static constexpr std::size_t arity = 2;
  std::vector<std::int32_t> from;
  Shape out;

  Shape shape(const Shape&, const Shape&) const { return out; }
  Structure structure(std::span<const Shape>) const { return {.kind = Structure::Kind::selection}; }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x, const TensorOf<Real>& fill) const {
    TensorOf<Real> y = empty<Real>(out);
    for (std::size_t i = 0; i < from.size(); ++i) {
      y.data()[i] = from[i] < 0 ? fill.data()[0] : x.data()[from[i]];
    }
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>& fill, const TensorOf<Real>&) const {
    Tensors<Real> gradients = pack<Real>(zeros<Real>(shape_of(x)), zeros<Real>(shape_of(fill)));
    for (std::size_t i = 0; i < from.size(); ++i) {
      (from[i] < 0 ? gradients[1].data()[0] : gradients[0].data()[from[i]]) += dy.data()[i];
    }
    return gradients;
  }
};

std::vector<double> numbers(const Shape& shape) {
  return std::vector<double>(shape.begin(), shape.end());
}

}  // namespace

Composer::Composer(std::span<const Shape> inputs) {
  made_.shapes.assign(inputs.begin(), inputs.end());
}

Composer::Id Composer::add_value(const Shape& shape) {
  made_.shapes.push_back(shape);
  return made_.shapes.size() - 1;
}

Composer::Id Composer::constant(Tensor value) {
  const Id id = add_value(shape_of(value));
  made_.constants.emplace(id, std::move(value));
  return id;
}

Composer::Id Composer::call(const std::string& layer, std::vector<Id> inputs, Settings settings) {
  return apply(make_layer(*standard_layers().find(layer), std::move(settings)), std::move(inputs));
}

Composer::Id Composer::apply(LayerPtr layer, std::vector<Id> inputs) {
  return apply_all(std::move(layer), std::move(inputs))[0];
}

std::vector<Composer::Id> Composer::apply_all(LayerPtr layer, std::vector<Id> inputs) {
  std::vector<Shape> shapes;
  for (const Id input : inputs) {
    shapes.push_back(made_.shapes[input]);
  }
  std::vector<Id> outputs;
  for (const Shape& shape : layer->output_shapes(shapes)) {
    outputs.push_back(add_value(shape));
  }
  made_.parts.push_back({std::move(layer), std::move(inputs), outputs});
  return outputs;
}

Composer::Id Composer::reshaped(Id x, const Shape& shape) {
  return call("reshape", {x}, {{"shape", numbers(shape)}});
}

Composer::Id Composer::permuted(Id x, const std::vector<double>& axes) {
  return call("transpose", {x}, {{"axes", axes}});
}

Composer::Id Composer::part(Id x, std::size_t axis, std::size_t first, std::size_t count) {
  std::vector<AxisSlice> slices(axis + 1);
  slices[axis].start = static_cast<long long>(first);
  slices[axis].stop = static_cast<long long>(first + count);
  return apply(make_slice(std::move(slices)), {x});
}

Composer::Id Composer::matrix(Id stack, std::size_t k) {
  const Shape one{shape(stack)[1], shape(stack)[2]};
  return reshaped(part(stack, 0, k, 1), one);
}

Composer::Id Composer::gathered(Id x, std::vector<std::int32_t> from, const Shape& shape,
                                double fill) {
  return apply(make_layer("gather", Gather{std::move(from), shape}), {x, constant(fill)});
}

Composer::Id Composer::through(Id x, Id W, Id b) {
  const Id turned = call("transpose", {W});
  return b == none ? call("matmul", {x, turned}) : call("affine", {x, turned, b});
}

Composition Composer::done(std::vector<Id> outputs) {
  made_.outputs = std::move(outputs);
  return std::move(made_);
}

}  // namespace gradcheck
