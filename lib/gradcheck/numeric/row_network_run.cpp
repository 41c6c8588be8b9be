#include <algorithm>

#include <gradcheck/layers/accurate_sum.hpp>
#include <gradcheck/numeric/row_network.hpp>
#include <gradcheck/tensor/linalg.hpp>

/// RowNetwork's evaluation; the way through a network is prepared in row_network.cpp.
namespace gradcheck {

namespace {

using Kind = Structure::Kind;

/// The sites of the rows of each lane, where every row has the same number of them.
Branches branches_by_row(const Branches& all, const std::vector<std::uint32_t>& rows,
                         std::size_t count) {
  const std::size_t each = all.size() / count;
  Branches branches;
  branches.reserve(rows.size() * each);
  for (const std::uint32_t row : rows) {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(row * each);
    branches.insert(branches.end(), first, first + static_cast<std::ptrdiff_t>(each));
  }
  return branches;
}

/// The features of one row of a value.
template <class Real>
void copy_row(const Real* value, const RowLayout& layout, std::size_t row, Real* lane) {
  if (layout.axis != RowAxis::last) {
    std::copy_n(value + row * layout.features, layout.features, lane);
    return;
  }
  for (std::size_t m = 0; m < layout.features; ++m) {
    lane[m] = value[m * layout.rows + row];
  }
}

}  // namespace

template <class Real>
std::vector<std::vector<Real>> RowNetwork<Real>::run(const std::vector<std::uint32_t>& rows,
                                                     Variation<Real> start, const Touch& touch) {
  rows_ = &rows;
  std::vector<std::vector<Real>> summands(sums_.size());
  variations_[from_] = std::move(start);
  for (const Step& step : steps_) {
    switch (step.structure.kind) {
      case Kind::elementwise:
        variations_[step.output] = elementwise(step);
        break;
      case Kind::product:
        variations_[step.output] = product(step);
        break;
      case Kind::by_rows:
        variations_[step.output] = by_rows(step);
        break;
      default:
        summands[step.sum] = terms(step);
        continue;
    }
    if (touch) {
      touch(variations_[step.output].values);
    }
  }
  return summands;
}

template <class Real>
TensorOf<Real> RowNetwork<Real>::base(const std::vector<std::uint32_t>& rows) const {
  const RowLayout& in = layouts_[from_];
  TensorOf<Real> x = empty<Real>({rows.size(), in.features});
  for (std::size_t l = 0; l < rows.size(); ++l) {
    copy_row(values_[from_].data(), in, rows[l], x.data() + l * in.features);
  }
  return x;
}

/// Whether an elementwise step changes one feature of a lane only.
template <class Real>
bool RowNetwork<Real>::stays_narrow(const Step& step) const {
  const std::vector<std::uint32_t>* features = nullptr;
  for (const Slot& slot : step.slots) {
    if (!slot.varied) {
      continue;
    }
    const Variation<Real>& x = variations_[slot.id];
    if (!x.narrow() || !slot.same_features || (features != nullptr && *features != x.feature)) {
      return false;
    }
    features = &x.feature;
  }
  return true;
}

template <class Real>
const std::vector<std::uint32_t>& RowNetwork<Real>::narrow_features(const Step& step) const {
  const auto moved = std::ranges::find_if(step.slots, [](const Slot& s) { return s.varied; });
  return variations_[moved->id].feature;
}

/// All features of every lane.
template <class Real>
TensorOf<Real> RowNetwork<Real>::wide(ValueId id) const {
  const Variation<Real>& x = variations_[id];
  if (!x.narrow()) {
    return x.values;
  }
  const RowLayout& in = layouts_[id];
  const Real* base = values_[id].data();
  TensorOf<Real> y = empty<Real>({rows_->size(), in.features});
  for (std::size_t l = 0; l < rows_->size(); ++l) {
    Real* lane = y.data() + l * in.features;
    copy_row(base, in, (*rows_)[l], lane);
    lane[x.feature[l]] = x.values.data()[l];
  }
  return y;
}

/// What an elementwise step reads of one input, lane by lane: the one feature, or all.
template <class Real>
TensorOf<Real> RowNetwork<Real>::gathered(const Step& step, const Slot& slot, bool narrow) const {
  const std::size_t lanes = rows_->size();
  const std::size_t features = step.features;
  if (slot.varied && (narrow || slot.same_features)) {
    return narrow ? variations_[slot.id].values : wide(slot.id);
  }
  TensorOf<Real> x = empty<Real>(narrow ? Shape{lanes} : Shape{lanes, features});
  const Real* base = values_[slot.id].data();
  if (narrow) {
    const std::vector<std::uint32_t>& feature = narrow_features(step);
    for (std::size_t l = 0; l < lanes; ++l) {
      x.data()[l] = base[slot.positions[(*rows_)[l] * features + feature[l]]];
    }
    return x;
  }
  const TensorOf<Real> moved = slot.varied ? wide(slot.id) : TensorOf<Real>{};
  const std::size_t extent = slot.varied ? layouts_[slot.id].features : 0;
  for (std::size_t l = 0; l < lanes; ++l) {
    Real* lane = x.data() + l * features;
    const std::uint32_t* positions = slot.positions.data() + (*rows_)[l] * features;
    for (std::size_t m = 0; m < features; ++m) {
      lane[m] = slot.varied ? moved.data()[l * extent + slot.features[m]] : base[positions[m]];
    }
  }
  return x;
}

/// The branches on which a step is held whose sites are its entries, lane by lane.
template <class Real>
Mixture RowNetwork<Real>::held_by_entry(const Step& step, bool narrow) const {
  Mixture mixture;
  const RowLayout& out = layouts_[step.output];
  for (const Mixture::Part& part : held_[step.node].parts) {
    Branches branches(rows_->size() * (narrow ? 1 : step.features));
    for (std::size_t l = 0; l < rows_->size(); ++l) {
      const std::size_t row = (*rows_)[l];
      if (narrow) {
        branches[l] = part.branches[out.at(row, narrow_features(step)[l])];
        continue;
      }
      for (std::size_t m = 0; m < step.features; ++m) {
        branches[l * step.features + m] = part.branches[out.at(row, m)];
      }
    }
    mixture.parts.push_back({part.weight, std::move(branches)});
  }
  return mixture;
}

/// The same where the sites are in the order of the rows.
template <class Real>
Mixture RowNetwork<Real>::held_by_row(const Step& step) const {
  Mixture mixture;
  for (const Mixture::Part& part : held_[step.node].parts) {
    mixture.parts.push_back(
        {part.weight, branches_by_row(part.branches, *rows_, layouts_[step.output].rows)});
  }
  return mixture;
}

template <class Real>
Variation<Real> RowNetwork<Real>::elementwise(const Step& step) const {
  const bool narrow = stays_narrow(step);
  Tensors<Real> inputs;
  for (const Slot& slot : step.slots) {
    inputs.push_back(gathered(step, slot, narrow));
  }
  std::vector<const TensorOf<Real>*> x;
  for (const TensorOf<Real>& input : inputs) {
    x.push_back(&input);
  }
  const Mixture held = held_by_entry(step, narrow);
  Tensors<Real> y = forward_held(*graph_.nodes[step.node].layer, held, Inputs<Real>(x));
  return {narrow ? narrow_features(step) : std::vector<std::uint32_t>{}, std::move(y[0])};
}

/// A row whose feature j moves by δ moves by δ W[j, :].
template <class Real>
TensorOf<Real> RowNetwork<Real>::from_narrow(const Step& step, const Variation<Real>& x) const {
  const Slot& slot = step.slots[step.moving];
  const RowLayout& in = layouts_[slot.id];
  const RowLayout& out = layouts_[step.output];
  const std::size_t inner = step.weights.shape()[0];
  const std::size_t columns = step.weights.shape()[1];
  const Real* before = values_[slot.id].data();
  const Real* base = values_[step.output].data();
  TensorOf<Real> y = empty<Real>({rows_->size(), step.features});
  for (std::size_t l = 0; l < rows_->size(); ++l) {
    const std::size_t row = (*rows_)[l];
    const std::size_t feature = x.feature[l];
    const Real delta = x.values.data()[l] - before[in.at(row, feature)];
    const Real* weights = step.weights.data() + feature % inner * columns;
    Real* lane = y.data() + l * step.features;
    copy_row(base, out, row, lane);
    Real* moved = lane + feature / inner * columns;
    for (std::size_t m = 0; m < columns; ++m) {
      moved[m] += delta * weights[m];
    }
  }
  return y;
}

template <class Real>
TensorOf<Real> RowNetwork<Real>::from_wide(const Step& step, const Variation<Real>& x) const {
  const std::size_t inner = step.weights.shape()[0];
  const std::size_t lanes = rows_->size();
  TensorOf<Real> y = matmul(reshaped(x.values, {lanes * step.inner_rows, inner}), step.weights);
  y = reshaped(std::move(y), {lanes, step.features});
  if (step.slots.size() == 3) {
    const TensorOf<Real>& bias = values_[step.slots[2].id];
    for (std::size_t l = 0; l < lanes; ++l) {
      for (std::size_t m = 0; m < step.features; ++m) {
        y.data()[l * step.features + m] += bias.data()[m % bias.size()];
      }
    }
  }
  return y;
}

template <class Real>
Variation<Real> RowNetwork<Real>::product(const Step& step) const {
  const Variation<Real>& x = variations_[step.slots[step.moving].id];
  return {{}, x.narrow() ? from_narrow(step, x) : from_wide(step, x)};
}

/// An input of a step that works row by row, a row for each lane.
template <class Real>
TensorOf<Real> RowNetwork<Real>::rows_of(const Slot& slot) const {
  Shape shape = graph_.values[slot.id].shape;
  if (!slot.by_row) {
    return values_[slot.id];
  }
  const std::size_t lanes = rows_->size();
  const bool one_row = layouts_[from_].axis == RowAxis::none;
  const std::size_t features = one_row ? entries_of(shape) : entries_of(shape) / shape.front();
  if (one_row) {
    shape.insert(shape.begin(), lanes);
    shape = features == 1 ? Shape{lanes} : shape;
  } else {
    shape.front() = lanes;
  }
  if (slot.varied) {
    return reshaped(wide(slot.id), shape);
  }
  TensorOf<Real> x = empty<Real>(shape);
  const Real* base = values_[slot.id].data();
  for (std::size_t l = 0; l < lanes; ++l) {
    std::copy_n(base + (*rows_)[l] * features, features, x.data() + l * features);
  }
  return x;
}

template <class Real>
Variation<Real> RowNetwork<Real>::by_rows(const Step& step) const {
  Tensors<Real> inputs;
  std::vector<const TensorOf<Real>*> x;
  inputs.reserve(step.slots.size());
  for (const Slot& slot : step.slots) {
    inputs.push_back(rows_of(slot));
    x.push_back(&inputs.back());
  }
  const Mixture held = held_by_row(step);
  Tensors<Real> y = forward_held(*graph_.nodes[step.node].layer, held, Inputs<Real>(x));
  return {{}, reshaped(std::move(y[0]), {rows_->size(), step.features})};
}

template <class Real>
std::vector<Real> RowNetwork<Real>::terms(const Step& step) const {
  const bool by_entry = step.structure.kind == Kind::terms;
  const bool narrow = by_entry && stays_narrow(step);
  Tensors<Real> inputs;
  std::vector<const TensorOf<Real>*> x;
  inputs.reserve(step.slots.size());
  for (const Slot& slot : step.slots) {
    inputs.push_back(by_entry ? gathered(step, slot, narrow) : rows_of(slot));
    x.push_back(&inputs.back());
  }
  const std::size_t lanes = rows_->size();
  const Forward& layer = *graph_.nodes[step.node].layer;
  std::vector<Real> summands(lanes, Real(0));
  Mixture held = by_entry ? held_by_entry(step, narrow) : held_by_row(step);
  if (held.parts.empty()) {
    held.parts.push_back({});
  }
  for (const Mixture::Part& part : held.parts) {
    const TensorOf<Real> terms = layer.terms(part.branches, Inputs<Real>(x));
    const std::size_t each = terms.size() / lanes;
    for (std::size_t l = 0; l < lanes; ++l) {
      AccurateSum<Real> sum;
      for (std::size_t m = 0; m < each; ++m) {
        sum.add(terms.data()[l * each + m]);
      }
      summands[l] +=
          static_cast<Real>(part.weight) * sum.value() / static_cast<Real>(step.structure.divisor);
    }
  }
  return summands;
}

template class RowNetwork<double>;
template class RowNetwork<long double>;

}  // namespace gradcheck
