#pragma once

#include <cmath>
#include <optional>
#include <string_view>

#include <gradcheck/layers/accurate_sum.hpp>
#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/tensor/broadcast.hpp>

namespace gradcheck {

/// Which axes of x a reduction folds, and what becomes of them: dropped, or kept with extent 1.
struct ReducedAxes {
  std::string_view name;
  std::optional<std::vector<long long>> axes;  ///< all of them, without a list
  bool keepdims = false;

  /// The shape of y with the reduced axes kept, and as asked for.
  Shape kept(const Shape& x) const;
  Shape shape(const Shape& x) const;
  /// The same; throws ShapeError where an entry of y has nothing to be made from.
  Shape shape_of_groups(const Shape& x) const;

  /// Of a sum divided by `divisor`, and of any reduction.
  Structure of_sum(const Shape& x, double divisor) const;
  Structure by_rows(const Shape& x) const;
};

/// The entries of x that fold into each entry of y, in row-major order.
struct Groups {
  std::size_t count;                 ///< entries of x for one entry of y
  std::vector<std::size_t> members;  ///< flat position in x of member m of group g at g · count + m

  Groups(const Shape& x, const Shape& kept);
  std::size_t groups() const { return count == 0 ? 0 : members.size() / count; }
  std::size_t member(std::size_t g, std::size_t m) const { return members[g * count + m]; }
};

/// y = Σ x over the reduced axes.
/// Gradient: every member gets its group's dy.
/// Shapes: y is x without the reduced axes (keepdims: with extent 1 there).
/// Throws ValueError for an axis that x does not have, or named twice.
struct Sum {
  static constexpr std::size_t arity = 1;
  ReducedAxes over;

  Shape shape(const Shape& x) const { return over.shape(x); }
  Structure structure(std::span<const Shape> x) const { return over.of_sum(x[0], 1); }

  template <class Real>
  TensorOf<Real> terms(const TensorOf<Real>& x) const {
    return x;
  }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    const Groups groups(shape_of(x), over.kept(shape_of(x)));
    TensorOf<Real> y = zeros<Real>(shape(shape_of(x)));
    for (std::size_t g = 0; g < groups.groups(); ++g) {
      AccurateSum<Real> sum;
      for (std::size_t m = 0; m < groups.count; ++m) {
        sum.add(x.data()[groups.member(g, m)]);
      }
      y.data()[g] = sum.value();
    }
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    return pack<Real>(broadcast_to(reshaped(dy, over.kept(shape_of(x))), shape_of(x)));
  }
};

/// y = (1/n) Σ x over the n members of each group.
/// Gradient: every member gets its group's dy / n.
/// Shapes and errors: as for Sum, and ShapeError where a group is empty.
struct Mean {
  static constexpr std::size_t arity = 1;
  ReducedAxes over;

  Shape shape(const Shape& x) const;
  Structure structure(std::span<const Shape> x) const {
    const std::size_t groups = std::max<std::size_t>(entries_of(over.kept(x[0])), 1);
    return over.of_sum(x[0], static_cast<double>(entries_of(x[0]) / groups));
  }

  template <class Real>
  TensorOf<Real> terms(const TensorOf<Real>& x) const {
    return x;
  }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    const TensorOf<Real> sum = Sum{over}.forward(x);
    const Real n = members<Real>(x, sum);
    return map(sum, [n](Real s) { return s / n; });
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>& y) const {
    const Real n = members<Real>(x, y);
    return Sum{over}.backward(map(dy, [n](Real d) { return d / n; }), x, y);
  }

 private:
  template <class Real>
  static Real members(const TensorOf<Real>& x, const TensorOf<Real>& y) {
    return y.size() == 0 ? Real(1) : Real(x.size() / y.size());
  }
};

/// y = max x (or min x) over the reduced axes. NaN anywhere in a group gives NaN.
/// Gradient: dy flows to the winner, the first of equal ones.
/// Kinks where the winner is not alone.
/// Sites: the entries of y; the pieces are the members' places in their group; a tie where others
/// are within their widths of the winner.
/// Shapes and errors: as for Mean.
struct MaxMin {
  static constexpr std::size_t arity = 1;
  ReducedAxes over;
  bool largest;

  Shape shape(const Shape& x) const;
  Structure structure(std::span<const Shape> x) const { return over.by_rows(x[0]); }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    const Groups groups(shape_of(x), over.kept(shape_of(x)));
    TensorOf<Real> y = empty<Real>(shape(shape_of(x)));
    for (std::size_t g = 0; g < y.size(); ++g) {
      y.data()[g] = x.data()[groups.member(g, winner(groups, g, x))];
    }
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    const Groups groups(shape_of(x), over.kept(shape_of(x)));
    TensorOf<Real> dx = zeros<Real>(shape_of(x));
    for (std::size_t g = 0; g < dy.size(); ++g) {
      dx.data()[groups.member(g, winner(groups, g, x))] = dy.data()[g];
    }
    return pack<Real>(std::move(dx));
  }

  Branches branches(const Tensor& x) const;
  template <class Real>
  TensorOf<Real> forward_along(const Branches& pieces, const TensorOf<Real>& x) const {
    const Groups groups(shape_of(x), over.kept(shape_of(x)));
    TensorOf<Real> y = empty<Real>(shape(shape_of(x)));
    for (std::size_t g = 0; g < y.size(); ++g) {
      y.data()[g] = x.data()[groups.member(g, static_cast<std::size_t>(pieces[g]))];
    }
    return y;
  }
  std::vector<Tie> ties(Inputs<double> x, Inputs<double> widths) const;

 private:
  /// The place in its group of the first largest (smallest) member; of the first NaN, if there is
  /// one.
  template <class Real>
  std::size_t winner(const Groups& groups, std::size_t g, const TensorOf<Real>& x) const {
    std::size_t best = 0;
    for (std::size_t m = 1; m < groups.count; ++m) {
      const Real b = x.data()[groups.member(g, best)];
      const Real v = x.data()[groups.member(g, m)];
      if (!std::isnan(b) && (std::isnan(v) || (largest ? v > b : v < b))) {
        best = m;
      }
    }
    return best;
  }
};

/// sum mean max min
void add_reduction_layers(LayerLibrary& library);

}  // namespace gradcheck
