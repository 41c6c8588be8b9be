#pragma once

#include <gradcheck/numeric/derivative/derivative.hpp>
#include <gradcheck/numeric/derivative/quotients.hpp>

namespace gradcheck {

/// Leaps among the outputs of one response. Only some outputs are examined, since none shares the
/// evaluations of another; the rest are taken to be like these.
class Leaps {
 public:
  Leaps(Response& response, const DifferentiationOptions& options)
      : response_(response), options_(options) {}

  /// By how much y leaps where a plateau of central quotients ends; 0 if it does not end abruptly,
  /// or bends only, as at a kink.
  double after(const Plateau& plateau, const Quotients& central, std::size_t output);

 private:
  double examine(const Plateau& plateau, const Quotients& central, std::size_t output, int end);

  Response& response_;
  const DifferentiationOptions& options_;
  int examined_ = 0, leaping_ = 0;
};

}  // namespace gradcheck
