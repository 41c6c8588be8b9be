#include <gradcheck/c/point_buffers.hpp>

namespace gradcheck {
namespace {

Shape one_of(Shape shape) {
  shape.erase(shape.begin());
  return shape;
}

}  // namespace

void PointBuffers::fill(std::span<const Tensors<double>> points) {
  for (std::size_t slot = 0; slot < buffers_.size(); ++slot) {
    Tensor all = empty<double>(buffers_[slot].shape());
    const Shape wanted = one_of(buffers_[slot].shape());
    double* to = all.data();
    for (const Tensors<double>& point : points) {
      if (slot >= point.size() || shape_of(point[slot]) != wanted) {
        throw_shape(layer_.callee.layer + ".forward_batch", names_[slot], "<another>",
                    to_string(wanted));
      }
      to = std::ranges::copy(entries(point[slot]), to).out;
    }
    buffers_[slot] = NumberBuffer(layer_.type, all);
  }
}

std::vector<void*> PointBuffers::pointers() {
  std::vector<void*> result;
  for (NumberBuffer& buffer : buffers_) {
    result.push_back(buffer.data());
  }
  return result;
}

void PointBuffers::require_guarded(const char* callback) const {
  for (std::size_t slot = 0; slot < buffers_.size(); ++slot) {
    if (!buffers_[slot].guarded()) {
      layer_.callee.fail(callback, "writes beyond the end of <" + names_[slot] + ">, expected " +
                                       to_string(buffers_[slot].shape()) + " entries");
    }
  }
}

std::vector<Tensors<double>> PointBuffers::points() const {
  std::vector<Tensors<double>> result(count_);
  for (const NumberBuffer& buffer : buffers_) {
    const Tensor all = buffer.tensor();
    const Shape shape = one_of(buffer.shape());
    const std::size_t size = entries_of(shape);
    for (std::size_t k = 0; k < count_; ++k) {
      result[k].push_back(tensor_of(shape, entries(all).subspan(k * size, size)));
    }
  }
  return result;
}

}  // namespace gradcheck
