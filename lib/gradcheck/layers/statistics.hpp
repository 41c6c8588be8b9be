#pragma once

#include <cmath>
#include <limits>

#include <gradcheck/layers/reductions.hpp>
#include <gradcheck/tensor/log_sum_exps.hpp>

namespace gradcheck {

/// Reductions beyond sums and extrema. All of them fold the axes of `axis`, or all without it.

/// The entries of one group.
template <class Real>
std::vector<Real> members_of(const Groups& groups, std::size_t g, const TensorOf<Real>& x) {
  std::vector<Real> members(groups.count);
  for (std::size_t m = 0; m < groups.count; ++m) {
    members[m] = x.data()[groups.member(g, m)];
  }
  return members;
}

/// A function f of each group of entries.
/// F has `value(members)` and `slope(members, y)`, which makes of the members the derivatives of
/// y = f(members); where empty groups mean nothing, `needs_members`; and may have `changes`, which
/// makes of the members what y changes by where member m alone moves by δ.
/// Gradient: dx = dy ⊙ ∂f/∂x.
/// Shapes: y is x without the reduced axes (keepdims: with extent 1 there).
/// Throws ValueError for an axis that x does not have, or named twice; ShapeError where a group is
/// empty and f needs members.
template <class F>
struct Fold {
  static constexpr std::size_t arity = 1;
  static constexpr bool tells_changes = requires { &F::changes; };
  ReducedAxes over;
  F f{};

  Shape shape(const Shape& x) const {
    if constexpr (requires { F::needs_members; }) {
      return over.shape_of_groups(x);
    } else {
      return over.shape(x);
    }
  }
  Structure structure(std::span<const Shape> x) const {
    Structure structure = over.by_rows(x[0]);
    if (tells_changes && entries_of(x[0]) > 0) {
      structure.kept = over.kept(x[0]);
    }
    return structure;
  }

  void change_terms(const Tensor& x, std::span<const std::uint32_t> entries, const Tensor& moved,
                    std::span<double> changes) const requires(tells_changes) {
    const Groups groups(shape_of(x), over.kept(shape_of(x)));
    std::vector<double> there(x.size(), std::numeric_limits<double>::quiet_NaN());
    std::vector<double> told(x.size());
    for (std::size_t l = 0; l < entries.size(); ++l) {
      there[entries[l]] = moved.data()[l];
    }
    for (std::size_t g = 0; g < groups.groups(); ++g) {
      const auto change = f.changes(members_of(groups, g, x));
      for (std::size_t m = 0; m < groups.count; ++m) {
        const std::size_t i = groups.member(g, m);
        told[i] = change(m, there[i] - x.data()[i]);
      }
    }
    for (std::size_t l = 0; l < entries.size(); ++l) {
      changes[l] = told[entries[l]];
    }
  }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    const Groups groups(shape_of(x), over.kept(shape_of(x)));
    TensorOf<Real> y = empty<Real>(shape(shape_of(x)));
    for (std::size_t g = 0; g < y.size(); ++g) {
      y.data()[g] = f.value(members_of(groups, g, x));
    }
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>& y) const {
    const Groups groups(shape_of(x), over.kept(shape_of(x)));
    TensorOf<Real> dx = empty_like(x);
    for (std::size_t g = 0; g < groups.groups(); ++g) {
      const std::vector<Real> slope = f.slope(members_of(groups, g, x), y.data()[g]);
      for (std::size_t m = 0; m < groups.count; ++m) {
        dx.data()[groups.member(g, m)] = dy.data()[g] * slope[m];
      }
    }
    return pack<Real>(std::move(dx));
  }
};

/// For each number the product of all others, without dividing: right where some are 0.
template <class Real>
std::vector<Real> products_of_others(const std::vector<Real>& x) {
  std::vector<Real> others(x.size());
  Real before = 1;
  for (std::size_t j = 0; j < x.size(); ++j) {
    others[j] = before;
    before *= x[j];
  }
  Real after = 1;
  for (std::size_t j = x.size(); j-- > 0;) {
    others[j] *= after;
    after *= x[j];
  }
  return others;
}

/// y = Π x; ∂y/∂x_j = Π_{k≠j} x_k. An empty product is 1.
struct EntryProduct {
  template <class Real>
  Real value(const std::vector<Real>& x) const {
    Real product = 1;
    for (const Real v : x) {
      product *= v;
    }
    return product;
  }
  template <class Real>
  std::vector<Real> slope(const std::vector<Real>& x, Real) const {
    return products_of_others(x);
  }
};

/// x − mean x, with the mean that their own sum corrects (Σ of them is 0 to rounding).
template <class Real>
std::vector<Real> deviations(std::vector<Real> x) {
  AccurateSum<Real> sum;
  for (const Real v : x) {
    sum.add(v);
  }
  const Real mean = sum.value() / Real(x.size());
  AccurateSum<Real> left;
  for (Real& v : x) {
    v -= mean;
    left.add(v);
  }
  const Real correction = left.value() / Real(x.size());
  for (Real& v : x) {
    v -= correction;
  }
  return x;
}

