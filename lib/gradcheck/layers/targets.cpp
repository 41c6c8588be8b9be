#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/targets.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

void require_targets(std::string_view where, std::string_view scores, const Shape& z,
                     const Shape& t, std::string_view weights) {
  if (z.empty()) {
    throw_shape(where, scores, to_string(z), "(N, C), or (C,) for one row");
  }
  require_entries(where, scores, z);
  const Shape rows(z.begin(), z.end() - 1);
  if (t != z && t != rows && !(z.size() == 1 && t == Shape{1})) {
    throw_shape(where, "t", to_string(t),
                to_string(rows) + " of class indices or " + to_string(z) + " of " +
                    std::string(weights) + ", for " + std::string(scores) + " has shape " +
                    to_string(z));
  }
}

void throw_label(std::string_view where, const Shape& t, std::size_t i, double label,
                 std::size_t classes) {
  throw_value(where, "t" + index_text(t, i), "label " + number_text(label),
              "an integer from 0 to " + std::to_string(classes - 1));
}

void throw_not_one_hot(std::string_view where, std::size_t row) {
  throw_value(where, "row " + std::to_string(row) + " of t", "other entries",
              "a single 1 and zeros");
}

namespace {

[[noreturn]] void throw_probability(std::string_view where, const Shape& p, std::size_t i,
                                    double value) {
  throw_value(where, "p" + index_text(p, i), "value " + number_text(value),
              "a probability from 0 to 1");
}

}  // namespace

template <class Real>
void require_probabilities(std::string_view where, const TensorOf<Real>& p) {
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (p.data()[i] < 0 || p.data()[i] > 1) {
      throw_probability(where, shape_of(p), i, static_cast<double>(p.data()[i]));
    }
  }
}

template void require_probabilities(std::string_view, const TensorOf<double>&);
template void require_probabilities(std::string_view, const TensorOf<long double>&);

}  // namespace gradcheck
