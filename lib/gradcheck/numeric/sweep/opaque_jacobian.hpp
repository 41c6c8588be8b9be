#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include <gradcheck/numeric/derivative/derivative.hpp>
#include <gradcheck/numeric/sweep/dependence.hpp>
#include <gradcheck/numeric/sweep/direction_response.hpp>
#include <gradcheck/numeric/sweep/group_response.hpp>

namespace gradcheck {

/// Which entries of an input are to be differentiated.
struct Scope {
  std::vector<bool> wanted = {};            ///< by entry; empty: all
  std::function<bool()> expired = nullptr;  ///< asked before each group: the rest is left out then
  std::vector<bool> done = {};              ///< by entry: those that were
};

/// ∂y/∂x of a layer known by its values alone, one input at a time: entries of disjoint reach move
/// together (Dependence), inputs that enter affinely need a single displacement, all others four
/// probes a group beside a pilot. Whatever is found of the layer's structure is tested where it is
/// used: outputs that no member of a group reaches must not change, and a few entries are moved
/// alone.
class OpaqueJacobian {
 public:
  OpaqueJacobian(const Forward& layer, Inputs<double> x, std::uint64_t seed);

  OpaqueFunction& function() { return f_; }
  const OpaqueFunction& function() const { return f_; }

  /// Is told the derivative of the layer's output `derivative.output` by an entry; of those that
  /// never change with the entry at all only that they are 0 ± rounding / h.
  using Sink = std::function<void(std::size_t entry, const Derivative& derivative)>;

  /// Every element for one input. False where the structure was not as found: what the sink was
  /// told is void, and the next call moves each entry alone.
  bool differentiate(std::size_t slot, const Sink& sink, Scope& scope);

  /// d(Σ upstream · y)/ds along a direction of entries.
  Derivative along(const std::vector<Move>& direction, const Tensor& upstream);

  /// The same by a single entry, moved alone.
  Derivative alone(std::size_t slot, std::size_t entry, const Tensor& upstream, Ladder ladder);

  /// Widens what `alone` has found where y is pieced together: see allow_for_leap in numeric/.
  void allow_for_leap(std::size_t slot, std::size_t entry, const Tensor& upstream,
                      Derivative& found);

  /// How far each entry of an input is moved at most.
  const Tensor& scales(std::size_t slot);

  /// What was found of an input.
  struct Structure {
    std::size_t groups = 0;
    bool affine = false;
    bool held = true;               ///< what was found was found true
    std::uint64_t pilot_calls = 0;  ///< evaluations for the entries that chose steps for all
  };
  Structure structure(std::size_t slot);

  /// From now on each entry of that input is moved alone, on its own steps; whether that is
  /// anything new.
  bool distrust_groups(std::size_t slot);

  /// Evaluations of the layer so far.
  std::uint64_t calls() const { return f_.calls(); }

 private:
  struct Slot {
    Tensor scales;
    std::unique_ptr<Dependence> dependence;
    bool alone = false;  ///< the structure found was not true
    bool affine = false;
    std::vector<double> noise;  ///< of an affine input, by output: seen in the tests of that
    std::uint64_t pilot_calls = 0;
  };

  Slot& explored(std::size_t slot);
  void take_size_from(const std::vector<double>& y);
  Tensor scales_of_zeros(std::size_t slot);
  void test_affine(std::size_t slot, Slot& found);
  Pilot pilot_of(std::size_t slot);
  bool alike_alone(std::size_t slot, const Slot& found);
  bool by_group(std::size_t slot, std::size_t group, Pilot& pilot, const Sink& sink, Scope& scope);
  std::vector<std::size_t> order_of_groups(const Slot& found, const Scope& scope) const;
  void by_one_displacement(GroupResponse& response, const Slot& found, const Sink& sink);
  void by_probes(GroupResponse& response, Pilot& pilot, const Sink& sink);
  void tell(const GroupResponse& response, std::vector<Derivative> found, const Sink& sink) const;
  GroupResponse lone(std::size_t slot, std::size_t entry);
  DirectionResponse lone(std::size_t slot, std::size_t entry, const Tensor& upstream);
  double least_size() const { return all_zero_ ? typical_ : 0; }

  OpaqueFunction f_;
  std::mt19937_64 random_;
  std::vector<double> tolerances_;  ///< by output: what counts as no change
  DifferentiationOptions options_;
  std::map<std::size_t, Slot> slots_;
  double typical_ = 0;     ///< mean size of the outputs, at the point or near it
  bool all_zero_ = false;  ///< all outputs at the point are
};

}  // namespace gradcheck