/// y = Σ (x − x̄)² / (n − ddof), x̄ the mean of the n members; ∂y/∂x_j = 2 (x_j − x̄) / (n − ddof).
/// ddof = 0 as in NumPy; 1 is PyTorch's default. NaN or infinite where n ≤ ddof.
struct Variance {
  static constexpr bool needs_members = true;
  double ddof = 0;

  template <class Real>
  Real value(const std::vector<Real>& x) const {
    AccurateSum<Real> sum;
    for (const Real d : deviations(x)) {
      sum.add(d * d);
    }
    return sum.value() / degrees<Real>(x.size());
  }
  template <class Real>
  std::vector<Real> slope(const std::vector<Real>& x, Real) const {
    std::vector<Real> slope = deviations(x);
    for (Real& d : slope) {
      d *= 2 / degrees<Real>(x.size());
    }
    return slope;
  }

 private:
  template <class Real>
  Real degrees(std::size_t n) const {
    return Real(n) - Real(ddof);
  }
};

/// y = √(Σ (x − x̄)² / (n − ddof)); ∂y/∂x_j = (x_j − x̄) / ((n − ddof) y). Where all members are
/// equal it has a kink, as |x| at 0: backward gives 0 there, as PyTorch's does.
struct StandardDeviation {
  static constexpr bool needs_members = true;
  double ddof = 0;

  template <class Real>
  Real value(const std::vector<Real>& x) const {
    return std::sqrt(Variance{ddof}.value(x));
  }
  template <class Real>
  std::vector<Real> slope(const std::vector<Real>& x, Real y) const {
    std::vector<Real> slope = Variance{ddof}.slope(x, y);
    for (Real& d : slope) {
      d = y == 0 ? Real(0) : d / (2 * y);
    }
    return slope;
  }
};

/// y = ln Σ_k e^{x_k} = m + ln(1 + Σ_{k≠m} e^{x_k − x_m}), x_m the largest;
/// ∂y/∂x_j = e^{x_j} / Σ_k e^{x_k}.
struct LogSumExp {
  static constexpr bool needs_members = true;
  template <class Real>
  Real value(const std::vector<Real>& x) const {
    return -of(x).log_probability(0, Real(0));
  }
  template <class Real>
  std::vector<Real> slope(const std::vector<Real>& x, Real) const {
    const LogSumExps<Real> sum = of(x);
    std::vector<Real> slope(x.size());
    for (std::size_t k = 0; k < x.size(); ++k) {
      slope[k] = sum.probability(0, k);
    }
    return slope;
  }
  auto changes(const std::vector<double>& x) const {
    return [x, sum = of(x)](std::size_t k, double delta) {
      return sum.lone_change(0, k, x[k], delta).sum;
    };
  }

 private:
  template <class Real>
  static LogSumExps<Real> of(const std::vector<Real>& x) {
    TensorOf<Real> row = empty<Real>({x.size()});
    std::copy(x.begin(), x.end(), row.data());
    return LogSumExps<Real>(row, x.size());
  }
};

/// y = (Σ |x|^p)^{1/p}, scaled by the largest |x| so that no power overflows; √Σ x² for p = 2;
/// ∂y/∂x_j = sign(x_j) (|x_j| / y)^{p−1}; 0 where y = 0 (there is no derivative: a subgradient).
/// For 1 < p < ∞, where it is smooth away from 0.
struct PowerNorm {
  double p;

  template <class Real>
  Real value(const std::vector<Real>& x) const {
    Real largest = 0;
    for (const Real v : x) {
      largest = std::isnan(v) || std::abs(v) > largest ? std::abs(v) : largest;
    }
    if (largest == 0 || !std::isfinite(largest)) {
      return largest;
    }
    AccurateSum<Real> sum;
    for (const Real v : x) {
      sum.add(power(std::abs(v) / largest, Real(p)));
    }
    return largest * (p == 2 ? std::sqrt(sum.value()) : std::pow(sum.value(), 1 / Real(p)));
  }
  template <class Real>
  std::vector<Real> slope(const std::vector<Real>& x, Real y) const {
    std::vector<Real> slope(x.size(), Real(0));
    for (std::size_t k = 0; k < x.size() && y != 0; ++k) {
      slope[k] = std::copysign(power(std::abs(x[k]) / y, Real(p) - 1), x[k]);
    }
    return slope;
  }

 private:
  template <class Real>
  static Real power(Real x, Real exponent) {
    return exponent == 1 ? x : exponent == 2 ? x * x : std::pow(x, exponent);
  }
};

/// y = Σ |x| (p = 1) or max |x| (p = ∞); the sign of each entry is a piece, and so is the winner.
/// Gradients: sign(x_j), with sign(0) = 0; or dy sign(x) at the first largest.
/// Kinks where an entry of the sum is 0, or where two are equally large. Sites: for p = 1 the
/// entries of x in the order of the groups, pieces 0 (negative) and 1; for p = ∞ the groups, piece
/// 2k or 2k + 1 where member k wins and is negative or not.
/// Shapes and errors: as for Fold.
struct KinkedNorm {
  static constexpr std::size_t arity = 1;
  ReducedAxes over;
  bool largest;

