#include <gradcheck/layers/ctc_loss.hpp>
#include <gradcheck/layers/targets.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

using Kind = SettingType::Kind;

/// The length that entry n holds, from `lowest` to `highest`.
template <class Real>
std::size_t length_at(const char* what, const TensorOf<Real>& lengths, std::size_t n,
                      std::size_t lowest, std::size_t highest) {
  const Real length = lengths.data()[n];
  if (!(length >= Real(lowest) && length <= Real(highest) && length == std::trunc(length))) {
    throw_value("ctc_loss", what + index_text(shape_of(lengths), n),
                number_text(static_cast<double>(length)),
                "an integer from " + std::to_string(lowest) + " to " + std::to_string(highest));
  }
  return static_cast<std::size_t>(length);
}

LayerPtr make_ctc(const Settings& settings) {
  const long long blank = integer_setting(settings, "blank");
  if (blank < 0) {
    throw_value("ctc_loss", "blank", std::to_string(blank), "an integer from 0 up");
  }
  return make_layer("ctc_loss",
                    CtcLoss{static_cast<std::size_t>(blank), reduction_setting(settings),
                            boolean_setting(settings, "zero_infinity")});
}

}  // namespace

Shape CtcLoss::shape(const Shape& x, const Shape& t, const Shape& input_lengths,
                     const Shape& target_lengths) const {
  if (x.size() != 3 || entries_of(x) == 0) {
    throw_shape("ctc_loss", "x", to_string(x), "(T, N, C)");
  }
  if (blank >= x[2]) {
    throw_value("ctc_loss", "blank", std::to_string(blank),
                "an integer from 0 to " + std::to_string(x[2] - 1));
  }
  if (t.size() != 2 || t[0] != x[1]) {
    throw_shape("ctc_loss", "t", to_string(t),
                "(" + std::to_string(x[1]) + ", S), for x has shape " + to_string(x));
  }
  const Shape batch{x[1]};
  if (input_lengths != batch || target_lengths != batch) {
    const bool first = input_lengths != batch;
    throw_shape("ctc_loss", first ? "input_lengths" : "target_lengths",
                to_string(first ? input_lengths : target_lengths),
                to_string(batch) + ", for x has shape " + to_string(x));
  }
  return reduction == Reduction::none ? batch : Shape{};
}

template <class Real>
CtcPaths<Real> CtcLoss::paths(const TensorOf<Real>& x, const TensorOf<Real>& t,
                              const TensorOf<Real>& times, const TensorOf<Real>& lengths,
                              std::size_t n) const {
  const std::size_t classes = x.shape()[2], most = t.shape()[1];
  const std::size_t last = length_at("input_lengths", times, n, 1, x.shape()[0]);
  std::vector<std::size_t> labels(length_at("target_lengths", lengths, n, 0, most));
  for (std::size_t s = 0; s < labels.size(); ++s) {
    labels[s] = label_at("ctc_loss", t, n * most + s, classes);
    if (labels[s] == blank) {
      throw_value("ctc_loss", "t" + index_text(shape_of(t), n * most + s),
                  "label " + std::to_string(blank) + ", the blank", "a label that is none");
    }
  }
  return {x.data() + n * classes, x.shape()[1] * classes, last, std::move(labels), blank};
}

template CtcPaths<double> CtcLoss::paths(const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                                         std::size_t) const;
template CtcPaths<long double> CtcLoss::paths(const LongTensor&, const LongTensor&,
                                              const LongTensor&, const LongTensor&,
                                              std::size_t) const;

void add_ctc_loss(LayerLibrary& library) {
  library.add(
      {.name = "ctc_loss",
       .group = "loss",
       .tensors = {"x", "t", "input_lengths", "target_lengths"},
       .settings = {{.name = "blank", .kind = Kind::integer, .default_value = 0.0},
                    reduction_type("mean"),
                    {.name = "zero_infinity", .kind = Kind::boolean, .default_value = false}},
       .formula = "L = −ln of the probability that x gives to all paths that read as the "
                  "labels t once repetitions and then blanks are dropped; for \"mean\" "
                  "divided by the number of labels, then averaged",
       .gradients = "dx[t, n, c] = −dL P(a path is in symbol c at t); all others are held "
                    "constant",
       .shapes = "x (T, N, C) logarithms of probabilities, t (N, S) labels, input_lengths "
                 "and target_lengths (N), L (), or (N) for \"none\"",
       .make = make_ctc});
}

}  // namespace gradcheck
