#include <algorithm>

#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/rearranging.hpp>
#include <gradcheck/layers/shaping.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

/// The indices first, first + step, … (count of them) of one axis of x.
struct Run {
  long long first;
  long long step;
  std::size_t count;
  bool dropped;  ///< an index: the axis is not in y
};

/// A slice's end brought into [low, high], as Python's slice.indices does: negative ones count from
/// the end.
long long clamp_end(long long end, long long extent, long long low, long long high) {
  return std::clamp(end < 0 ? end + extent : end, low, high);
}

Run run_of_slice(const AxisSlice& s, long long extent) {
  const long long step = s.step.value_or(1);
  if (step == 0) {
    throw_value("slice", "a subscript", "step 0", "any other step");
  }
  const bool up = step > 0;
  // Going down, the end before the first index is −1.
  const long long low = up ? 0 : -1;
  const long long high = up ? extent : extent - 1;
  const long long first = s.start ? clamp_end(*s.start, extent, low, high) : up ? low : high;
  const long long end = s.stop ? clamp_end(*s.stop, extent, low, high) : up ? high : low;
  const long long length = up ? end - first : first - end;
  // Written so that a step of −2⁶³ has no overflow: no slice is longer than 2²⁸.
  const long long stride = std::min(up ? step : -std::max(step, -(extent + 1)), extent + 1);
  const long long count = length <= 0 ? 0 : (length - 1) / stride + 1;
  return {first, up ? stride : -stride, static_cast<std::size_t>(count), false};
}

Run run_of(const AxisSlice& s, std::size_t axis, std::size_t extent) {
  const long long n = static_cast<long long>(extent);
  if (!s.is_index) {
    return run_of_slice(s, n);
  }
  const long long index = s.start.value_or(0);
  if (index < -n || index >= n) {
    throw_value("slice", "axis " + std::to_string(axis), "index " + std::to_string(index),
                n == 0 ? "none, for its extent is 0"
                       : "an integer from " + std::to_string(-n) + " to " + std::to_string(n - 1));
  }
  return {index < 0 ? index + n : index, 1, 1, true};
}

/// One subscript for each axis: `...`, or the end of the list, stands for all axes not named.
std::vector<AxisSlice> for_each_axis(std::vector<AxisSlice> subscripts, const Shape& x) {
  const auto ellipses = std::ranges::count(subscripts, true, &AxisSlice::ellipsis);
  if (ellipses > 1) {
    throw_value("slice", "the subscript list", std::to_string(ellipses) + " times '...'",
                "one at most");
  }
  if (ellipses == 0) {
    subscripts.push_back({.ellipsis = true});
  }
  const std::size_t named = subscripts.size() - 1;
  if (named > x.size()) {
    throw_value("slice", "the subscript list", std::to_string(named) + " items",
                "at most " + std::to_string(x.size()) + " for shape " + to_string(x));
  }
  const auto at = std::ranges::find(subscripts, true, &AxisSlice::ellipsis);
  subscripts.insert(subscripts.erase(at), x.size() - named, AxisSlice{});
  return subscripts;
}

std::vector<Run> runs_of(const std::vector<AxisSlice>& subscripts, const Shape& x) {
  const std::vector<AxisSlice> each = for_each_axis(subscripts, x);
  std::vector<Run> runs;
  for (std::size_t k = 0; k < x.size(); ++k) {
    runs.push_back(run_of(each[k], k, x[k]));
  }
  return runs;
}

}  // namespace

Shape Slice::shape(const Shape& x) const {
  Shape y;
  for (const Run& run : runs_of(subscripts, x)) {
    if (!run.dropped) {
      y.push_back(run.count);
    }
  }
  return y;
}

std::vector<std::size_t> Slice::positions(const Shape& x) const {
  const std::vector<Run> runs = runs_of(subscripts, x);
  std::vector<std::size_t> positions{0};
  for (std::size_t k = 0; k < x.size(); ++k) {
    std::vector<std::size_t> next;
    next.reserve(positions.size() * runs[k].count);
    for (const std::size_t p : positions) {
      for (std::size_t i = 0; i < runs[k].count; ++i) {
        const long long index = runs[k].first + static_cast<long long>(i) * runs[k].step;
        next.push_back(p * x[k] + static_cast<std::size_t>(index));
      }
    }
    positions = std::move(next);
  }
  return positions;
}

LayerPtr make_slice(std::vector<AxisSlice> subscripts) {
  return make_layer("slice", Rearranged<Slice>{{std::move(subscripts)}});
}

}  // namespace gradcheck
