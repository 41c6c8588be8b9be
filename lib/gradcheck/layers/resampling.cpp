#include <algorithm>

#include <gradcheck/layers/resampling.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

void require_axis(std::string_view where, std::size_t out) {
  constexpr std::size_t most = std::size_t{1} << 22;
  if (out > most) {
    throw_shape(where, "an axis of the result", std::to_string(out),
                "at most " + std::to_string(most));
  }
}

PlaneMap::PlaneMap(const std::vector<AxisMap>& axes) {
  Shape in, out;
  for (const AxisMap& axis : axes) {
    in.push_back(axis.in);
    out.push_back(axis.out());
  }
  in_ = entries_of(in);
  const std::size_t count = entries_of(out);
  for (std::size_t o = 0; o < count; ++o) {
    const std::vector<std::size_t> at = unravel(out, o);
    std::vector<AxisMap::Seen> seen{{0, 1}};
    double divisor = 1;
    for (std::size_t a = 0; a < axes.size(); ++a) {
      std::vector<AxisMap::Seen> wider;
      for (const AxisMap::Seen& before : seen) {
        for (const AxisMap::Seen& here : axes[a].seen[at[a]]) {
          wider.push_back({before.place * axes[a].in + here.place, before.weight * here.weight});
        }
      }
      seen = std::move(wider);
      divisor *= axes[a].divisor[at[a]];
    }
    for (const AxisMap::Seen& each : seen) {
      place_.push_back(static_cast<std::uint32_t>(each.place));
      weight_.push_back(each.weight);
    }
    first_.push_back(place_.size());
    divisor_.push_back(divisor);
  }
}

PlaneMap::Table PlaneMap::table() const {
  Table table{1, true, {}, {}};
  for (std::size_t o = 0; o < out(); ++o) {
    table.most = std::max(table.most, first_[o + 1] - first_[o]);
  }
  for (std::size_t o = 0; o < out(); ++o) {
    for (std::size_t m = first_[o]; m < first_[o] + table.most; ++m) {
      const bool seen = m < first_[o + 1];
      table.place.push_back(seen ? static_cast<std::int32_t>(place_[m]) : -1);
      table.weight.push_back(seen ? weight_[m] / divisor_[o] : 0);
      table.plain = table.plain && (!seen || table.weight.back() == 1);
    }
  }
  return table;
}

Shape Resampling::shape(const Shape& x) const {
  const std::vector<AxisMap> axes = maps(x);
  Shape y = x;
  for (std::size_t a = 0; a < axes.size(); ++a) {
    y[x.size() - axes.size() + a] = axes[a].out();
  }
  if (drop) {
    y.resize(x.size() - axes.size());
  }
  return y;
}

}  // namespace gradcheck
