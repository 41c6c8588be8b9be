#pragma once

#include <vector>

#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// A square matrix, row-major, in either precision (LAPACK has no long double).
template <class Real>
struct SquareMatrix {
  std::size_t n;
  std::vector<Real> entries;

  explicit SquareMatrix(std::size_t size) : n(size), entries(size * size, Real(0)) {}
  SquareMatrix(std::size_t size, const Real* first)
      : n(size), entries(first, first + size * size) {}
  Real& at(std::size_t i, std::size_t j) { return entries[i * n + j]; }
  Real at(std::size_t i, std::size_t j) const { return entries[i * n + j]; }
};

/// P A = L U with partial pivoting: L has ones on its diagonal, and shares its matrix with U.
/// Source: G. H. Golub, C. F. Van Loan, "Matrix Computations" (4th ed.), algorithm 3.4.1.
template <class Real>
class LuDecomposition {
 public:
  explicit LuDecomposition(SquareMatrix<Real> a);

  /// Whether a pivot is 0 or not finite.
  bool singular() const { return singular_; }
  Real determinant() const;
  /// ln |det A| and the sign of det A.
  Real log_abs_determinant() const;
  int sign() const;
  /// Solves A X = B in place, B (n, columns) row-major.
  void solve(Real* b, std::size_t columns) const;
  /// A⁻¹
  SquareMatrix<Real> inverse() const;

 private:
  SquareMatrix<Real> lu_;
  std::vector<std::size_t> order_;  ///< row i of P A is row order_[i] of A
  bool odd_ = false;                ///< an odd number of exchanges
  bool singular_ = false;
};

/// The matrix of ∂ det A / ∂A: det A · A⁻ᵀ or, where A is singular, the cofactors one by one.
template <class Real>
SquareMatrix<Real> cofactors(const SquareMatrix<Real>& a);

/// The lower L with L Lᵀ = A for a symmetric A; false if A is not positive definite.
template <class Real>
bool cholesky(SquareMatrix<Real>& a);

}  // namespace gradcheck
