#pragma once

#include <vector>

/// Layers of a user's, for the test of gradcheck_require_checked. backward( in a comment is none.
namespace mine {

struct Settings {
  double factor = 2;
};

template <class Real>
class Scale {
 public:
  explicit Scale(Settings settings) : settings_(settings) {}
  std::vector<Real> forward(std::vector<Real> x) const { return scaled(x); }
  std::vector<Real> backward(const std::vector<Real>& dy) const { return scaled(dy); }

 private:
  std::vector<Real> scaled(std::vector<Real> x) const {
    for (Real& value : x) {
      value *= settings_.factor;
    }
    return x;
  }
  Settings settings_;
};

}  // namespace mine
