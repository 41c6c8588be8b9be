#include <numeric>

#include <gradcheck/network/language.hpp>
#include <gradcheck/network/selection.hpp>

namespace gradcheck {

std::vector<AxisSlice> slices_of(const std::vector<Subscript>& subscripts) {
  std::vector<AxisSlice> slices;
  for (const Subscript& s : subscripts) {
    AxisSlice slice;
    slice.start = s.start;
    slice.stop = s.stop;
    slice.step = s.step;
    slice.is_index = s.kind == Subscript::Kind::index;
    slice.ellipsis = s.kind == Subscript::Kind::ellipsis;
    slices.push_back(slice);
  }
  return slices;
}

Selection select(const Shape& shape, const std::vector<Subscript>& subscripts) {
  Tensor positions = empty<double>(shape);
  std::iota(positions.data(), positions.data() + positions.size(), 0.0);
  const Tensor* const x = &positions;
  const LayerPtr slice = make_slice(slices_of(subscripts));
  slice->output_shapes(std::vector<Shape>{shape});
  const Tensor chosen = std::move(slice->forward(Inputs<double>(&x, 1))[0]);
  Selection selection{shape_of(chosen), {}};
  for (const double position : entries(chosen)) {
    selection.positions.push_back(static_cast<std::size_t>(position));
  }
  return selection;
}

}  // namespace gradcheck
