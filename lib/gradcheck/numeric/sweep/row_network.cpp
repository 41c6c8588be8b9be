#include <algorithm>

#include <gradcheck/numeric/sweep/row_network.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/linalg.hpp>

namespace gradcheck {

namespace {

using Kind = Structure::Kind;

}  // namespace

template <class Real>
bool RowNetwork<Real>::aim(ValueId from, ValueId target, RowAxis axis) {
  from_ = from;
  steps_.clear();
  sums_.clear();
  base_terms_.clear();
  widest_ = 1;
  narrow_.assign(graph_.values.size(), false);
  narrow_[from] = true;
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
  step.structure = structure_of(graph_, node);
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
      case Kind::selection:
      case Kind::unknown:
        return false;
    }
    return false;
  }();
  step.features = layouts_[step.output].features;
  const bool entrywise =
      step.structure.kind == Kind::elementwise || step.structure.kind == Kind::terms;
  narrow_[step.output] = entrywise && std::ranges::all_of(step.slots, [&](const Slot& slot) {
                           return !slot.varied || (narrow_[slot.id] && slot.same_features);
                         });
  widest_ = std::max(widest_, narrow_[step.output] ? 1 : step.features);
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
    slot.side_by_side = true;
    for (std::size_t i = 0; i < slot.positions.size(); ++i) {
      const bool follows = i % out.features == 0 || slot.positions[i] == slot.positions[i - 1] + 1;
      slot.side_by_side = slot.side_by_side && follows;
    }
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
    find_base_terms(step);
    return std::ranges::all_of(step.slots, [&](Slot& slot) { return place(slot, in.axis, shape); });
  }
  const bool rows_first = in.axis == RowAxis::first && shape.size() > 1;
  const bool one_row = in.axis == RowAxis::none && shape.size() == 1;
  if (moved != step.slots.begin() || !(rows_first || one_row)) {
    return false;
  }
  layouts_[node.outputs[0]] = in;
  find_base_terms(step);
  for (Slot& slot : step.slots) {
    slot.by_row = true;
  }
  return true;
}

template class RowNetwork<double>;
template class RowNetwork<long double>;

}  // namespace gradcheck
