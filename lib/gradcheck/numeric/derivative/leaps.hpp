#pragma once

#include <map>
#include <tuple>

#include <gradcheck/numeric/derivative/derivative.hpp>
#include <gradcheck/numeric/derivative/quotients.hpp>

namespace gradcheck {

/// A leap of y between steps `end` − 1 and `end` of a ladder.
struct Leap {
  double size = 0;  ///< 0: none
  int end = 0;
};

/// Leaps among the outputs of one response. Only some outputs are examined, since none shares the
/// evaluations of another; the rest are taken to be like these.
class Leaps {
 public:
  Leaps(Response& response, const DifferentiationOptions& options)
      : response_(response), options_(options) {}

  /// Where a plateau of quotients on that side is left. No leap if that is not abrupt, or if y only
  /// bends, as at a kink.
  Leap after(const Plateau& plateau, const Quotients& q, std::size_t output, Side side);

 private:
  double examine(const Plateau& plateau, const Quotients& q, std::size_t output, Side side,
                 int end);

  Response& response_;
  const DifferentiationOptions& options_;
  std::map<std::tuple<std::size_t, Side, int>, double> examined_;  ///< by output, side and end
  bool leaping_ = false;
};

}  // namespace gradcheck
