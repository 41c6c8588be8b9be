#include <algorithm>
#include <cmath>

#include <gradcheck/layers/accurate_sum.hpp>
#include <gradcheck/numeric/row_network.hpp>
#include <gradcheck/tensor/broadcast.hpp>

/// What RowNetwork makes of the sums over rows in which it ends.
namespace gradcheck {

using Kind = Structure::Kind;

/// By how much the terms of each lane differ from what they are where nothing is moved.
template <class Real>
std::vector<Real> RowNetwork<Real>::terms(const Step& step) const {
  const bool entrywise = step.structure.kind == Kind::terms;
  const bool narrow = entrywise && stays_narrow(step);
  const Reads inputs = entrywise ? by_entry(step, narrow) : by_row(step);
  const Mixture held = entrywise ? held_by_entry(step, narrow) : held_by_row(step);
  const TensorOf<Real> there = terms_along(step, held, Inputs<Real>(inputs.x));
  const TensorOf<Real>& here = base_terms_[step.sum];
  const std::size_t lanes = rows_->size();
  std::vector<Real> changes(lanes);
  for (std::size_t l = 0; l < lanes; ++l) {
    const std::size_t row = (*rows_)[l];
    if (!entrywise) {
      changes[l] = there.data()[l] - here.data()[row];
      continue;
    }
    const RowLayout& layout = layouts_[step.output];
    if (narrow) {
      const std::size_t place = layout.at(row, narrow_features(step)[l]);
      changes[l] = there.data()[l] - here.data()[place];
      continue;
    }
    AccurateSum<Real> sum;
    for (std::size_t m = 0; m < step.features; ++m) {
      sum.add(there.data()[l * step.features + m] - here.data()[layout.at(row, m)]);
    }
    changes[l] = sum.value();
  }
  return changes;
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
  const RowLayout& layout = layouts_[from_];
  std::vector<Real> sizes(layout.rows, Real(0));
  const TensorOf<Real>& terms = base_terms_[sum];
  for (std::size_t row = 0; row < sizes.size(); ++row) {
    const std::size_t each = terms.size() / sizes.size();
    for (std::size_t m = 0; m < each; ++m) {
      const std::size_t place = each == 1 ? row : layouts_[step.output].at(row, m);
      sizes[row] += std::abs(terms.data()[place]);
    }
  }
  return sizes;
}

template class RowNetwork<double>;
template class RowNetwork<long double>;

}  // namespace gradcheck
