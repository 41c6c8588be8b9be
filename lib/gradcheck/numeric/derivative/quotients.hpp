#pragma once

#include <vector>

#include <gradcheck/numeric/derivative/differentiation_options.hpp>
#include <gradcheck/numeric/derivative/response.hpp>

namespace gradcheck {

/// The probes of a ladder of steps: above[k] and below[k] at +h_k and −h_k, steps increasing.
struct LadderProbes {
  std::vector<double> steps;
  std::vector<Probe> above, below;
};

/// Evaluates a response at both signs of each step.
LadderProbes probe_steps(Response& response, std::vector<double> steps);

/// Evaluates a response on steps h_k = factor · 2^k, from what can just be moved to `farthest`
/// times its characteristic scale.
LadderProbes probe_ladder(Response& response, double factor, const DifferentiationOptions& options);

/// Adds steps beyond the farthest.
void probe_farther(Response& response, LadderProbes& probes, int octaves);

/// On which side of the point a quotient is formed.
enum class Side { both, right, left };

/// The quotients of one output on a ladder of steps, smallest step first. NUMERICS.md (2) and (3).
struct Quotients {
  double ratio = 4;             ///< of the truncation errors at 2h and h: 4 central, 2 one-sided
  std::vector<int> rung;        ///< which step of the ladder
  std::vector<double> step;     ///< h, as made
  std::vector<double> value;    ///< D_k or Q_k
  std::vector<double> unit;     ///< rounding unit of the values they are formed from
  std::vector<double> second;   ///< (y(h) − 2 y(0) + y(−h)) / h; central only
  std::vector<bool> unchanged;  ///< no value differs from y(0) by a bit
  int size() const { return static_cast<int>(step.size()); }
};

/// Those of one output; steps at which a probe is not usable are left out.
Quotients quotients(const Response& response, const LadderProbes& probes, std::size_t output,
                    Side side);

/// The outputs in which any usable probe differs from y(0).
std::vector<std::size_t> moved(const Response& response, const LadderProbes& probes);

}  // namespace gradcheck
