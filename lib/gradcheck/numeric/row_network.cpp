#include <algorithm>

#include <gradcheck/layers/accurate_sum.hpp>
#include <gradcheck/numeric/row_network.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/linalg.hpp>

namespace gradcheck {

namespace {

using Kind = Structure::Kind;

std::vector<Shape> input_shapes(const Graph& graph, const Graph::Node& node) {
  std::vector<Shape> shapes;
  for (const ValueId id : node.inputs) {
    shapes.push_back(graph.values[id].shape);
  }
  return shapes;
}

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

}  // namespace

template <class Real>
bool RowNetwork<Real>::aim(ValueId from, ValueId target, RowAxis axis) {
  from_ = from;
  steps_.clear();
  sums_.clear();
  widest_ = 1;
  layouts_.assign(graph_.values.size(), {});
  variations_.assign(graph_.values.size(), {});
  std::vector<bool> varied(graph_.values.size());
  std::vector<bool> behind_sum(graph_.values.size());
  varied[from] = true;
  layouts_[from] = row_layout(graph_.values[from].shape, axis);
  if (layouts_[from].axis != axis) {
    return false;
  }
  const std::vector<bool> reached = downstream_nodes(graph_, from);
  const std::vector<bool> needed = upstream_values(graph_, target);
  for (std::size_t k = 0; k < graph_.nodes.size(); ++k) {
    const Graph::Node& node = graph_.nodes[k];
    const bool on_path = reached[k] && std::ranges::any_of(node.outputs, [&](ValueId id) {
                           return needed[id] && id != from;
                         });
    if (!on_path) {
      continue;
    }
    const auto moves_by = [&](const std::vector<bool>& moving) {
      for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
        if (moving[node.inputs[slot]] && node.layer->differentiable(slot)) {
          return true;
        }
      }
      return false;
    };
    if (moves_by(behind_sum)) {
      if (moves_by(varied)) {
        return false;  // what all rows add up to comes back to each
      }
      for (const ValueId output : node.outputs) {
        behind_sum[output] = true;
      }
      continue;
    }
    if (node.outputs.size() != 1 || !add(k, varied)) {
      return false;
    }
    const Kind kind = steps_.back().structure.kind;
    const bool summed = kind == Kind::terms || kind == Kind::row_terms;
    (summed ? behind_sum : varied)[node.outputs[0]] = true;
  }
  return !sums_.empty() && !varied[target];
}

template <class Real>
std::vector<std::size_t> RowNetwork<Real>::path() const {
  std::vector<std::size_t> nodes;
  for (const Step& step : steps_) {
    nodes.push_back(step.node);
  }
  return nodes;
}

template <class Real>
bool RowNetwork<Real>::add(std::size_t k, const std::vector<bool>& varied) {
  const Graph::Node& node = graph_.nodes[k];
  Step step;
  step.node = k;
  step.structure = node.layer->structure(input_shapes(graph_, node));
  step.output = node.outputs[0];
  for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
    const ValueId id = node.inputs[slot];
    Slot place;
    place.id = id;
    place.varied = varied[id] && node.layer->differentiable(slot);
    step.slots.push_back(std::move(place));
  }
  const bool added = [&] {
    switch (step.structure.kind) {
      case Kind::elementwise:
        return add_elementwise(step, node);
      case Kind::product:
        return add_product(step, node);
      case Kind::by_rows:
        return add_by_rows(step, node);
      case Kind::terms:
      case Kind::row_terms:
        return add_terms(step, node);
      case Kind::transpose:
      case Kind::unknown:
        return false;
    }
    return false;
  }();
  step.features = layouts_[step.output].features;
  widest_ = std::max(widest_, step.features);
  steps_.push_back(std::move(step));
  return added;
}

template <class Real>
bool RowNetwork<Real>::set_layout(ValueId id, RowAxis axis, std::size_t rows) {
  layouts_[id] = row_layout(graph_.values[id].shape, axis);
  return layouts_[id].rows == rows && (layouts_[id].axis == axis || rows == 1);
}

/// Which entry of the input stands behind each entry of an output, read as rows of features. A
/// varied input must have its own rows there.
template <class Real>
bool RowNetwork<Real>::place(Slot& slot, RowAxis axis, const Shape& shape) {
  const RowLayout out = row_layout(shape, axis);
  const Shape& from = graph_.values[slot.id].shape;
  const std::vector<std::size_t> positions = broadcast_positions(from, shape);
  slot.positions.resize(out.rows * out.features);
  for (std::size_t n = 0; n < out.rows; ++n) {
    for (std::size_t m = 0; m < out.features; ++m) {
      slot.positions[n * out.features + m] = static_cast<std::uint32_t>(positions[out.at(n, m)]);
    }
  }
  if (!slot.varied) {
    return true;
  }
  const RowLayout& in = layouts_[slot.id];
  if (in.rows != out.rows) {
    return false;
  }
  slot.features.resize(out.features);
  for (std::size_t m = 0; m < out.features; ++m) {
    const std::size_t position = slot.positions[m];
    slot.features[m] = static_cast<std::uint32_t>(
        in.axis == RowAxis::last ? position / in.rows : position % in.features);
    for (std::size_t n = 0; n < out.rows; ++n) {
      if (slot.positions[n * out.features + m] != in.at(n, slot.features[m])) {
        return false;
      }
    }
  }
  slot.same_features = in.features == out.features;
  for (std::size_t m = 0; m < out.features; ++m) {
    slot.same_features = slot.same_features && slot.features[m] == m;
  }
  return true;
}

