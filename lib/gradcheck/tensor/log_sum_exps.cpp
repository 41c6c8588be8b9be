#include <array>
#include <cstdint>
#include <span>

#include <gradcheck/tensor/batch.hpp>
#include <gradcheck/tensor/elementary.hpp>
#include <gradcheck/tensor/log_sum_exps.hpp>

namespace gradcheck {

namespace {

/// One group of lanes: where their first entries lie, and how far those after them are apart.
struct Group {
  const double* first;
  std::array<std::int64_t, Batch::size> starts;
  std::size_t stride;

  Batch at(std::size_t k) const {
    using Places = xsimd::batch<std::int64_t>;
    return Batch::gather(first + k * stride, Places::load_unaligned(starts.data()));
  }
};

/// e^{z − m} of the lanes of a group, side by side; m, s.
[[maybe_unused]] void exponentiate(const Group& z, std::size_t extent, double* exponentials,
                                   double* maxima, double* others) {
  Batch maximum = z.at(0);
  for (std::size_t k = 0; k < extent; ++k) {
    const Batch x = z.at(k);
    x.store_unaligned(exponentials + k * Batch::size);
    maximum = xsimd::select(x > maximum, x, maximum);
  }
  const Batch zero(0.0), one(1.0);
  Batch smaller(0.0), ones(-1.0);
  for (std::size_t k = 0; k < extent; ++k) {
    double* place = exponentials + k * Batch::size;
    const Batch e = exp_batch(Batch::load_unaligned(place) - maximum);
    smaller += xsimd::select(e == one, zero, e);
    ones += xsimd::select(e == one, one, zero);
    e.store_unaligned(place);
  }
  maximum.store_unaligned(maxima);
  (smaller + ones).store_unaligned(others);
}

/// The same for one lane, whose entries are `stride` apart.
template <class Real>
void exponentiate(const Real* z, std::size_t stride, std::span<Real> exponentials, Real& maximum,
                  Real& others) {
  maximum = z[0];
  for (std::size_t k = 0; k < exponentials.size(); ++k) {
    exponentials[k] = z[k * stride];
    maximum = exponentials[k] > maximum ? exponentials[k] : maximum;
  }
  for (Real& e : exponentials) {
    e -= maximum;
  }
  exp_each<Real>(exponentials, exponentials);
  Real smaller = 0, ones = -1;
  for (const Real e : exponentials) {
    (e == 1 ? ones : smaller) += e;
  }
  others = smaller + ones;
}

}  // namespace

template <class Real>
LogSumExps<Real>::LogSumExps(const TensorOf<Real>& z, std::size_t extent, std::size_t inner)
    : extent_(extent) {
  const std::size_t count = extent == 0 ? 0 : z.size() / extent;
  const auto start = [&](std::size_t lane) { return lane / inner * extent * inner + lane % inner; };
  width_ = vectorised<Real> && count >= Batch::size ? Batch::size : 1;
  const std::size_t groups = (count + width_ - 1) / width_;
  lanes_ = groups * width_;
  numbers_.resize((3 + extent) * lanes_);
  for (std::size_t g = 0; g < groups; ++g) {
    const std::size_t lane = g * width_;
    Real* each = exponentials() + extent * lane;
    if constexpr (vectorised<Real>) {
      if (width_ > 1) {
        Group group{z.data() + start(lane), {}, inner};
        for (std::size_t b = 0; b < Batch::size && lane + b < count; ++b) {
          group.starts[b] = static_cast<std::int64_t>(start(lane + b) - start(lane));
        }
        exponentiate(group, extent, each, maxima() + lane, others() + lane);
        continue;
      }
    }
    exponentiate<Real>(z.data() + start(lane), inner, {each, extent}, maxima()[lane],
                       others()[lane]);
  }
  log1p_each<Real>({others(), lanes_}, {logarithms(), lanes_});
}

template class LogSumExps<float>;
template class LogSumExps<double>;
template class LogSumExps<long double>;

}  // namespace gradcheck
