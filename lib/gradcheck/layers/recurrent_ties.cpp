#include <cmath>
#include <limits>

#include <gradcheck/layers/recurrent_ties.hpp>
#include <gradcheck/tensor/broadcast.hpp>

namespace gradcheck {

namespace {

Tensor magnitudes(const Tensor& t) {
  return map(t, [](double v) { return std::abs(v); });
}

/// The width of x Wᵀ + b.
Tensor width_through(const Tensor& x, const Tensor& x_width, const Tensor& W, const Tensor& W_width,
                     const Tensor* b, const Tensor* b_width) {
  constexpr double rounding = 4 * std::numeric_limits<double>::epsilon();
  const Tensor W_size = magnitudes(W), x_size = magnitudes(x);
  Tensor width = through(x_width, W_size, b_width);
  add_to(width, through<double>(x_size, W_width, nullptr));
  Tensor terms = through<double>(x_size, W_size, nullptr);
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const double bias = b == nullptr ? 0 : std::abs(b->data()[i % b->size()]);
    width.data()[i] += rounding * (terms.data()[i] + bias);
  }
  return width;
}

std::vector<InputEntry> all_entries(Inputs<double> in) {
  std::vector<InputEntry> entries;
  for (std::size_t slot = 0; slot < in.size(); ++slot) {
    for (std::size_t i = 0; i < in[slot]->size(); ++i) {
      entries.push_back({slot, i});
    }
  }
  return entries;
}

}  // namespace

Tensors<double> append_ties(const Recurrence<ReluUnit, double>& run, const RecurrentWidths& widths,
                            Inputs<double> in, std::vector<Tie>& found, std::size_t first_site) {
  const RecurrentWeights<double>& w = run.weights();
  const Tensor of_inputs = width_through(run.inputs(), widths.x, *w.w_ih, *widths.weights.w_ih,
                                         w.b_ih, widths.weights.b_ih);
  Tensors<double> by_step{widths.h};
  for (std::size_t step = 0; step < run.times(); ++step) {
    Tensor width = width_through(run.h(step), by_step.back(), *w.w_hh, *widths.weights.w_hh, w.b_hh,
                                 widths.weights.b_hh);
    for (std::size_t k = 0; k < width.size(); ++k) {
      const std::size_t site = step * width.size() + k;
      width.data()[k] += of_inputs.data()[run.time_of(step) * width.size() + k];
      if (std::abs(run.pre_activation(step, k)) <= width.data()[k]) {
        found.push_back({first_site + site, {0, 1}, all_entries(in)});
      }
    }
    by_step.push_back(std::move(width));
  }
  return by_step;
}

}  // namespace gradcheck
