#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include <gradcheck/c/layer_description.hpp>
#include <gradcheck/c/number_buffer.hpp>

namespace gradcheck {

/// The tensors of forward_batch: a buffer for each slot, with that of each point behind the other.
class PointBuffers {
 public:
  /// Of NaN.
  template <class Slots>
  PointBuffers(const LayerDescription& layer, const Slots& slots, std::size_t points)
      : layer_(layer), count_(points) {
    for (const LayerDescription::Slot& slot : slots) {
      Shape shape = slot.shape;
      shape.insert(shape.begin(), points);
      names_.push_back(slot.name);
      buffers_.emplace_back(layer.type, shape);
    }
  }

  /// Throws ValueError or ShapeError for points that are not tensors of these slots.
  void fill(std::span<const Tensors<double>> points);

  std::vector<void*> pointers();
  /// Throws CallbackError if something was written beyond an end.
  void require_guarded(const char* callback) const;
  /// The tensors of each point.
  std::vector<Tensors<double>> points() const;

 private:
  const LayerDescription& layer_;
  std::size_t count_;
  std::vector<std::string> names_;
  std::vector<NumberBuffer> buffers_;
};

}  // namespace gradcheck
