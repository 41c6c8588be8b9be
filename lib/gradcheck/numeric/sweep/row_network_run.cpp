#include <algorithm>
#include <span>

#include <gradcheck/numeric/sweep/row_network.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/linalg.hpp>

/// RowNetwork's evaluation; the way through a network is prepared in row_network.cpp, and ends in
/// row_network_terms.cpp.
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

/// y = a + delta b, none of which overlap.
template <class Real>
void add_scaled(const Real* __restrict a, Real delta, const Real* __restrict b, std::size_t size,
                Real* __restrict y) {
  for (std::size_t i = 0; i < size; ++i) {
    y[i] = a[i] + delta * b[i];
  }
}

}  // namespace

template <class Real>
std::optional<std::vector<std::vector<Real>>> RowNetwork<Real>::run(
    const std::vector<std::uint32_t>& rows, Variation<Real> start, const Touch& touch) {
  try {
    return changes(rows, std::move(start), touch);
  } catch (const Error&) {
    return std::nullopt;
  }
}

template <class Real>
std::vector<std::vector<Real>> RowNetwork<Real>::changes(const std::vector<std::uint32_t>& rows,
                                                         Variation<Real> start,
                                                         const Touch& touch) {
  rows_ = &rows;
  std::vector<std::vector<Real>> changes(sums_.size());
  if (rows.empty()) {
    return changes;
  }
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
        changes[step.sum] = terms(step);
        continue;
    }
    if (touch) {
      touch(variations_[step.output].values);
    }
  }
  return changes;
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

/// All features of every lane of a value of which one moves.
template <class Real>
TensorOf<Real> RowNetwork<Real>::wide(ValueId id) const {
  const Variation<Real>& x = variations_[id];
  const RowLayout& in = layouts_[id];
  TensorOf<Real> y = empty<Real>({rows_->size(), in.features});
  for (std::size_t l = 0; l < rows_->size(); ++l) {
    Real* lane = y.data() + l * in.features;
    copy_row(values_[id].data(), in, (*rows_)[l], lane);
    lane[x.feature[l]] = x.values.data()[l];
  }
  return y;
}

/// The one feature of each lane that moves, or all of them.
template <class Real>
void RowNetwork<Real>::read_varied(ValueId id, bool narrow, Reads& reads) const {
  if (narrow || !variations_[id].narrow()) {
    reads.x.push_back(&variations_[id].values);
  } else {
    reads.make(wide(id));
  }
}

/// What stands at the one feature of each lane that moves.
template <class Real>
TensorOf<Real> RowNetwork<Real>::one_of_each(const Step& step, const Slot& slot) const {
  const std::vector<std::uint32_t>& feature = narrow_features(step);
  TensorOf<Real> x = empty<Real>({rows_->size()});
  for (std::size_t l = 0; l < rows_->size(); ++l) {
    x.data()[l] = values_[slot.id].data()[slot.positions[(*rows_)[l] * step.features + feature[l]]];
  }
  return x;
}

/// What stands at every feature of each lane.
template <class Real>
TensorOf<Real> RowNetwork<Real>::all_of_each(const Step& step, const Slot& slot) const {
  Reads from;
  if (slot.varied) {
    read_varied(slot.id, false, from);
  }
  const std::size_t extent = layouts_[slot.id].features;
  TensorOf<Real> x = empty<Real>({rows_->size(), step.features});
  for (std::size_t l = 0; l < rows_->size(); ++l) {
    const std::uint32_t* positions = slot.positions.data() + (*rows_)[l] * step.features;
    Real* lane = x.data() + l * step.features;
    if (slot.side_by_side) {
      std::copy_n(values_[slot.id].data() + positions[0], step.features, lane);
      continue;
    }
    for (std::size_t m = 0; m < step.features; ++m) {
      lane[m] = slot.varied ? from.x[0]->data()[l * extent + slot.features[m]]
                            : values_[slot.id].data()[positions[m]];
    }
  }
  return x;
}

/// The inputs of a step that works entry by entry, lane by lane.
template <class Real>
typename RowNetwork<Real>::Reads RowNetwork<Real>::by_entry(const Step& step, bool narrow) const {
  Reads reads;
  for (const Slot& slot : step.slots) {
    if (slot.varied && (narrow || slot.same_features)) {
      read_varied(slot.id, narrow, reads);
    } else {
      reads.make(narrow ? one_of_each(step, slot) : all_of_each(step, slot));
    }
  }
  return reads;
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
  const Reads inputs = by_entry(step, narrow);
  const Mixture held = held_by_entry(step, narrow);
  Tensors<Real> y = forward_held(*graph_.nodes[step.node].layer, held, Inputs<Real>(inputs.x));
  return {narrow ? narrow_features(step) : std::vector<std::uint32_t>{}, std::move(y[0])};
}

