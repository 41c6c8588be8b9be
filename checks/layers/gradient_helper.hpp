#pragma once

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradcheck/layers/layer.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/random.hpp>
#include <gradcheck/tensor/tensor.hpp>

/// What every layer must satisfy, whatever it computes. Nothing of the numeric engine is used here.
namespace gradcheck::checks {

inline Tensor tensor(const Shape& shape, const std::vector<double>& values) {
  return tensor_of(shape, values);
}

inline Tensor vector(const std::vector<double>& values) { return tensor({values.size()}, values); }

/// Entries in ±[low, high], with random signs: away from a kink at 0 if low > 0.
inline Tensor random_signed(const Shape& shape, double low, double high, std::uint64_t seed) {
  Tensor t = random_uniform(shape, low, high, seed);
  const Tensor sign = random_uniform(shape, -1, 1, seed + 1000);
  for (std::size_t i = 0; i < t.size(); ++i) {
    t.data()[i] *= sign.data()[i] < 0 ? -1 : 1;
  }
  return t;
}

/// Entry i is ((i (2 k + 3) + k) mod 13 − 6) / 4: exact numbers of both signs that any other
/// program can make too.
inline Tensor ramp(const Shape& shape, int k) {
  Tensor t = empty<double>(shape);
  for (std::size_t i = 0; i < t.size(); ++i) {
    t.data()[i] = (static_cast<double>((static_cast<int>(i) * (2 * k + 3) + k) % 13) - 6) / 4;
  }
  return t;
}

inline LayerPtr standard(const std::string& name, Settings settings = {}) {
  const LayerType* type = standard_layers().find(name);
  REQUIRE_MESSAGE(type != nullptr, name);
  return make_layer(*type, std::move(settings));
}

template <class Real>
std::vector<const TensorOf<Real>*> pointers(const Tensors<Real>& x) {
  std::vector<const TensorOf<Real>*> out;
  for (const TensorOf<Real>& each : x) {
    out.push_back(&each);
  }
  return out;
}

template <class Real>
Tensors<Real> run(const LayerPtr& layer, const Tensors<Real>& x) {
  const std::vector<const TensorOf<Real>*> in = pointers(x);
  return layer->forward(Inputs<Real>(in));
}

inline Tensor value(const LayerPtr& layer, const Tensors<double>& x) { return run(layer, x)[0]; }

/// The gradients of all inputs for a given upstream.
template <class Real>
Tensors<Real> gradients(const LayerPtr& layer, const Tensors<Real>& x, const Tensors<Real>& dy) {
  const std::vector<const TensorOf<Real>*> in = pointers(x);
  return layer->backward(dy, Inputs<Real>(in), run(layer, x));
}

inline Branches branches(const LayerPtr& layer, const Tensors<double>& x) {
  const std::vector<const Tensor*> in = pointers(x);
  return layer->branches(Inputs<double>(in));
}

inline std::vector<Tie> ties(const LayerPtr& layer, const Tensors<double>& x,
                             const Tensors<double>& widths) {
  const std::vector<const Tensor*> in = pointers(x);
  const std::vector<const Tensor*> wide = pointers(widths);
  return layer->ties(Inputs<double>(in), Inputs<double>(wide));
}

/// The ties where every entry of every input has the same width.
inline std::vector<Tie> ties(const LayerPtr& layer, const Tensors<double>& x, double width) {
  Tensors<double> widths;
  for (const Tensor& each : x) {
    widths.push_back(full<double>(shape_of(each), width));
  }
  return ties(layer, x, widths);
}

template <class To, class From>
Tensors<To> cast_all(const Tensors<From>& x) {
  Tensors<To> out;
  for (const TensorOf<From>& each : x) {
    out.push_back(cast<To>(each));
  }
  return out;
}

/// Same shape, same bits (so that −0 is not 0, and NaN is NaN).
inline bool same_bits(const Tensor& a, const Tensor& b) {
  return shape_of(a) == shape_of(b) &&
         (a.size() == 0 || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

/// Whether a and b have one shape and differ, entry by entry, by at most rtol of the entry and
/// `floor` of the largest entry of b.
template <class A, class B>
bool near(const TensorOf<A>& a, const TensorOf<B>& b, long double rtol, long double floor = 0) {
  if (shape_of(a) != shape_of(b)) {
    return false;
  }
  long double largest = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<long double>(b.data()[i])));
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    const long double u = a.data()[i];
    const long double v = b.data()[i];
    if (!(std::abs(u - v) <= rtol * std::max(std::abs(u), std::abs(v)) + floor * largest) &&
        u != v) {
      MESSAGE("entry " << i << " is " << static_cast<double>(u) << ", expected "
                       << static_cast<double>(v));
      return false;
    }
  }
  return true;
}

