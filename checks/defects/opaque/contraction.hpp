#pragma once

#include <cmath>
#include <optional>
#include <vector>

#include <defects/opaque/specimen.hpp>

namespace gradcheck::defects::opaque {

/// Upstreams under which a layer is looked at, dense and of both signs.
inline constexpr std::size_t upstreams = 4;

/// An entry at another place: how far away it really came to lie, and by how much that changes the
/// sums.
struct Moved {
  Truth by = 0;
  std::vector<Truth> changes;
};

/// A layer in one arithmetic at a point, as sums of its outputs. What a sum changes by is summed up
/// from the changes of its terms: whole sums would absorb the small ones.
template <class T>
class Contraction {
 public:
  Contraction(const Specimen& specimen, const Arrays<double>& point)
      : body_(specimen.body.in<T>()), x_(cast<T>(point)), y_(body_.forward(x_)) {
    Random random(hash_of(specimen.name));
    for (std::size_t k = 0; k < upstreams; ++k) {
      upstreams_.push_back(cast<double>(y_));
      for (Array<double>& each : upstreams_.back()) {
        each = map(each,
                   [&](double) { return std::ldexp(std::round(64 * random.signed_number()), -6); });
      }
    }
  }

  const Arrays<T>& x() const { return x_; }
  /// None if the layer refuses.
  std::optional<Moved> moved(std::size_t tensor, std::size_t entry, Truth by) {
    T& x = x_[tensor][entry];
    const T kept = x;
    x = static_cast<T>(static_cast<Truth>(kept) + by);
    Moved out{static_cast<Truth>(x) - static_cast<Truth>(kept), {}};
    std::optional<Moved> result;
    try {
      out.changes = changes(body_.forward(x_));
      result = out;
    } catch (const std::exception&) {
    }
    x = kept;
    return result;
  }
  Arrays<T> gradients(std::size_t upstream, const Fault& fault) const {
    return gradients_of(body_, cast<T>(upstreams_[upstream]), x_, fault);
  }

 private:
  std::vector<Truth> changes(const Arrays<T>& y) const {
    std::vector<Truth> out;
    for (const Arrays<double>& u : upstreams_) {
      Truth sum = 0;
      for (std::size_t k = 0; k < y.size(); ++k) {
        for (std::size_t i = 0; i < y[k].size(); ++i) {
          const Truth change = static_cast<Truth>(y[k][i]) - static_cast<Truth>(y_[k][i]);
          sum += static_cast<Truth>(u[k][i]) * change;
        }
      }
      out.push_back(sum);
    }
    return out;
  }

  Arithmetic<T> body_;
  Arrays<T> x_, y_;
  std::vector<Arrays<double>> upstreams_;
};

}  // namespace gradcheck::defects::opaque
