#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gradcheck/compare/judge.hpp>
#include <gradcheck/compare/opaque_node.hpp>
#include <gradcheck/compare/stopwatch.hpp>
#include <gradcheck/network/network.hpp>
#include <gradcheck/numeric/point/evaluation_point.hpp>
#include <gradcheck/numeric/sweep/opaque_gradients.hpp>
#include <gradcheck/result/options.hpp>
#include <gradcheck/result/report.hpp>

namespace gradcheck {

/// The layers of a network that are known by their values alone, each differentiated at its point
/// (OpaqueJacobian). Elements of their Jacobians are found once and serve every gradient that comes
/// through; where there are too many to keep, once for each. At kinks they are what backward chose,
/// or what is nearest to it (choose_subgradients).
class OpaqueLayers final : public OpaqueGradients {
 public:
  /// Network and point must outlive it. What `known` has found of the same layers at the same
  /// inputs is not found anew.
  OpaqueLayers(const Network& network, const EvaluationPoint& point, std::uint64_t seed,
               const OpaqueLayers* known = nullptr, const CheckLimits& limits = {});
  ~OpaqueLayers() override;

  NumericGradient<double> through(std::size_t node, std::size_t slot,
                                  const NumericGradient<double>& outputs) override;

  /// Whether an entry of a value is at a kink of a layer that reads it.
  bool at_kink(ValueId value, std::size_t entry) const;
  /// Half a unit in the last place of 1, in the coarsest arithmetic of the layers that read a
  /// value.
  double unit_roundoff(ValueId value) const;
  /// Why no derivative can be told by some entries of a value; empty if there is none.
  std::string reason(ValueId value) const;

  /// One entry of a value, moved with nothing else, as OpaqueNode tells it.
  struct Lone {
    OpaqueNode& node;
    std::size_t slot;
    std::size_t entry;
    double quotient() { return node.quotient(slot, entry); }
    Derivative derivative(Ladder ladder) { return node.alone(slot, entry, ladder); }
    void allow_for_leap(Derivative& found) { node.allow_for_leap(slot, entry, found); }
  };
  /// None where other layers stand behind the value.
  std::optional<Lone> alone(ValueId value, std::size_t entry);

  /// Each entry of a value that no other layer reads is to be moved alone from now on; whether that
  /// is anything new.
  bool distrust_groups(ValueId value);

  /// Which entries of a value were differentiated; the limits may leave some out.
  std::vector<bool> compared(ValueId value) const;
  bool out_of_time() const { return out_of_time_; }

  /// The derivative along a random direction of all entries of a value whose entries are not all
  /// compared, and the same by `gradient`; none if it cannot be had.
  struct Along {
    Derivative numeric;
    double analytic = 0;
    double size = 0;  ///< of the terms of `analytic`, as if they were independent
  };
  std::optional<Along> along_direction(ValueId value, const double* gradient);

  /// Evaluations of the layers so far.
  std::uint64_t probes() const;

  /// Adds what a value took where these layers read it, and what was found of its structure there.
  void add_to(Effort& effort, ValueId value) const;

 private:
  struct Use {
    std::size_t node;
    std::size_t slot;
  };

  std::shared_ptr<OpaqueNode>& node(std::size_t k);
  std::shared_ptr<OpaqueNode> known_node(const Forward& layer, Inputs<double> x) const;
  Scope scope_of(std::size_t node, std::size_t slot);
  Tensors<double> backward_row(std::size_t node, std::size_t output) const;
  std::vector<Use> uses_of(ValueId value) const;
  std::optional<Use> only_use(ValueId value) const;

  const Network& network_;
  const EvaluationPoint& point_;
  std::uint64_t seed_;
  CheckLimits limits_;
  Stopwatch watch_;
  bool out_of_time_ = false;
  std::map<std::size_t, std::shared_ptr<OpaqueNode>> nodes_;
  std::vector<std::shared_ptr<OpaqueNode>> known_;
  std::uint64_t calls_before_ = 0;  ///< that found what is known
};

/// Whether anything in the network is known by its values alone.
bool has_opaque_layers(const Graph& graph);

}  // namespace gradcheck
