#pragma once

#include <string>
#include <vector>

#include <gradcheck/numeric/derivative/extrapolate.hpp>

namespace gradcheck {

/// The numeric derivatives of every entry of the target with respect to one entry, as far as they
/// are worked out.
struct Difference {
  std::size_t entry = 0;
  std::vector<Estimate> estimates;  ///< an entry of the target each: the best so far
  std::string failure;              ///< why there is no usable value; empty otherwise
  /// The least rounding among the families of steps in the best precision at which rounding, not
  /// truncation, makes up the bound, an entry of the target each: the floor under what can be had.
  /// 0 until there is one.
  std::vector<long double> attainable;

  /// An entry of the target each: whether the function bends at the point, which a
  /// central quotient does not see: a corner, a cusp or a jump.
  std::vector<bool> bent;

  double scale = 0;             ///< on which the entry is moved
  bool in_long_double = false;  ///< what the quotients were evaluated in
  int side = 0;                 ///< 0: central; +1, -1: one-sided differences
  bool paired = false;          ///< nothing but the one pair of probes of a first pair so far
  bool propagated = false;      ///< differencing layer by layer was tried, or cannot help
  long double nearness = 1;     ///< of its steps there, in float32: a part of the usual
  bool retried = false;         ///< a second family of steps has been tried
  bool aliased = false;         ///< the chain rule contradicts the steps of the whole network
  int refinements = 0;
  std::vector<std::vector<Quotient>>
      quotients;                 ///< by step, largest first, then by entry of the target
  std::vector<Estimate> family;  ///< what these quotients alone say: the last family of steps
};

/// Forms the estimates from the quotients: extrapolated or, if the user fixed how differences are
/// formed, as they are.
void conclude(Difference& difference, bool fixed);

/// Whether the derivatives of both sides of a point stay apart as the step shrinks from the first
/// to the second of two central quotients. Of a smooth function they come together in proportion to
/// the step; at a corner they stay where they are, at a cusp or a jump they part.
bool bent_between(const Quotient& large, const Quotient& small);

/// Lowers the attainable errors to the rounding of the estimates that rounding makes up; not before
/// the chain rule was asked, which may do better.
void lower_attainable(Difference& difference);

/// The same for a family of steps that was just concluded: where the next smaller step would add
/// more rounding than it takes away truncation, the bound is as small as it gets, and passes
/// against twice its floor.
void lower_attainable_of_family(Difference& difference);

/// Whether more precision, not smaller steps, is what an estimate wants. Truncation is estimated
/// from differences of quotients: below a few roundings it is only noise.
bool rounding_limits(const Estimate& estimate);

/// Where the estimates of a nearer and a farther family of steps are compatible, the one with the
/// smaller bound; else the nearer: from too far away, anything may be seen.
std::vector<Estimate> better(const std::vector<Estimate>& near, const std::vector<Estimate>& far);

}  // namespace gradcheck
