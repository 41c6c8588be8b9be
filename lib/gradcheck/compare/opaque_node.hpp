#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gradcheck/compare/opaque_kinks.hpp>
#include <gradcheck/numeric/sweep/numeric_gradient.hpp>

namespace gradcheck {

/// One layer of a network that is known by its values alone, at its point: the elements of its
/// Jacobian, and the gradients that come through it. Elements are found once, and kept unless there
/// are too many; then they are found again for each gradient of its outputs.
class OpaqueNode {
 public:
  OpaqueNode(const Forward& layer, Inputs<double> x, std::uint64_t seed);

  OpaqueJacobian& jacobian() { return jacobian_; }
  const OpaqueJacobian& jacobian() const { return jacobian_; }

  /// Which entries of an input are wanted.
  using ScopeOf = std::function<Scope(std::size_t slot)>;

  /// d(target)/dx of an input, from the same of all outputs, one after another. At kinks, what is
  /// nearest to `backward`.
  const NumericGradient<double>& through(std::size_t slot, const NumericGradient<double>& outputs,
                                         const ScopeOf& scope, const BackwardRow& backward);

  bool at_kink(std::size_t slot, std::size_t entry) const { return slots_[slot].kinked[entry]; }
  const std::vector<bool>& compared(std::size_t slot) const { return slots_[slot].scope.done; }
  /// Why no derivative can be told by some entry of an input called `name`; empty if there is none.
  std::string reason(std::size_t slot, const std::string& name) const;

  /// The last gradient that came through to an entry, with nothing else moved: one quotient at a
  /// step of its own; not finite where the layer refuses that.
  double quotient(std::size_t slot, std::size_t entry);
  /// The same on a whole ladder, the outputs contracted before they are differenced.
  Derivative alone(std::size_t slot, std::size_t entry, Ladder ladder);
  void allow_for_leap(std::size_t slot, std::size_t entry, Derivative& found);

  /// Of the last gradient, by all entries of an input along a direction.
  Derivative along(const std::vector<Move>& direction);

  /// Each entry of the input is to be moved alone from now on; whether that is anything new.
  bool distrust_groups(std::size_t slot);

 private:
  /// One derivative.
  struct Element {
    std::uint32_t entry;
    std::uint32_t output;
    double value;
    double truncation;
    double rounding;
  };
  /// What is known of one input.
  struct Slot {
    std::vector<Element> elements = {};  ///< unless there are too many
    std::vector<double> steps = {};      ///< by entry: the largest of its elements' steps
    std::vector<bool> kinked = {};
    std::map<std::size_t, Seen> spoiled = {};  ///< entries by which no derivative can be told
    Scope scope = {};
    NumericGradient<double> last = {};
    std::map<std::size_t, std::vector<double>> pairs = {};  ///< by entry: quotients of a pair alone
  };

  void pass(const NumericGradient<double>& outputs, const ScopeOf& scope,
            const BackwardRow& backward);
  void differentiate(std::size_t slot, const NumericGradient<double>& outputs,
                     const ScopeOf& scope);
  void take(std::size_t slot, std::size_t entry, const Derivative& d,
            const NumericGradient<double>& outputs);
  void keep(std::size_t slot, const Element& element, const NumericGradient<double>& outputs);
  void spoil(std::size_t slot, std::size_t entry, Seen seen);
  void add_kinks(const NumericGradient<double>& outputs, const BackwardRow& backward);
  void add_up(Slot& slot, const NumericGradient<double>& outputs) const;
  static void add(NumericGradient<double>& sum, const Element& element,
                  const NumericGradient<double>& outputs);
  const std::vector<double>& pair(std::size_t slot, std::size_t entry);

  OpaqueJacobian jacobian_;
  std::uint64_t seed_;
  std::vector<Slot> slots_;
  std::vector<KinkedElement> kinked_;
  std::size_t kept_ = 0;
  bool passed_ = false;
  Tensor last_outputs_;  ///< the gradients that `Slot::last` are of
};

}  // namespace gradcheck
