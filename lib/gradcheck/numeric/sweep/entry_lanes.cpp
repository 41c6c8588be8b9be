#include <set>

#include <gradcheck/numeric/sweep/entry_lanes.hpp>
#include <gradcheck/tensor/broadcast.hpp>

namespace gradcheck {

EntryLanes::EntryLanes(const Graph& graph, ValueId value, RowAxis axis)
    : seen_(value),
      layout_(row_layout(graph.values[value].shape, axis)),
      entries_(entries_of(graph.values[value].shape)),
      itself_(true) {}

EntryLanes::EntryLanes(const Graph& graph, const Values<double>& values, const Graph::Node& node,
                       std::size_t slot, RowAxis axis)
    : seen_(node.outputs[0]),
      layout_(row_layout(graph.values[seen_].shape, axis)),
      entries_(values[node.inputs[slot]].size()) {
  const Structure structure = structure_of(graph, node);
  const Shape shape = shape_of(values[node.inputs[slot]]);
  if (structure.kind == Structure::Kind::product && slot < 2) {
    (slot == 0 ? right_ : left_) = &values[node.inputs[1 - slot]];
    inner_ = slot == 0 ? shape.back() : shape.front();
    columns_ = slot == 0 ? right_->size() / inner_ : entries_ / inner_;
    return;
  }
  slope_ = structure.slopes.empty() ? 1 : structure.slopes[slot];
  places_.resize(entries_);
  const std::vector<std::size_t> origin = broadcast_positions(shape, graph.values[seen_].shape);
  for (std::size_t place = 0; place < origin.size(); ++place) {
    places_[origin[place]].push_back(place);
  }
}

/// Adds what moves at an entry of `seen`, `inner` entries behind the start of a row of `extent`.
void EntryLanes::add(std::vector<Lane>& lanes, std::size_t outer, std::size_t inner,
                     std::size_t extent, double factor) const {
  if (factor == 0) {
    return;
  }
  const bool last = layout_.axis == RowAxis::last;
  const std::size_t own_extent = last ? layout_.rows : layout_.features;
  if (extent != own_extent) {
    const std::size_t position = outer * extent + inner;
    outer = position / own_extent;
    inner = position % own_extent;
  }
  lanes.push_back({static_cast<std::uint32_t>(last ? inner : outer),
                   static_cast<std::uint32_t>(last ? outer : inner), factor});
}

void EntryLanes::append(std::size_t entry, std::vector<Lane>& lanes) const {
  if (itself_) {
    add(lanes, entry, 0, 1, 1);
  } else if (left_ != nullptr) {
    const std::size_t k = entry / columns_, column = entry % columns_;
    for (std::size_t n = 0; n < left_->size() / inner_; ++n) {
      add(lanes, n, column, columns_, left_->data()[n * inner_ + k]);
    }
  } else if (right_ != nullptr) {
    const std::size_t n = entry / inner_, k = entry % inner_;
    for (std::size_t l = 0; l < columns_; ++l) {
      add(lanes, n, l, columns_, right_->data()[k * columns_ + l]);
    }
  } else {
    for (const std::size_t place : places_[entry]) {
      add(lanes, place, 0, 1, slope_);
    }
  }
}

bool EntryLanes::one_feature_a_row() const {
  for (const std::size_t entry : {std::size_t{0}, entries_ / 2, entries_ - 1}) {
    std::set<std::uint32_t> rows;
    std::vector<Lane> lanes;
    append(entry, lanes);
    for (const Lane& lane : lanes) {
      if (!rows.insert(lane.row).second) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace gradcheck
