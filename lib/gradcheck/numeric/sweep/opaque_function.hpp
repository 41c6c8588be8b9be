#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <gradcheck/layers/forward.hpp>

namespace gradcheck {

/// One entry of one input of a layer, and how far it is moved.
struct Move {
  std::size_t slot;
  std::size_t entry;
  double by;
};

/// A layer near a point, known by its values alone: y, all outputs one after another, as some
/// entries of its inputs are moved. The inputs are copied once; a probe changes the entries that it
/// moves and puts them back.
class OpaqueFunction {
 public:
  /// Evaluates the layer at x; it must outlive this. Throws what its forward throws.
  OpaqueFunction(const Forward& layer, Inputs<double> x);

  const Forward& layer() const { return layer_; }
  std::size_t slots() const { return x_.size(); }
  const Tensor& x(std::size_t slot) const { return x_[slot]; }
  const std::vector<double>& y() const { return y_; }

  /// Half a unit in the last place of 1 in the arithmetic of the layer: 2⁻⁵³ or 2⁻²⁴.
  double unit_roundoff() const { return float32_ ? 0x1p-24 : 0x1p-53; }

  /// x ⊕ s − x: by how much an entry really moves when it is moved by s, in that arithmetic.
  double made(const Move& move) const;

  /// The distance of an entry to the next number in that arithmetic.
  double spacing(std::size_t slot, std::size_t entry) const;

  /// y with these entries moved; empty where the layer refuses that. Outputs that are not finite
  /// stay as they are.
  const std::vector<double>& moved(std::span<const Move> moves);

  /// The last probe that the layer refused.
  struct Refusal {
    Move move;     ///< the first of its moves
    double value;  ///< that the entry had
    std::string message;
  };
  const std::optional<Refusal>& refusal() const { return refusal_; }

  /// Evaluations of the layer so far: all of them, and those in which an entry of that input was
  /// the first to be moved.
  std::uint64_t calls() const { return calls_; }
  std::uint64_t calls(std::size_t slot) const { return calls_by_slot_[slot]; }

 private:
  void evaluate(std::vector<double>& y);

  const Forward& layer_;
  bool float32_;
  Tensors<double> x_;
  std::vector<const Tensor*> addresses_;
  std::vector<double> y_;
  std::vector<double> probe_;
  std::vector<double> saved_;
  std::optional<Refusal> refusal_;
  std::uint64_t calls_ = 0;
  std::vector<std::uint64_t> calls_by_slot_;
};

/// Whether a value is another than before: by more than `tolerance`, or finite where it was not.
bool differ(double a, double b, double tolerance);

}  // namespace gradcheck
