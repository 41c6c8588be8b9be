#pragma once

#include <vector>

#include <gradcheck/numeric/derivative/derivative.hpp>
#include <gradcheck/numeric/derivative/quotients.hpp>

namespace gradcheck {

/// An estimate from the quotients at steps k to k + 3. NUMERICS.md, sections 2 to 4.
struct Candidate {
  int k = 0;
  double value = 0;
  double truncation = 0;  ///< infinite: the quotients do not converge there
  double rounding = 0;
  double order = 0;     ///< of the leading error term of the quotients
  bool corner = false;  ///< its second differences are those of a kink
  double bound() const { return truncation + rounding; }
};

/// Those of all steps at which enough smaller ones show the noise.
std::vector<Candidate> candidates(const Quotients& q, const DifferentiationOptions& options);

/// Consecutive candidates whose intervals meet, nearest first; those of steps before `from` are
/// left out. NUMERICS.md, section 5.
std::vector<Plateau> plateaus(const Quotients& q, const DifferentiationOptions& options,
                              int from = 0);

/// Noise is there at all steps at which y changes. What begins only at 2^least_steps times the
/// first of them is a ripple, a feature or a kink, unless it is of the size of roundings.
bool begins_late(const Quotients& q, const Plateau& plateau, const DifferentiationOptions& options);

}  // namespace gradcheck
