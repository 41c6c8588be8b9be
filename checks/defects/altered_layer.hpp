#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gradcheck/layers/layer.hpp>
#include <gradcheck/network/network.hpp>

namespace gradcheck::defects {

/// One call of a layer's backward, after the right answer has been worked out and before it is
/// returned.
template <class Scalar>
struct BackwardCall {
  using Real = Scalar;
  const Layer& layer;
  const Tensors<Real>& dy;
  Inputs<Real> x;
  const Tensors<Real>& y;
  Tensors<Real> dx;  ///< right at first; to be altered

  /// What the layer answers to another upstream, at other outputs or at other inputs.
  Tensors<Real> with_upstream(const Tensors<Real>& other) const {
    return layer.backward(other, x, y);
  }
  Tensors<Real> with_inputs(const Tensors<Real>& other) const {
    std::vector<const TensorOf<Real>*> in;
    for (const TensorOf<Real>& each : other) {
      in.push_back(&each);
    }
    return layer.backward(dy, Inputs<Real>(in), layer.forward(Inputs<Real>(in)));
  }
  Tensors<Real> inputs() const {
    Tensors<Real> copies;
    for (const TensorOf<Real>* each : x) {
      copies.push_back(*each);
    }
    return copies;
  }
};

/// What a wrong backward does to the right answer, in both precisions: any callable that takes a
/// BackwardCall of either by reference.
class Alteration {
 public:
  template <class Function>
  Alteration(Function f) : in_double_(f), in_long_double_(f) {}

  void operator()(BackwardCall<double>& call) const { in_double_(call); }
  void operator()(BackwardCall<long double>& call) const { in_long_double_(call); }

  /// The same, with the pattern that a diagnosis should recognise it by.
  Alteration showing(std::string pattern) const {
    Alteration named = *this;
    named.pattern_ = std::move(pattern);
    return named;
  }
  /// Empty where there is none, or none that holds wherever the mistake is made.
  const std::string& pattern() const { return pattern_; }

 private:
  std::function<void(BackwardCall<double>&)> in_double_;
  std::function<void(BackwardCall<long double>&)> in_long_double_;
  std::string pattern_;
};

/// A layer with another backward. Everything of Forward is the original's own; with `open`, every
/// input claims to be differentiable.
LayerPtr altered(LayerPtr original, Alteration alteration, bool open = false);

/// All uses of a layer in a network, or one of them.
struct Uses {
  std::string layer;  ///< its name in the network language; "slice" for brackets
  int nth = -1;       ///< in the order of evaluation, from 0; all of them if negative
};

/// A copy of the network in which these uses have another backward; the values keep their ids.
/// Throws ValueError if the network does not use the layer.
Network replant(const Network& network, const Uses& uses, const Alteration& alteration,
                bool open = false);

}  // namespace gradcheck::defects
