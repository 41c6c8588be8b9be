#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include <defects/altered_layer.hpp>

#include <gradcheck/tensor/broadcast.hpp>

namespace gradcheck::defects {

/// The mistakes that people make when they write a backward by hand. Each takes the position of the
/// input whose gradient it spoils.

/// dx[slot] times a factor.
Alteration scaled(double factor, std::size_t slot = 0);
Alteration negated(std::size_t slot = 0);
/// One entry of dx[slot] times a factor; the position is taken modulo the number of entries.
Alteration scaled_entry(std::size_t entry, double factor, std::size_t slot = 0);
/// `amount` added to every entry of dx[slot].
Alteration shifted(double amount, std::size_t slot = 0);
/// All zeros.
Alteration dropped(std::size_t slot = 0);
/// One entry is left as the buffer came: poisoned with NaN.
Alteration never_written(std::size_t entry, std::size_t slot = 0);
/// |dx|
Alteration magnitude(std::size_t slot = 0);
/// Rounded to float32 and back.
Alteration float32(std::size_t slot = 0);
/// The entries written in the order of the transpose of the last two axes.
Alteration transposed(std::size_t slot = 0);
/// The entries of the row before (of the last row, for the first).
Alteration row_late(std::size_t slot = 0);
/// Only the last row of the upstream counts: overwritten instead of accumulated.
Alteration last_row_only(std::size_t slot = 0);
/// Divided by the number of rows (the first axis) of the upstream.
Alteration averaged_over_rows(std::size_t slot = 0);
/// Every entry gets the mean of all.
Alteration spread_evenly(std::size_t slot = 0);
/// The gradients of two inputs of one shape are mistaken for each other.
Alteration swapped(std::size_t slot = 0, std::size_t other = 1);
/// The upstream is taken for 1, clipped to ±limit, made positive, or stripped of what is negative
/// (guided backpropagation).
Alteration upstream_ignored();
Alteration upstream_clipped(double limit);
Alteration upstream_magnitude();
Alteration upstream_guided();
/// Evaluated at other inputs: x[slot] of the call before, here one row further.
Alteration stale(std::size_t slot = 0);
/// Evaluated at a multiple of x[slot].
Alteration at_multiple(double factor, std::size_t slot = 0);
/// Evaluated at x[slot] + amount: an epsilon that was forgotten, or counted twice.
Alteration at_shift(double amount, std::size_t slot = 0);

/// dx[slot] = dy · f(x, y) with the upstream, input `slot` and output of that entry, all of one
/// shape: f is a wrong formula for the derivative.
template <class Function>
Alteration slope(Function f, std::size_t slot = 0) {
  return [f, slot](auto& call) {
    for (std::size_t i = 0; i < call.dx[slot].size(); ++i) {
      call.dx[slot].data()[i] =
          call.dy[0].data()[i] * f(call.x[slot]->data()[i], call.y[0].data()[i]);
    }
  };
}

/// dx[slot] = f(x, dx): a mistake at some entries only, by the value of the input there.
template <class Function>
Alteration entrywise(Function f, std::size_t slot = 0) {
  return [f, slot](auto& call) {
    for (std::size_t i = 0; i < call.dx[slot].size(); ++i) {
      call.dx[slot].data()[i] = f(call.x[slot]->data()[i], call.dx[slot].data()[i]);
    }
  };
}

/// dx[0] = dy · f(a, b) and so on, for a layer of two inputs and one output of the same shape:
/// wrong at some entries, by the values of both.
template <class Function>
Alteration pairwise(Function f) {
  return [f](auto& call) {
    for (std::size_t i = 0; i < call.dy[0].size(); ++i) {
      f(call.x[0]->data()[i], call.x[1]->data()[i], call.dy[0].data()[i], call.dx[0].data()[i],
        call.dx[1].data()[i]);
    }
  };
}

}  // namespace gradcheck::defects
