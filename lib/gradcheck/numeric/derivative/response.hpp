#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace gradcheck {

/// What a Response gives at one displacement.
struct Probe {
  bool usable = false;    ///< false: the function refused as a whole
  std::vector<double> y;  ///< every output; one that is not finite is not usable
  std::vector<double>
      made;  ///< the displacement really made, x ⊕ h − x: one number for all outputs,
             ///< or one for each (entries of disjoint reach that move together)

  double made_for(std::size_t output) const { return made.size() == 1 ? made[0] : made[output]; }
};

/// All outputs of a function while one entry, or a direction of entries, is moved by s: s → y(s).
class Response {
 public:
  virtual ~Response() = default;

  virtual std::size_t outputs() const = 0;

  /// y(0).
  virtual std::span<const double> base() const = 0;

  /// Evaluates at each of the displacements, asked for together so that one call can serve them
  /// all.
  virtual std::vector<Probe> evaluate(std::span<const double> displacements) = 0;

  /// One unit of rounding of an output at the point, before any measurement: the unit roundoff
  /// times |y|, or times the terms that it was formed from.
  virtual double rounding_unit(std::size_t output) const = 0;

  /// Which of the entries that move together reaches an output.
  virtual std::size_t entry(std::size_t output) const {
    static_cast<void>(output);
    return 0;
  }

  /// The smallest displacement that can be made (the spacing of x there).
  virtual double quantum() const = 0;

  /// How far at most is sensible: the size of the entry's tensor.
  virtual double characteristic_scale() const = 0;

  /// Unit roundoff of x: arguments within a few of it, of the scale, cannot be told from each
  /// other.
  virtual double unit_roundoff() const = 0;
};

}  // namespace gradcheck
