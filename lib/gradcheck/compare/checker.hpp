#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gradcheck/analytic/linearity.hpp>
#include <gradcheck/compare/tally.hpp>
#include <gradcheck/network/network.hpp>
#include <gradcheck/numeric/derivative/differentiator.hpp>
#include <gradcheck/result/options.hpp>

namespace gradcheck {

class OpaqueLayers;
class SweptEntries;
class ReverseSweep;

/// The range of an entry's one-sided derivatives.
struct Interval {
  double low = 0;
  double high = 0;
};

/// Compares analytic and numeric derivatives of one network at one point: its given tensors.
///
/// On construction it evaluates the network forward and backward and holds its kinks as the
/// analytic side has them.
class Checker {
 public:
  /// Throws LocatedError if the network cannot be evaluated, or gives a value that is not finite,
  /// at its point.
  /// What `known` has found of opaque layers that are at the same point there serves here as well.
  Checker(const Network& network, const CheckOptions& options, const Checker* known = nullptr,
          const CheckLimits& limits = {});
  ~Checker();
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;

  const Network& network() const { return network_; }
  const Values<double>& values() const& { return point_.values; }
  /// Of one that is not needed any more.
  Values<double> values() && { return std::move(point_.values); }
  const Values<long double>& long_values() const { return point_.long_values(); }
  /// dL/d(value) for every value, analytically; for a loss that is not a scalar, of Σ U·loss with a
  /// random signed U.
  const Values<double>& gradients() const { return gradients_.values; }
  /// How far rounding may have moved each of their entries.
  const Values<double>& roundings() const { return gradients_.rounding; }

  /// Whether a limit of time has left entries unchecked.
  bool out_of_time() const;

  /// Whether the loss is a single number.
  bool scalar_loss() const;

  /// dL/d(value), entry by entry; of a loss that is not a scalar the whole Jacobian (then only
  /// `report` is filled in).
  TensorCheck check(ValueId value);

  /// d(to)/d(from) as numbers: analytic, shape of `to` followed by shape of `from`, with the
  /// comparison.
  TensorCheck check_jacobian(ValueId to, ValueId from);

  /// Judges `claimed` (± `rounding`), somebody's dL/d(value), against the numeric side alone; kinks
  /// are held as `claims` (all that is claimed so far, by value) has them, as far as that lies
  /// between the one-sided derivatives.
  TensorCheck check_claimed(ValueId value, const Tensor& claimed, const Tensor& rounding,
                            const std::map<ValueId, Tensor>& claims);

  /// The one-sided derivatives of d(to[output])/d(from[entry]) at an entry that reaches a kink: the
  /// hull over the pieces that meet there, or the derivative, if there is one all the same.
  Interval kink_interval(ValueId to, std::size_t output, ValueId from, std::size_t entry);

  std::uint64_t probes() const;

 private:
  class Account;
  struct Side;  ///< one numeric side: a point with its kinks held in one way

  TensorCheck compare(Side& side, ValueId to, ValueId from, const Tensor& analytic,
                      const Tensor& rounding);
  bool compare_swept(Side& side, ValueId to, ValueId from, const Tensor& rounding,
                     const Account& account, TensorCheck& check);
  bool compare_opaque(Side& side, ValueId to, ValueId from, const Tensor& rounding,
                      const Account& account, TensorCheck& check);
  struct Row {
    ValueId to;
    ValueId from;
    std::size_t output;
  };
  bool compare_opaque_row(Side& side, const Row& row, const Tensor& rounding, Tally& tally,
                          TensorCheck& check);
  void say_what_was_left_out(ValueId from, std::size_t rows, TensorCheck& check);
  void test_along_direction(ValueId from, TensorCheck& check);
  bool confirmed_alone(Side& side, ValueId to, ValueId from, SweptEntries& entries) const;
  bool judge_swept(ReverseSweep& sweep, ValueId to, ValueId from, const Account& account,
                   SweptEntries& entries) const;
  void compare_each(Side& side, ValueId to, ValueId from, const Tensor& rounding,
                    const Account& account, TensorCheck& check);
  TensorCheck compare_held(const Values<double>& gradients, const std::map<ValueId, Tensor>& claims,
                           ValueId to, ValueId from, const Tensor& analytic,
                           const Tensor& rounding);
  void check_random_upstreams(ValueId from, TensorCheck& check) const;
  void check_upstream(const Gradients& gradients, ValueId from, TensorCheck& check) const;

  const Network& network_;
  CheckOptions options_;
  EvaluationPoint point_;
  Gradients gradients_;
  Linearity linearity_;
  std::unique_ptr<OpaqueLayers> opaque_;  ///< if there are any, and steps are not fixed
  std::unique_ptr<Side> side_;
  std::uint64_t probes_ = 0;  ///< by sides that are gone
};

}  // namespace gradcheck