/// Values printed by an independent source to 17 digits or more: a few roundings apart.
inline bool same_value(const Tensor& a, const Tensor& b) { return near(a, b, 4e-16L); }
inline bool same_value(double a, double b) { return same_value(scalar(a), scalar(b)); }

/// Σ dy · y over all outputs: the scalar whose gradients backward returns.
inline long double probe(const LayerPtr& layer, const Tensors<long double>& x,
                         const Tensors<long double>& dy) {
  const Tensors<long double> y = run(layer, x);
  long double sum = 0;
  for (std::size_t k = 0; k < y.size(); ++k) {
    for (std::size_t i = 0; i < y[k].size(); ++i) {
      sum += dy[k].data()[i] * y[k].data()[i];
    }
  }
  return sum;
}

/// The gradient of one input by central differences of fourth order, (8 δ₁ − δ₂) / 12h with
/// δₖ = f(x + kh) − f(x − kh), in long double. With h = 3e-4, what is left out, h⁴ f⁽⁵⁾ / 30, is
/// below 1e-12 for f⁽⁵⁾ up to 3,000, and rounding is 2e-16 of f.
inline LongTensor central_differences(const LayerPtr& layer, Tensors<long double> x,
                                      std::size_t slot, const Tensors<long double>& dy) {
  constexpr long double h = 3e-4L;
  LongTensor slope = empty<long double>(shape_of(x[slot]));
  for (std::size_t i = 0; i < slope.size(); ++i) {
    const long double saved = x[slot].data()[i];
    const auto at = [&](long double moved) {
      x[slot].data()[i] = moved;
      return probe(layer, x, dy);
    };
    const long double near_pair = at(saved + h) - at(saved - h);
    const long double far_pair = at(saved + 2 * h) - at(saved - 2 * h);
    x[slot].data()[i] = saved;
    slope.data()[i] = (8 * near_pair - far_pair) / (12 * h);
  }
  return slope;
}

/// backward against central differences of forward, with a dense upstream of both signs, and the
/// double version of backward against the long double one.
inline void check_gradients(const LayerPtr& layer, const Tensors<double>& x) {
  INFO("layer ", layer->name());
  const Tensors<double> y = run(layer, x);
  Tensors<double> dy;
  for (std::size_t k = 0; k < y.size(); ++k) {
    dy.push_back(random_signed(shape_of(y[k]), 0.5, 2, 77 + k));
  }
  const Tensors<long double> long_x = cast_all<long double>(x);
  const Tensors<long double> long_dy = cast_all<long double>(dy);
  const Tensors<double> dx = gradients(layer, x, dy);
  const Tensors<long double> long_dx = gradients(layer, long_x, long_dy);
  REQUIRE(dx.size() == x.size());
  for (std::size_t slot = 0; slot < x.size(); ++slot) {
    CAPTURE(slot);
    CHECK(shape_of(dx[slot]) == shape_of(x[slot]));
    if (layer->differentiable(slot)) {
      CHECK(near(long_dx[slot], central_differences(layer, long_x, slot, long_dy), 1e-10L, 1e-13L));
      CHECK(near(dx[slot], long_dx[slot], 1e-13L, 1e-15L));
    }
  }
}