  Shape shape(const Shape& x) const;
  Structure structure(std::span<const Shape> x) const { return over.by_rows(x[0]); }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    return forward_along(pieces_at(x), x);
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    const Groups groups(shape_of(x), over.kept(shape_of(x)));
    TensorOf<Real> dx = zeros<Real>(shape_of(x));
    each_counted(groups, pieces_at(x), [&](std::size_t g, std::size_t i, Real sign) {
      dx.data()[i] = x.data()[i] == 0 ? Real(0) : sign * dy.data()[g];
    });
    return pack<Real>(std::move(dx));
  }

  Branches branches(const Tensor& x) const { return pieces_at(x); }
  template <class Real>
  TensorOf<Real> forward_along(const Branches& pieces, const TensorOf<Real>& x) const {
    const Groups groups(shape_of(x), over.kept(shape_of(x)));
    TensorOf<Real> y = zeros<Real>(shape(shape_of(x)));
    std::vector<AccurateSum<Real>> sums(y.size());
    each_counted(groups, pieces,
                 [&](std::size_t g, std::size_t i, Real sign) { sums[g].add(sign * x.data()[i]); });
    for (std::size_t g = 0; g < y.size(); ++g) {
      y.data()[g] = sums[g].value();
    }
    return y;
  }
  std::vector<Tie> ties(Inputs<double> x, Inputs<double> widths) const;

 private:
  /// Calls f with each group, the flat position of a member that counts in it, and its sign.
  template <class F>
  void each_counted(const Groups& groups, const Branches& pieces, F f) const {
    for (std::size_t s = 0; s < pieces.size(); ++s) {
      const auto piece = static_cast<std::size_t>(pieces[s]);
      const std::size_t position = largest ? groups.member(s, piece / 2) : groups.members[s];
      f(largest ? s : s / groups.count, position, piece % 2 == 1 ? 1 : -1);
    }
  }
  template <class Real>
  Branches pieces_at(const TensorOf<Real>& x) const {
    const Groups groups(shape_of(x), over.kept(shape_of(x)));
    const auto sign = [&](std::size_t i) { return std::signbit(x.data()[i]) ? 0 : 1; };
    Branches pieces(largest ? groups.groups() : groups.members.size());
    for (std::size_t s = 0; s < pieces.size(); ++s) {
      const std::size_t winner = largest ? winner_of(groups, s, x) : 0;
      pieces[s] = largest ? static_cast<std::int32_t>(2 * winner) + sign(groups.member(s, winner))
                          : sign(groups.members[s]);
    }
    return pieces;
  }
  /// The place in its group of the first member of largest |x|; of the first NaN, if there is one.
  template <class Real>
  static std::size_t winner_of(const Groups& groups, std::size_t g, const TensorOf<Real>& x) {
    const auto size = [&](std::size_t m) { return std::abs(x.data()[groups.member(g, m)]); };
    std::size_t best = 0;
    for (std::size_t m = 1; m < groups.count; ++m) {
      if (!std::isnan(size(best)) && !(size(m) <= size(best))) {
        best = m;
      }
    }
    return best;
  }
};

/// y = Σ_i x[..., i, i], the sum of the diagonal of the last two axes.
/// Shapes: x (..., n, m), y (...).
/// Gradient: dx = dy on the diagonal, 0 elsewhere.
/// Throws ShapeError if x has fewer than two axes.
struct Trace {
  static constexpr std::size_t arity = 1;

  Shape shape(const Shape& x) const;
  Structure structure(std::span<const Shape> x) const {
    return {.kind = x[0].size() > 2 ? Structure::Kind::by_rows : Structure::Kind::unknown,
            .rows = {true}};
  }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    TensorOf<Real> y = empty<Real>(shape(shape_of(x)));
    std::vector<AccurateSum<Real>> sums(y.size());
    each_diagonal(shape_of(x),
                  [&](std::size_t matrix, std::size_t i) { sums[matrix].add(x.data()[i]); });
    for (std::size_t k = 0; k < y.size(); ++k) {
      y.data()[k] = sums[k].value();
    }
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    TensorOf<Real> dx = zeros<Real>(shape_of(x));
    each_diagonal(shape_of(x),
                  [&](std::size_t matrix, std::size_t i) { dx.data()[i] = dy.data()[matrix]; });
    return pack<Real>(std::move(dx));
  }

 private:
  /// Calls f with the number of each matrix and the flat position of each entry of its diagonal.
  template <class F>
  static void each_diagonal(const Shape& x, F f) {
    const std::size_t rows = x[x.size() - 2], columns = x.back();
    const std::size_t all = entries_of(x);
    for (std::size_t start = 0, matrix = 0; start < all; start += rows * columns, ++matrix) {
      for (std::size_t k = 0; k < std::min(rows, columns); ++k) {
        f(matrix, start + k * columns + k);
      }
    }
  }
};

/// prod var std logsumexp norm trace
void add_statistics_layers(LayerLibrary& library);

}  // namespace gradcheck
