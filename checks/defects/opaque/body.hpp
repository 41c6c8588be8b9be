#pragma once

#include <functional>
#include <string>

#include <defects/opaque/arrays.hpp>

namespace gradcheck::defects::opaque {

/// The name of a planted error; none: "".
using Fault = std::string;

/// What a layer calculates, in one arithmetic. All its tensors are arguments, inputs first, then
/// parameters; backward gives the gradient of each.
template <class T>
struct Arithmetic {
  std::function<Arrays<T>(const Arrays<T>& x)> forward;
  std::function<Arrays<T>(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault)> backward;
};

/// What a layer calculates, in each of the three.
struct Body {
  Arithmetic<float> float32;
  Arithmetic<double> float64;
  Arithmetic<Truth> truth;

  template <class T>
  const Arithmetic<T>& in() const {
    if constexpr (std::is_same_v<T, float>) {
      return float32;
    } else if constexpr (std::is_same_v<T, double>) {
      return float64;
    } else {
      return truth;
    }
  }
};

template <class T, class Kernel>
Arithmetic<T> arithmetic_of(const Kernel& kernel) {
  return {[kernel](const Arrays<T>& x) { return kernel.template forward<T>(x); },
          [kernel](const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) {
            return kernel.template backward<T>(dy, x, fault);
          }};
}

/// A struct with templates `forward<T>(x)` and `backward<T>(dy, x, fault)`, of the types above.
template <class Kernel>
Body body_of(const Kernel& kernel) {
  return {arithmetic_of<float>(kernel), arithmetic_of<double>(kernel),
          arithmetic_of<Truth>(kernel)};
}

/// y[i] = f(x[i]), dx[i] = dy[i] f'(x[i]); both are generic lambdas.
template <class F, class Derivative>
struct Elementwise {
  F f;
  Derivative derivative;

  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    return {map(x[0], [&](T each) { return static_cast<T>(f(each)); })};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault&) const {
    Array<T> dx = dy[0];
    for (std::size_t i = 0; i < dx.size(); ++i) {
      dx[i] *= static_cast<T>(derivative(x[0][i]));
    }
    return {dx};
  }
};

template <class F, class Derivative>
Elementwise<F, Derivative> elementwise(F f, Derivative derivative) {
  return {f, derivative};
}

/// The constant in the arithmetic of x.
template <class T>
T as(T, long double constant) {
  return static_cast<T>(constant);
}

/// A layer that calculates in float whatever it is handed.
template <class Kernel>
struct InFloat32 {
  Kernel kernel;

  template <class T>
  using Inner = std::conditional_t<std::is_same_v<T, Truth>, Truth, float>;
  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    return cast<T>(kernel.template forward<Inner<T>>(cast<Inner<T>>(x)));
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    return cast<T>(
        kernel.template backward<Inner<T>>(cast<Inner<T>>(dy), cast<Inner<T>>(x), fault));
  }
};

template <class Kernel>
InFloat32<Kernel> in_float32_inside(Kernel kernel) {
  return {kernel};
}

/// The nearest number of half precision: 11 bits, from 2⁻²⁴ on.
inline double to_half(double x) {
  int exponent = 0;
  std::frexp(x, &exponent);
  const int last = std::max(exponent - 11, -24);
  return std::ldexp(std::nearbyint(std::ldexp(x, -last)), last);
}

/// A layer that stores its outputs in half precision, and its inputs too if `inputs`.
template <class Kernel>
struct StoredInHalf {
  Kernel kernel;
  bool inputs = false;

  template <class T>
  static Arrays<T> stored(Arrays<T> x) {
    if constexpr (!std::is_same_v<T, Truth>) {
      for (Array<T>& each : x) {
        each = map(each, [](T number) { return static_cast<T>(to_half(number)); });
      }
    }
    return x;
  }
  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    return stored(kernel.template forward<T>(inputs ? stored(x) : x));
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    return kernel.template backward<T>(dy, inputs ? stored(x) : x, fault);
  }
};

template <class Kernel>
StoredInHalf<Kernel> stored_in_half(Kernel kernel, bool inputs = false) {
  return {kernel, inputs};
}

/// f(x − c).
template <class Kernel>
struct InputOffset {
  Kernel kernel;
  double offset;

  template <class T>
  Arrays<T> moved(Arrays<T> x) const {
    x[0] = map(x[0], [&](T each) { return each - static_cast<T>(offset); });
    return x;
  }
  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    return kernel.template forward<T>(moved(x));
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    return kernel.template backward<T>(dy, moved(x), fault);
  }
};

template <class Kernel>
InputOffset<Kernel> input_offset(Kernel kernel, double offset) {
  return {kernel, offset};
}

/// f(x) + c.
template <class Kernel>
struct OutputOffset {
  Kernel kernel;
  double offset;

  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    Arrays<T> y = kernel.template forward<T>(x);
    y[0] = map(y[0], [&](T each) { return each + static_cast<T>(offset); });
    return y;
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    return kernel.template backward<T>(dy, x, fault);
  }
};

template <class Kernel>
OutputOffset<Kernel> output_offset(Kernel kernel, double offset) {
  return {kernel, offset};
}

}  // namespace gradcheck::defects::opaque