/// The shapes promised are those delivered, and both precisions agree.
inline void check_values(const LayerPtr& layer, const Tensors<double>& x) {
  INFO("layer ", layer->name());
  std::vector<Shape> shapes;
  for (const Tensor& each : x) {
    shapes.push_back(shape_of(each));
  }
  const std::vector<Shape> promised = layer->output_shapes(shapes);
  const Tensors<double> y = run(layer, x);
  const Tensors<long double> long_y = run(layer, cast_all<long double>(x));
  REQUIRE(y.size() == promised.size());
  for (std::size_t k = 0; k < y.size(); ++k) {
    CHECK(shape_of(y[k]) == promised[k]);
    CHECK(near(y[k], long_y[k], 1e-14L, 1e-15L));
  }
}

/// The pieces that forward is on, when held, give forward bit for bit, in both precisions.
inline void check_branches(const LayerPtr& layer, const Tensors<double>& x) {
  INFO("layer ", layer->name());
  const Branches pieces = branches(layer, x);
  CHECK(pieces.empty() != layer->kinked());
  const std::vector<const Tensor*> in = pointers(x);
  const Tensors<double> held = layer->forward_along(pieces, Inputs<double>(in));
  const Tensors<double> free = run(layer, x);
  const Tensors<long double> long_x = cast_all<long double>(x);
  const std::vector<const LongTensor*> long_in = pointers(long_x);
  const Tensors<long double> long_held = layer->forward_along(pieces, Inputs<long double>(long_in));
  const Tensors<long double> long_free = run(layer, long_x);
  for (std::size_t k = 0; k < held.size(); ++k) {
    CHECK(same_bits(held[k], free[k]));
    CHECK(near(long_held[k], long_free[k], 0));
  }
}

/// Where a layer says what moving one entry changes, that is what forward says, to within rounding.
template <class Real>
void check_moves(const LayerPtr& layer, Tensors<Real> x, bool offered, long double rounding) {
  INFO("layer ", layer->name());
  constexpr Real delta = Real(0.375);
  for (std::size_t slot = 0; slot < x.size(); ++slot) {
    for (std::size_t i = 0; i < x[slot].size(); ++i) {
      CAPTURE(slot);
      CAPTURE(i);
      Tensors<Real> y = run(layer, x);
      const std::vector<const TensorOf<Real>*> in = pointers(x);
      REQUIRE(layer->move(Inputs<Real>(in), {slot, i}, delta, y) == offered);
      const Real saved = x[slot].data()[i];
      x[slot].data()[i] += offered ? delta : Real(0);
      CHECK(near(y[0], run(layer, x)[0], 0, rounding));
      x[slot].data()[i] = saved;
    }
  }
}

inline void check_moves(const LayerPtr& layer, const Tensors<double>& x, bool offered = true) {
  check_moves<double>(layer, x, offered, 1e-14L);
  check_moves<long double>(layer, cast_all<long double>(x), offered, 1e-17L);
}

/// All of the above that any layer must satisfy, at a point away from kinks.
inline void check_layer(const LayerPtr& layer, const Tensors<double>& x) {
  check_values(layer, x);
  check_gradients(layer, x);
  check_branches(layer, x);
}

/// What forward or the shape check says about inputs that it refuses; "" if it takes them.
inline std::string refusal(const LayerPtr& layer, const Tensors<double>& x) {
  std::vector<Shape> shapes;
  for (const Tensor& each : x) {
    shapes.push_back(shape_of(each));
  }
  try {
    layer->output_shapes(shapes);
    run(layer, x);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// What the shape check says about shapes that it refuses; "" if it takes them.
inline std::string refusal(const LayerPtr& layer, const std::vector<Shape>& shapes) {
  try {
    layer->output_shapes(shapes);
  } catch (const ShapeError& error) {
    return error.what();
  } catch (const ValueError& error) {
    return error.what();
  }
  return "";
}

/// What making a layer says about settings that it refuses.
inline std::string refused_settings(const std::string& name, Settings settings) {
  try {
    standard(name, std::move(settings));
  } catch (const ValueError& error) {
    return error.what();
  }
  return "";
}

}  // namespace gradcheck::checks
