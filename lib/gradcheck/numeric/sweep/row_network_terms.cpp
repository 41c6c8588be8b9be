#include <algorithm>
#include <array>
#include <cmath>

#include <gradcheck/numeric/sweep/row_network.hpp>
#include <gradcheck/tensor/broadcast.hpp>

/// What RowNetwork makes of the sums over rows in which it ends.
namespace gradcheck {

using Kind = Structure::Kind;

namespace {

/// Σ a[m] − b[m · apart]. Each difference is off by a rounding of what it is formed of, which is
/// more than adding them up loses.
template <class Real>
Real sum_of_differences(const Real* a, const Real* b, std::size_t apart, std::size_t count) {
  std::array<Real, 4> sums{};
  std::size_t m = 0;
  for (; m + sums.size() <= count; m += sums.size()) {
    for (std::size_t k = 0; k < sums.size(); ++k) {
      sums[k] += a[m + k] - b[(m + k) * apart];
    }
  }
  for (; m < count; ++m) {
    sums[0] += a[m] - b[m * apart];
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

}  // namespace

/// By how much the summands of each lane differ from what they are where nothing is moved.
template <class Real>
std::vector<Real> RowNetwork<Real>::terms(const Step& step) const {
  return step.structure.kind == Kind::terms ? terms_by_entry(step) : terms_by_row(step);
}

template <class Real>
std::vector<Real> RowNetwork<Real>::terms_by_entry(const Step& step) const {
  const bool narrow = stays_narrow(step);
  const Reads inputs = by_entry(step, narrow);
  const TensorOf<Real> there =
      terms_along(step, held_by_entry(step, narrow), Inputs<Real>(inputs.x));
  if (!narrow) {
    return changes_of_lanes(step, there);
  }
  std::vector<Real> changes(rows_->size());
  for (std::size_t l = 0; l < changes.size(); ++l) {
    const std::size_t place = place_of_term(step, (*rows_)[l], narrow_features(step)[l]);
    changes[l] = there.data()[l] - base_terms_[step.sum].data()[place];
  }
  return changes;
}

template <class Real>
std::vector<Real> RowNetwork<Real>::terms_by_row(const Step& step) const {
  std::vector<Real> changes(rows_->size());
  if (change_terms(step, changes)) {
    return changes;
  }
  const Reads inputs = by_row(step);
  return changes_of_lanes(step, terms_along(step, held_by_row(step), Inputs<Real>(inputs.x)));
}

/// The summands that one row has.
template <class Real>
std::size_t RowNetwork<Real>::terms_of_row(const Step& step) const {
  return base_terms_[step.sum].size() / layouts_[from_].rows;
}

/// Where the m-th summand of a row is found.
template <class Real>
std::size_t RowNetwork<Real>::place_of_term(const Step& step, std::size_t row,
                                            std::size_t m) const {
  return step.structure.kind == Kind::terms ? layouts_[step.output].at(row, m)
                                            : row * terms_of_row(step) + m;
}

/// By how much all summands of each lane differ.
template <class Real>
std::vector<Real> RowNetwork<Real>::changes_of_lanes(const Step& step,
                                                     const TensorOf<Real>& there) const {
  const Real* here = base_terms_[step.sum].data();
  const std::size_t each = terms_of_row(step);
  const std::size_t apart = each > 1 ? place_of_term(step, 0, 1) - place_of_term(step, 0, 0) : 0;
  std::vector<Real> changes(rows_->size());
  for (std::size_t l = 0; l < changes.size(); ++l) {
    const Real* first = here + place_of_term(step, (*rows_)[l], 0);
    changes[l] = sum_of_differences(there.data() + l * each, first, apart, each);
  }
  return changes;
}

/// The same as the layer itself says, where it does and a single input moves.
template <class Real>
bool RowNetwork<Real>::change_terms(const Step& step, std::span<Real> changes) const {
  const bool one_moves = std::ranges::count_if(step.slots, &Slot::varied) == 1;
  if (!one_moves || terms_of_row(step) != 1 || !held_[step.node].parts.empty()) {
    return false;
  }
  std::vector<const TensorOf<Real>*> x;
  for (const Slot& slot : step.slots) {
    x.push_back(&values_[slot.id]);
  }
  Reads moved;
  read_varied(step.slots[0].id, false, moved);
  return told_changes<Real>(graph_.nodes[step.node], step.structure.divisor, Inputs<Real>(x),
                            *rows_, *moved.x[0], changes);
}

/// The summands of a step's sum: its terms over the divisor, on the branches that are held.
template <class Real>
TensorOf<Real> RowNetwork<Real>::terms_along(const Step& step, const Mixture& held,
                                             Inputs<Real> x) const {
  const Forward& layer = *graph_.nodes[step.node].layer;
  const Real divisor = static_cast<Real>(step.structure.divisor);
  const auto weighted = [&](double weight, const Branches& branches) {
    const Real share = static_cast<Real>(weight) / divisor;
    return map(layer.terms(branches, x), [share](Real term) { return share * term; });
  };
  if (held.parts.empty()) {
    return weighted(1, {});
  }
  TensorOf<Real> sum = weighted(held.parts[0].weight, held.parts[0].branches);
  for (std::size_t p = 1; p < held.parts.size(); ++p) {
    const TensorOf<Real> part = weighted(held.parts[p].weight, held.parts[p].branches);
    for (std::size_t i = 0; i < sum.size(); ++i) {
      sum.data()[i] += part.data()[i];
    }
  }
  return sum;
}

/// The summands where nothing is moved.
template <class Real>
void RowNetwork<Real>::find_base_terms(const Step& step) {
  std::vector<const TensorOf<Real>*> x;
  for (const Slot& slot : step.slots) {
    x.push_back(&values_[slot.id]);
  }
  base_terms_.push_back(terms_along(step, held_[step.node], Inputs<Real>(x)));
}

template <class Real>
std::vector<Real> RowNetwork<Real>::row_sizes(std::size_t sum) const {
  const Step& step =
      *std::ranges::find_if(steps_, [&](const Step& each) { return each.output == sums_[sum]; });
  std::vector<Real> sizes(layouts_[from_].rows, Real(0));
  for (std::size_t row = 0; row < sizes.size(); ++row) {
    for (std::size_t m = 0; m < terms_of_row(step); ++m) {
      sizes[row] += std::abs(base_terms_[sum].data()[place_of_term(step, row, m)]);
    }
  }
  return sizes;
}

template class RowNetwork<double>;
template class RowNetwork<long double>;

}  // namespace gradcheck