template <class Real>
bool RowNetwork<Real>::add_elementwise(Step& step, const Graph::Node& node) {
  const auto moved = std::ranges::find_if(step.slots, [](const Slot& s) { return s.varied; });
  const RowLayout& in = layouts_[moved->id];
  const ValueId output = node.outputs[0];
  if (!set_layout(output, in.axis, in.rows)) {
    return false;
  }
  return std::ranges::all_of(step.slots, [&](Slot& slot) {
    return place(slot, layouts_[output].axis, graph_.values[output].shape);
  });
}

/// x W with rows along the first axis, or W a with rows along the last; also a single row of
/// either.
template <class Real>
bool RowNetwork<Real>::add_product(Step& step, const Graph::Node& node) {
  const std::size_t varied = static_cast<std::size_t>(
      std::ranges::count_if(step.slots, [](const Slot& s) { return s.varied; }));
  if (varied != 1 || !(step.slots[0].varied || step.slots[1].varied)) {
    return false;
  }
  step.moving = step.slots[0].varied ? 0 : 1;
  const RowLayout& in = layouts_[node.inputs[step.moving]];
  const TensorOf<Real>& fixed = values_[node.inputs[1 - step.moving]];
  const Shape& moving_shape = graph_.values[node.inputs[step.moving]].shape;
  const bool left = step.moving == 0;
  if (fixed.dimension() > 2 || fixed.size() == 0) {
    return false;
  }
  if (left) {
    const std::size_t inner = moving_shape.back();
    const bool apart =
        in.axis == RowAxis::none || (in.axis == RowAxis::first && moving_shape.size() > 1);
    step.inner_rows = in.features / inner;
    step.weights = reshaped(fixed, {inner, fixed.size() / inner});
    return apart && set_layout(node.outputs[0], in.axis, in.rows);
  }
  if (node.inputs.size() > 2) {
    return false;
  }
  const std::size_t inner = fixed.shape().back();
  const bool apart = in.axis == RowAxis::none
                         ? in.features == inner
                         : in.axis == RowAxis::last && moving_shape.size() == 2;
  step.weights = swap_last_axes(reshaped(fixed, {fixed.size() / inner, inner}));
  return apart && set_layout(node.outputs[0], in.axis, in.rows);
}

template <class Real>
bool RowNetwork<Real>::add_by_rows(Step& step, const Graph::Node& node) {
  std::size_t rows = 0;
  for (std::size_t slot = 0; slot < step.slots.size(); ++slot) {
    Slot& place = step.slots[slot];
    place.by_row = step.structure.rows[slot];
    const RowLayout& in = layouts_[place.id];
    if (place.varied && (!place.by_row || in.axis != RowAxis::first)) {
      return false;
    }
    rows = place.varied ? in.rows : rows;
  }
  return set_layout(node.outputs[0], RowAxis::first, rows);
}

template <class Real>
bool RowNetwork<Real>::add_terms(Step& step, const Graph::Node& node) {
  const auto moved = std::ranges::find_if(step.slots, [](const Slot& s) { return s.varied; });
  const RowLayout in = layouts_[moved->id];
  const Shape& shape = graph_.values[node.inputs[0]].shape;
  step.sum = sums_.size();
  sums_.push_back(node.outputs[0]);
  if (step.structure.kind == Kind::terms) {
    layouts_[node.outputs[0]] = row_layout(shape, in.axis);  // the terms', for `gathered`
    return std::ranges::all_of(step.slots, [&](Slot& slot) { return place(slot, in.axis, shape); });
  }
  const bool rows_first = in.axis == RowAxis::first && shape.size() > 1;
  const bool one_row = in.axis == RowAxis::none && shape.size() == 1;
  if (moved != step.slots.begin() || !(rows_first || one_row)) {
    return false;
  }
  layouts_[node.outputs[0]] = in;
  for (Slot& slot : step.slots) {
    slot.by_row = true;
  }
  return true;
}

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
    for (std::size_t m = 0; m < in.features; ++m) {
      x.data()[l * in.features + m] = values_[from_].data()[in.at(rows[l], m)];
    }
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
    for (std::size_t m = 0; m < in.features; ++m) {
      lane[m] = base[in.at((*rows_)[l], m)];
    }
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
    for (std::size_t m = 0; m < step.features; ++m) {
      lane[m] = base[out.at(row, m)];
    }
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
