
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
  const Slice slice{slices_of(subscripts)};
  return {slice.shape(shape), slice.positions(shape)};
}

}  // namespace gradcheck
