#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/library.hpp>

namespace gradcheck {

/// Einstein's sums (NumPy's einsum): y[output] = Σ Π_k x_k[labels of k] over all labels that are
/// not in the output. "ij,jk->ik" is a matrix product, "ii->i" a diagonal. Without "->" the output
/// has the labels that stand once, in alphabetical order. "..." stands for all axes that have no
/// label: "...ij,...jk->...ik" is a product of stacks of matrices; without "->" these come first.
/// Shapes: an axis for each label; where a label stands twice, both extents are equal; axes of
/// "..." are aligned at the right, and broadcast.
/// Gradients: dx_k[labels of k] = Σ dy[output] Π_{m≠k} x_m over all other labels.
/// Throws ValueError for an equation that is none, ShapeError where shapes do not fit it.
class Einsum {
 public:
  static constexpr std::size_t arity = variadic;

  explicit Einsum(std::string_view equation);

  Shape shape(std::span<const Shape> x) const;

  template <class Real>
  TensorOf<Real> forward(Inputs<Real> x) const {
    const Loops loops = loops_over(shapes_of_inputs(x));
    TensorOf<Real> y = zeros<Real>(loops.output);
    loops.run([&](const std::vector<std::size_t>& at, std::size_t to) {
      y.data()[to] += product<Real>(x, at, at.size());
    });
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, Inputs<Real> x, const TensorOf<Real>&) const {
    const Loops loops = loops_over(shapes_of_inputs(x));
    Tensors<Real> dx;
    for (const TensorOf<Real>* each : x) {
      dx.push_back(zeros<Real>(shape_of(*each)));
    }
    loops.run([&](const std::vector<std::size_t>& at, std::size_t to) {
      for (std::size_t k = 0; k < x.size(); ++k) {
        dx[k].data()[at[k]] += dy.data()[to] * product<Real>(x, at, k);
      }
    });
    return dx;
  }

 private:
  /// The labels of all axes, those of "..." included.
  struct Labels {
    std::vector<std::string> operands;
    std::string output;
    std::string all;  ///< those of the output first
  };

  /// All values of all labels, with the flat positions in the operands and the output.
  struct Loops {
    Shape extents;                                  ///< of the labels
    Shape output;                                   ///< shape of y
    std::vector<std::vector<std::size_t>> strides;  ///< by operand (the output last), by label

    /// Calls f(positions in the operands, position in y) for each.
    template <class F>
    void run(F f) const {
      const std::size_t operands = strides.size() - 1;
      std::vector<std::size_t> index(extents.size(), 0), at(operands, 0);
      std::size_t to = 0;
      for (std::size_t left = entries_of(extents); left > 0; --left) {
        f(std::as_const(at), to);
        for (std::size_t k = extents.size(); k-- > 0;) {
          const bool carry = ++index[k] == extents[k];
          const std::size_t back = carry ? extents[k] - 1 : 0;
          for (std::size_t o = 0; o < operands; ++o) {
            at[o] += carry ? -back * strides[o][k] : strides[o][k];
          }
          to += carry ? -back * strides[operands][k] : strides[operands][k];
          if (!carry) {
            break;
          }
          index[k] = 0;
        }
      }
    }
  };

  Labels labels_for(std::span<const Shape> x) const;
  /// Throws where the shapes do not fit.
  Loops loops_over(std::span<const Shape> x) const;

  template <class Real>
  static std::vector<Shape> shapes_of_inputs(Inputs<Real> x) {
    std::vector<Shape> shapes;
    for (const TensorOf<Real>* each : x) {
      shapes.push_back(shape_of(*each));
    }
    return shapes;
  }
  /// The product of all operands but one.
  template <class Real>
  static Real product(Inputs<Real> x, const std::vector<std::size_t>& at, std::size_t without) {
    Real product = 1;
    for (std::size_t k = 0; k < x.size(); ++k) {
      product *= k == without ? Real(1) : x[k]->data()[at[k]];
    }
    return product;
  }

  std::vector<std::string> operands_;  ///< labels of each, '.' for "..."
  std::string output_;                 ///< the same
};

/// einsum
void add_einsum_layer(LayerLibrary& library);

}  // namespace gradcheck
