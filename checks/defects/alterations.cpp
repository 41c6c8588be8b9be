#include <defects/alterations.hpp>

namespace gradcheck::defects {

namespace {

/// dx[slot] = f(dx[slot], upstream), as a whole.
template <class Function>
Alteration whole(std::size_t slot, Function f) {
  return [slot, f](auto& call) { call.dx[slot] = f(call.dx[slot]); };
}

/// All gradients from another upstream, f(dy) entry by entry.
template <class Function>
Alteration upstream(Function f) {
  return [f](auto& call) {
    auto dy = call.dy;
    for (auto& each : dy) {
      each = map(each, f);
    }
    call.dx = call.with_upstream(dy);
  };
}

/// The gradient of one input, evaluated at another value of it.
template <class Function>
Alteration elsewhere(std::size_t slot, Function f) {
  return [slot, f](auto& call) {
    auto x = call.inputs();
    x[slot] = f(x[slot]);
    call.dx = call.with_inputs(x);
  };
}

/// The entries of each row of a tensor moved one row on; a vector's by one entry.
template <class Real>
TensorOf<Real> rolled(const TensorOf<Real>& t) {
  TensorOf<Real> out = t;
  const std::size_t rows = t.dimension() == 0 ? 1 : t.shape()[0];
  const std::size_t row = rows == 0 ? 0 : t.size() / rows;
  for (std::size_t i = 0; i < t.size(); ++i) {
    out.data()[(i + row) % t.size()] = t.data()[i];
  }
  return out;
}

}  // namespace

Alteration scaled(double factor, std::size_t slot) {
  return whole(slot,
               [factor](const auto& dx) {
                 return map(dx, [factor](auto d) { return static_cast<decltype(d)>(d * factor); });
               })
      .showing(factor == 0    ? "zero"
               : factor == -1 ? "sign flipped"
                              : "constant factor");
}

Alteration negated(std::size_t slot) { return scaled(-1, slot); }

Alteration scaled_entry(std::size_t entry, double factor, std::size_t slot) {
  return Alteration(
             [=](auto& call) { call.dx[slot].data()[entry % call.dx[slot].size()] *= factor; })
      .showing("one entry");
}

Alteration shifted(double amount, std::size_t slot) {
  return whole(slot,
               [amount](const auto& dx) {
                 return map(dx, [amount](auto d) { return static_cast<decltype(d)>(d + amount); });
               })
      .showing("constant added");
}

Alteration dropped(std::size_t slot) { return scaled(0, slot); }

Alteration never_written(std::size_t entry, std::size_t slot) {
  return scaled_entry(entry, std::numeric_limits<double>::quiet_NaN(), slot)
      .showing("never written");
}

Alteration magnitude(std::size_t slot) {
  return whole(slot, [](const auto& dx) { return map(dx, [](auto d) { return std::abs(d); }); })
      .showing("sign lost");
}

Alteration float32(std::size_t slot) {
  return whole(slot,
               [](const auto& dx) {
                 return map(dx,
                            [](auto d) { return static_cast<decltype(d)>(static_cast<float>(d)); });
               })
      .showing("float32 precision");
}

Alteration transposed(std::size_t slot) {
  return whole(slot,
               [](const auto& dx) {
                 auto out = dx;
                 const std::size_t columns = dx.shape().back();
                 const std::size_t rows = dx.shape()[dx.dimension() - 2];
                 for (std::size_t i = 0; i < dx.size(); ++i) {
                   const std::size_t block = i / (rows * columns) * (rows * columns);
                   const std::size_t place = i % (rows * columns);
                   out.data()[block + place % columns * rows + place / columns] = dx.data()[i];
                 }
                 return out;
               })
      .showing("transposed");
}

Alteration row_late(std::size_t slot) {
  return whole(slot, [](const auto& dx) { return rolled(dx); }).showing("rows permuted");
}

Alteration last_row_only(std::size_t slot) {
  return Alteration([slot](auto& call) {
           auto dy = call.dy;
           const std::size_t row = dy[0].size() / dy[0].shape()[0];
           std::fill_n(dy[0].data(), dy[0].size() - row, 0);
           call.dx[slot] = call.with_upstream(dy)[slot];
         })
      .showing("not summed over the batch");
}

Alteration averaged_over_rows(std::size_t slot) {
  return Alteration([slot](auto& call) {
           const std::size_t rows = call.dy[0].shape()[0];
           for (std::size_t i = 0; i < call.dx[slot].size(); ++i) {
             call.dx[slot].data()[i] /= static_cast<double>(rows);
           }
         })
      .showing("constant factor");
}

Alteration spread_evenly(std::size_t slot) {
  return whole(slot,
               [](const auto& dx) {
                 auto sum = dx.data()[0] * 0;
                 for (std::size_t i = 0; i < dx.size(); ++i) {
                   sum += dx.data()[i];
                 }
                 const auto mean = sum / static_cast<decltype(sum)>(dx.size());
                 return map(dx, [mean](auto) { return mean; });
               })
      .showing("same everywhere");
}

Alteration swapped(std::size_t slot, std::size_t other) {
  return Alteration([=](auto& call) { std::swap(call.dx[slot], call.dx[other]); })
      .showing("inputs exchanged");
}

Alteration upstream_ignored() {
  return upstream([](auto d) { return static_cast<decltype(d)>(1); }).showing("upstream ignored");
}

Alteration upstream_clipped(double limit) {
  return upstream([limit](auto d) {
           const auto most = static_cast<decltype(d)>(limit);
           return std::clamp(d, -most, most);
         })
      .showing("upstream changed");
}

Alteration upstream_magnitude() {
  return upstream([](auto d) { return std::abs(d); }).showing("upstream changed");
}

Alteration upstream_guided() {
  return upstream([](auto d) { return std::max(d, static_cast<decltype(d)>(0)); })
      .showing("upstream changed");
}

Alteration stale(std::size_t slot) {
  return elsewhere(slot, [](const auto& x) { return rolled(x); }).showing("stale values");
}

Alteration at_multiple(double factor, std::size_t slot) {
  return elsewhere(slot, [factor](const auto& x) {
    return map(x, [factor](auto v) { return static_cast<decltype(v)>(v * factor); });
  });
}

Alteration at_shift(double amount, std::size_t slot) {
  return elsewhere(slot, [amount](const auto& x) {
    return map(x, [amount](auto v) { return static_cast<decltype(v)>(v + amount); });
  });
}

}  // namespace gradcheck::defects
