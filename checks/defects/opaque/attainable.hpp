#pragma once

#include <vector>

#include <defects/opaque/specimen.hpp>

namespace gradcheck::defects::opaque {

/// How near finite differences of a layer's own forward come to its true gradient.
///
/// Tried on each entry under each upstream: quotients to one side and to both, and extrapolated
/// ones, at steps from a unit of the entry to four times its scale, each twice the one before. The
/// error of one is what it leaves out, found in the truth's arithmetic, and two standard deviations
/// of its rounding, found by comparing the layer with the truth at the steps around. Backward's own
/// rounding is added.
struct Attainable {
  /// [upstream][tensor][entry], absolute; infinite where the true derivative is not finite.
  std::vector<Arrays<double>> error;
  /// The largest relative to its derivative, derivatives of 0 left out; infinite if all are 0.
  double relative = 0;
};

/// A point counts as attainable up to here.
inline constexpr double attainable_error = 0.005;

/// The point itself or, of a specimen whose points lie on kinks, one a little off them.
Arrays<double> off_kinks(const Specimen& specimen, const Arrays<double>& point);

Attainable attainable(const Specimen& specimen, const Arrays<double>& point);

/// The same in the arithmetic of the truth itself: how far its backward is from being the
/// derivative of its forward, relative to that.
double truth_error(const Specimen& specimen, const Arrays<double>& point);

/// The largest relative change by the planted error, of entries that it moves by three times what
/// is attainable there (and than rtol grants) or more; 0 if there are none.
double visible_change(const Specimen& specimen, const Arrays<double>& point, const Fault& fault,
                      const Attainable& best, double rtol);

}  // namespace gradcheck::defects::opaque
