#include <cmath>
#include <numeric>
#include <utility>

#include <gradcheck/layers/decompositions.hpp>

namespace gradcheck {

template <class Real>
LuDecomposition<Real>::LuDecomposition(SquareMatrix<Real> a) : lu_(std::move(a)), order_(lu_.n) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  const std::size_t n = lu_.n;
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k + 1; i < n; ++i) {
      pivot = std::abs(lu_.at(i, k)) > std::abs(lu_.at(pivot, k)) ? i : pivot;
    }
    if (pivot != k) {
      for (std::size_t j = 0; j < n; ++j) {
        std::swap(lu_.at(k, j), lu_.at(pivot, j));
      }
      std::swap(order_[k], order_[pivot]);
      odd_ = !odd_;
    }
    const Real p = lu_.at(k, k);
    if (p == 0 || !std::isfinite(p)) {
      singular_ = true;
      continue;
    }
    for (std::size_t i = k + 1; i < n; ++i) {
      const Real factor = lu_.at(i, k) /= p;
      for (std::size_t j = k + 1; j < n; ++j) {
        lu_.at(i, j) -= factor * lu_.at(k, j);
      }
    }
  }
}

template <class Real>
Real LuDecomposition<Real>::determinant() const {
  Real product = odd_ ? -1 : 1;
  for (std::size_t k = 0; k < lu_.n; ++k) {
    product *= lu_.at(k, k);
  }
  return product;
}

template <class Real>
Real LuDecomposition<Real>::log_abs_determinant() const {
  Real sum = 0;
  for (std::size_t k = 0; k < lu_.n; ++k) {
    sum += std::log(std::abs(lu_.at(k, k)));
  }
  return sum;
}

template <class Real>
int LuDecomposition<Real>::sign() const {
  int sign = odd_ ? -1 : 1;
  for (std::size_t k = 0; k < lu_.n; ++k) {
    sign = lu_.at(k, k) < 0 ? -sign : sign;
  }
  return sign;
}

template <class Real>
void LuDecomposition<Real>::solve(Real* b, std::size_t columns) const {
  const std::size_t n = lu_.n;
  const std::vector<Real> given(b, b + n * columns);
  for (std::size_t c = 0; c < columns; ++c) {
    for (std::size_t i = 0; i < n; ++i) {
      Real sum = given[order_[i] * columns + c];
      for (std::size_t j = 0; j < i; ++j) {
        sum -= lu_.at(i, j) * b[j * columns + c];
      }
      b[i * columns + c] = sum;
    }
    for (std::size_t i = n; i-- > 0;) {
      Real sum = b[i * columns + c];
      for (std::size_t j = i + 1; j < n; ++j) {
        sum -= lu_.at(i, j) * b[j * columns + c];
      }
      b[i * columns + c] = sum / lu_.at(i, i);
    }
  }
}

template <class Real>
SquareMatrix<Real> LuDecomposition<Real>::inverse() const {
  SquareMatrix<Real> inverse(lu_.n);
  for (std::size_t i = 0; i < lu_.n; ++i) {
    inverse.at(i, i) = 1;
  }
  solve(inverse.entries.data(), lu_.n);
  return inverse;
}

namespace {

/// a without row i and column j.
template <class Real>
SquareMatrix<Real> minor_of(const SquareMatrix<Real>& a, std::size_t i, std::size_t j) {
  SquareMatrix<Real> minor(a.n - 1);
  for (std::size_t r = 0; r < minor.n; ++r) {
    for (std::size_t c = 0; c < minor.n; ++c) {
      minor.at(r, c) = a.at(r + (r >= i ? 1 : 0), c + (c >= j ? 1 : 0));
    }
  }
  return minor;
}

}  // namespace

template <class Real>
SquareMatrix<Real> cofactors(const SquareMatrix<Real>& a) {
  SquareMatrix<Real> result(a.n);
  const LuDecomposition<Real> lu(a);
  if (lu.singular()) {
    for (std::size_t i = 0; i < a.n; ++i) {
      for (std::size_t j = 0; j < a.n; ++j) {
        const Real minor = LuDecomposition<Real>(minor_of(a, i, j)).determinant();
        result.at(i, j) = (i + j) % 2 == 0 ? minor : -minor;
      }
    }
    return result;
  }
  const SquareMatrix<Real> inverse = lu.inverse();
  const Real determinant = lu.determinant();
  for (std::size_t i = 0; i < a.n; ++i) {
    for (std::size_t j = 0; j < a.n; ++j) {
      result.at(i, j) = determinant * inverse.at(j, i);
    }
  }
  return result;
}

template <class Real>
bool cholesky(SquareMatrix<Real>& a) {
  for (std::size_t j = 0; j < a.n; ++j) {
    for (std::size_t i = 0; i < j; ++i) {
      a.at(i, j) = 0;
    }
    Real square = a.at(j, j);
    for (std::size_t k = 0; k < j; ++k) {
      square -= a.at(j, k) * a.at(j, k);
    }
    if (!(square > 0) || !std::isfinite(square)) {
      return false;
    }
    a.at(j, j) = std::sqrt(square);
    for (std::size_t i = j + 1; i < a.n; ++i) {
      Real sum = a.at(i, j);
      for (std::size_t k = 0; k < j; ++k) {
        sum -= a.at(i, k) * a.at(j, k);
      }
      a.at(i, j) = sum / a.at(j, j);
    }
  }
  return true;
}

template class LuDecomposition<double>;
template class LuDecomposition<long double>;
template SquareMatrix<double> cofactors(const SquareMatrix<double>&);
template SquareMatrix<long double> cofactors(const SquareMatrix<long double>&);
template bool cholesky(SquareMatrix<double>&);
template bool cholesky(SquareMatrix<long double>&);

}  // namespace gradcheck