/// A row whose feature j moves by δ moves by δ W[j, :].
template <class Real>
TensorOf<Real> RowNetwork<Real>::from_narrow(const Step& step, const Variation<Real>& x) const {
  const Slot& slot = step.slots[step.moving];
  const RowLayout in = layouts_[slot.id], out = layouts_[step.output];
  const std::size_t features = step.features;
  const std::size_t inner = step.weights.shape()[0], columns = step.weights.shape()[1];
  const Real* before = values_[slot.id].data();
  const Real* base = values_[step.output].data();
  const Real* weights = step.weights.data();
  const std::span<const std::uint32_t> rows = *rows_, moving = x.feature;
  TensorOf<Real> y = empty<Real>({rows.size(), features});
  const auto delta = [&, there = x.values.data()](std::size_t lane) {
    return there[lane] - before[in.at(rows[lane], moving[lane])];
  };
  if (out.axis != RowAxis::last && columns == features) {
    for (std::size_t l = 0; l < rows.size(); ++l) {
      add_scaled(base + rows[l] * features, delta(l), weights + moving[l] * features, features,
                 y.data() + l * features);
    }
    return y;
  }
  for (std::size_t l = 0; l < rows.size(); ++l) {
    const std::size_t inner_row = step.inner_rows == 1 ? 0 : moving[l] / inner;
    const Real* spread = weights + (moving[l] - inner_row * inner) * columns;
    const Real change = delta(l);
    Real* lane = y.data() + l * features;
    copy_row(base, out, rows[l], lane);
    for (std::size_t m = 0; m < columns; ++m) {
      lane[inner_row * columns + m] += change * spread[m];
    }
  }
  return y;
}

template <class Real>
TensorOf<Real> RowNetwork<Real>::from_wide(const Step& step, const Variation<Real>& x) const {
  const std::size_t lanes = rows_->size();
  TensorOf<Real> y;
  if (step.inner_rows == 1) {
    y = matmul(x.values, step.weights);
  } else {
    const Shape by_inner_row{lanes * step.inner_rows, step.weights.shape()[0]};
    y = reshaped(matmul(reshaped(x.values, by_inner_row), step.weights), {lanes, step.features});
  }
  if (step.slots.size() == 3) {
    add_block(y, values_[step.slots[2].id]);
  }
  return y;
}

template <class Real>
Variation<Real> RowNetwork<Real>::product(const Step& step) const {
  const Variation<Real>& x = variations_[step.slots[step.moving].id];
  return {{}, x.narrow() ? from_narrow(step, x) : from_wide(step, x)};
}

/// An input of a step that works row by row: a row for each lane.
template <class Real>
void RowNetwork<Real>::read_rows(const Slot& slot, Reads& reads) const {
  Shape shape = graph_.values[slot.id].shape;
  if (!slot.by_row) {
    reads.x.push_back(&values_[slot.id]);
    return;
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
    read_varied(slot.id, false, reads);
    if (!has_shape(*reads.x.back(), shape)) {
      const TensorOf<Real>& x = *reads.x.back();
      reads.x.pop_back();
      reads.make(reshaped(x, shape));
    }
    return;
  }
  TensorOf<Real> x = empty<Real>(shape);
  const Real* base = values_[slot.id].data();
  for (std::size_t l = 0; l < lanes; ++l) {
    const Real* row = base + (*rows_)[l] * features;
    for (std::size_t m = 0; m < features; ++m) {
      x.data()[l * features + m] = row[m];
    }
  }
  reads.make(std::move(x));
}

template <class Real>
typename RowNetwork<Real>::Reads RowNetwork<Real>::by_row(const Step& step) const {
  Reads reads;
  for (const Slot& slot : step.slots) {
    read_rows(slot, reads);
  }
  return reads;
}

template <class Real>
Variation<Real> RowNetwork<Real>::by_rows(const Step& step) const {
  const Reads inputs = by_row(step);
  const Mixture held = held_by_row(step);
  Tensors<Real> y = forward_held(*graph_.nodes[step.node].layer, held, Inputs<Real>(inputs.x));
  return {{}, reshaped(std::move(y[0]), {rows_->size(), step.features})};
}

template class RowNetwork<double>;
template class RowNetwork<long double>;

}  // namespace gradcheck
