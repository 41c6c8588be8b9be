#include <algorithm>
#include <cmath>
#include <type_traits>

#include <gradcheck/layers/accurate_sum.hpp>
#include <gradcheck/numeric/row_network.hpp>
#include <gradcheck/tensor/broadcast.hpp>

/// What RowNetwork makes of the sums over rows in which it ends.
namespace gradcheck {

using Kind = Structure::Kind;

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
  const RowLayout& layout = layouts_[step.output];
  return changes_of_lanes(step, there, [&](std::size_t lane, std::size_t m) {
    return layout.at((*rows_)[lane], narrow ? narrow_features(step)[lane] : m);
  });
}

template <class Real>
std::vector<Real> RowNetwork<Real>::terms_by_row(const Step& step) const {
  std::vector<Real> changes(rows_->size());
  if (change_terms(step, changes)) {
    return changes;
  }
  const Reads inputs = by_row(step);
  const TensorOf<Real> there = terms_along(step, held_by_row(step), Inputs<Real>(inputs.x));
  const std::size_t each = there.size() / rows_->size();
  return changes_of_lanes(
      step, there, [&](std::size_t lane, std::size_t m) { return (*rows_)[lane] * each + m; });
}

/// What all summands of a lane differ by; place(lane, m) is where the m-th is found at the base.
template <class Real>
template <class Place>
std::vector<Real> RowNetwork<Real>::changes_of_lanes(const Step& step, const TensorOf<Real>& there,
                                                     Place place) const {
  const TensorOf<Real>& here = base_terms_[step.sum];
  std::vector<Real> changes(rows_->size());
  const std::size_t each = there.size() / changes.size();
  for (std::size_t l = 0; l < changes.size(); ++l) {
    if (each == 1) {
      changes[l] = there.data()[l] - here.data()[place(l, 0)];
      continue;
    }
    AccurateSum<Real> sum;
    for (std::size_t m = 0; m < each; ++m) {
      sum.add(there.data()[l * each + m] - here.data()[place(l, m)]);
    }
    changes[l] = sum.value();
  }
  return changes;
}

/// The same as the layer itself says, where it does and a single input moves.
template <class Real>
bool RowNetwork<Real>::change_terms(const Step& step, std::span<Real> changes) const {
  if constexpr (std::is_same_v<Real, double>) {
    const bool one_moves = std::ranges::count_if(step.slots, &Slot::varied) == 1;
    const bool one_term = base_terms_[step.sum].size() == layouts_[from_].rows;
    if (!one_moves || !one_term || !held_[step.node].parts.empty()) {
      return false;
    }
    std::vector<const Tensor*> x;
    for (const Slot& slot : step.slots) {
      x.push_back(&values_[slot.id]);
    }
    Reads moved;
    read_varied(step.slots[0].id, false, moved);
    if (!graph_.nodes[step.node].layer->change_terms(Inputs<double>(x), *rows_, *moved.x[0],
                                                     changes)) {
      return false;
    }
    for (double& change : changes) {
      change /= step.structure.divisor;
    }
    return true;
  } else {
    return false;
  }
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
      const bool by_entry = step.structure.kind == Kind::terms;
      const std::size_t place = by_entry ? layouts_[step.output].at(row, m) : row * each + m;
      sizes[row] += std::abs(terms.data()[place]);
    }
  }
  return sizes;
}

template class RowNetwork<double>;
template class RowNetwork<long double>;

}  // namespace gradcheck
