#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gradcheck/layers/composition.hpp>
#include <gradcheck/layers/structure.hpp>
#include <gradcheck/tensor/precision.hpp>
#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// The inputs of a layer, by position.
template <class Real>
using Inputs = std::span<const TensorOf<Real>* const>;

/// Which smooth piece a kinked layer is on, site by site. A *site* is one place where the layer
/// chooses: one argument of ReLU (pieces 0 and 1), one maximum (the winner's position), one hinge.
/// Empty for a smooth layer.
using Branches = std::vector<std::int32_t>;

/// One entry of one input of a layer.
struct InputEntry {
  std::size_t slot;   ///< which input
  std::size_t entry;  ///< flat position in it
};

/// A site whose inputs sit on a kink, to within their rounding: any of `pieces` is right there.
struct Tie {
  std::size_t site;
  Branches pieces;                  ///< the pieces that meet, the chosen one included; two at least
  std::vector<InputEntry> entries;  ///< the input entries that the site reads
};

/// What the numeric side may see of a layer: a pure function of its inputs, in double and in long
/// double.
///
/// Kinked layers also evaluate *along given branches*, smoothly across the kink: with the branches
/// of a point held, a central difference there is as accurate as if the kink were not there.
class Forward {
 public:
  virtual ~Forward() = default;

  /// The layer's name in the network language.
  virtual const std::string& name() const = 0;

  /// Shapes of the outputs. Throws ShapeError if the inputs do not fit together.
  virtual std::vector<Shape> output_shapes(std::span<const Shape> inputs) const = 0;

  /// The outputs. Throws ValueError where an input holds what it must not (a label out of range).
  virtual Tensors<double> forward(Inputs<double> x) const = 0;
  virtual Tensors<long double> forward(Inputs<long double> x) const = 0;

  /// Whether gradients flow to that input. Labels, masks and indices are held constant on both
  /// sides.
  virtual bool differentiable(std::size_t slot) const = 0;

  /// The arithmetic inside. What a float32 layer returns carries float32 rounding; so do its
  /// gradients.
  virtual Precision precision() const { return Precision::float64; }

  /// Whether the long double calls here calculate in long double. A user's own layer calculates in
  /// its own precision whatever it is handed, so nothing is gained by asking it for more digits.
  virtual bool in_long_double() const { return true; }

  /// Whether the layer has kinks: then the four below mean something.
  virtual bool kinked() const = 0;
  virtual Branches branches(Inputs<double> x) const = 0;
  virtual Tensors<double> forward_along(const Branches& branches, Inputs<double> x) const = 0;
  virtual Tensors<long double> forward_along(const Branches& branches,
                                             Inputs<long double> x) const = 0;

  /// The sites on a kink, where `widths` holds how far rounding may have moved each input entry.
  virtual std::vector<Tie> ties(Inputs<double> x, Inputs<double> widths) const = 0;

  /// Where the layer is linear in an input and knows what one entry of it reaches: adds to `y`, the
  /// outputs at x, what moving that entry by `delta` changes, and returns true. A fact about
  /// forward, tested against it in every run.
  virtual bool move(Inputs<double> x, InputEntry moved, double delta, Tensors<double>& y) const = 0;
  virtual bool move(Inputs<long double> x, InputEntry moved, long double delta,
                    Tensors<long double>& y) const = 0;

  /// What the outputs depend on, for inputs of these shapes. A fact about forward, tested against
  /// it in every run.
  virtual Structure structure(std::span<const Shape> /*inputs*/) const { return {}; }

  /// The same function made of simpler layers, for inputs of these shapes, where their structure
  /// says more than the layer's own. A fact about forward, tested against it in every run.
  virtual std::optional<Composition> composition(std::span<const Shape> /*inputs*/) const {
    return std::nullopt;
  }

  /// The terms of which a layer of structure `terms` or `row_terms` is the sum, along branches if
  /// it is kinked.
  virtual Tensor terms(const Branches& /*branches*/, Inputs<double> /*x*/) const { return {}; }
  virtual LongTensor terms(const Branches& /*branches*/, Inputs<long double> /*x*/) const {
    return {};
  }

  /// By how much the term of its row (`row_terms`), or what it folds into (`by_rows` with `kept`),
  /// changes where entry `entries[l]` of the first input alone becomes moved[l]: a change for each
  /// l, off by a few roundings of itself and of the move. A layer that can tell so, without
  /// subtracting what both have in common, returns true. A fact about forward, tested against it in
  /// every run.
  virtual bool change_terms(Inputs<double> /*x*/, std::span<const std::uint32_t> /*entries*/,
                            const Tensor& /*moved*/, std::span<double> /*changes*/) const {
    return false;
  }
};

}  // namespace gradcheck
