#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <defects/opaque/faults.hpp>

namespace gradcheck::defects::opaque {

/// A parameter as a stateful layer keeps it.
template <class T>
struct Parameter {
  std::string name;
  Array<T> value;
  Array<T> gradient;
};

/// A user's own class: forward keeps what backward needs, backward fills the parameters' gradients.
/// Y is one tensor or a vector of them, X... are the inputs.
template <class T, class Y, class... X>
class Stranger {
 public:
  Stranger(const Arithmetic<T>& body, Fault fault, std::vector<Parameter<T>> parameters,
           std::uint64_t& calls)
      : body_(body), fault_(std::move(fault)), parameters_(std::move(parameters)), calls_(&calls) {}

  Y forward(const X&... x) {
    ++*calls_;
    x_ = {x...};
    for (const Parameter<T>& parameter : parameters_) {
      x_.push_back(parameter.value);
    }
    Arrays<T> y = body_.forward(x_);
    if constexpr (std::is_same_v<Y, Array<T>>) {
      return y[0];
    } else {
      return y;
    }
  }

  Arrays<T> backward(const Y& dy) {
    Arrays<T> dx = gradients_of(body_, listed(dy), x_, fault_);
    for (std::size_t k = 0; k < parameters_.size(); ++k) {
      parameters_[k].gradient = dx[sizeof...(X) + k];
    }
    dx.resize(sizeof...(X));
    return dx;
  }

  std::vector<Parameter<T>>& parameters() { return parameters_; }

 private:
  static Arrays<T> listed(const Array<T>& dy) { return {dy}; }
  static Arrays<T> listed(const Arrays<T>& dy) { return dy; }

  Arithmetic<T> body_;
  Fault fault_;
  std::vector<Parameter<T>> parameters_;
  std::uint64_t* calls_;
  Arrays<T> x_;
};

}  // namespace gradcheck::defects::opaque
