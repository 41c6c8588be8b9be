#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <gradcheck/cases/case_rounding.hpp>

namespace gradcheck {

namespace {

constexpr double unit_roundoff = std::numeric_limits<double>::epsilon() / 2;
/// Pairs of twins. All of them see less than an eighth of the rounding, where two equal sources
/// cancel, once in some 10,000 cases.
constexpr std::size_t pairs = 6;
/// A few disturbances see a typical movement; rounding that accuses nobody is an upper estimate.
constexpr double safety_factor = 4;
/// How much farther the second twin is moved, and below which ratio of the effects it was a jump.
constexpr double twin_factor = 8;
constexpr double least_ratio = 4;

/// Numbers of so few bits that float32 holds them, such as 1 or 0.5, came about exactly.
bool is_exact(long double x) { return static_cast<long double>(static_cast<float>(x)) == x; }

}  // namespace

/// One repetition of the whole calculation, state by state.
class CaseRounding::Course {
 public:
  Course(const Network& network, const UpdateRule* rule, std::uint64_t seed, double amplitude)
      : network_(network), rule_(rule), random_(seed), amplitude_(amplitude) {
    leaves_ = leaf_values<long double>(network);
    for (LongTensor& leaf : leaves_) {
      disturb(leaf);
    }
    evaluate_here();
    start_ = now_.values;
  }

  void advance(std::size_t steps) {
    for (; usable_ && steps_ < steps; ++steps_) {
      leaves_ =
          stepped<long double>(network_, std::move(leaves_), std::move(now_), *rule_, steps_ + 1,
                               [&](const Values<long double>& at) { return evaluated(at); });
      for (LongTensor& leaf : leaves_) {
        disturb(leaf);
      }
      evaluate_here();
    }
  }

  bool usable() const { return usable_; }  ///< whether every layer accepted its disturbed inputs
  const LongTensor& value(ValueId id) const { return now_.values[id]; }
  const LongTensor& gradient(ValueId id) const { return now_.gradients[id]; }

  LongTensor change(ValueId id) const {
    LongTensor change = now_.values[id];
    for (std::size_t i = 0; i < change.size(); ++i) {
      change.data()[i] -= start_[id].data()[i];
    }
    return change;
  }

  LongTensor jacobian(ValueId to, ValueId from) {
    const Shape& rows = network_.value(to).shape;
    Shape shape = rows;
    const Shape& columns = network_.value(from).shape;
    shape.insert(shape.end(), columns.begin(), columns.end());
    LongTensor jacobian = empty<long double>(shape);
    long double* next = jacobian.data();
    for (std::size_t j = 0; j < entries_of(rows); ++j) {
      LongTensor upstream = zeros<long double>(rows);
      upstream.data()[j] = 1;
      const LongTensor row = backward_from(now_.values, to, upstream)[from];
      next = std::copy(row.data(), row.data() + row.size(), next);
    }
    return jacobian;
  }

 private:
  void disturb(LongTensor& t) {
    for (std::size_t i = 0; i < t.size() && amplitude_ > 0; ++i) {
      long double& x = t.data()[i];
      const std::uint64_t bits = random_();  // drawn for each entry, so that twins go together
      const double size = 0.5 + 0.5 * std::ldexp(static_cast<double>(bits >> 12), -52);
      x *= is_exact(x) ? 1.0L : 1.0L + amplitude_ * ((bits & 1) != 0 ? size : -size);
    }
  }

  Values<long double> backward_from(const Values<long double>& values, ValueId target,
                                    const LongTensor& upstream) {
    return backward<long double>(network_, values, target, upstream,
                                 [&](ValueId, LongTensor& gradient) { disturb(gradient); });
  }

  Evaluation<long double> evaluated(const Values<long double>& leaves) {
    Evaluation<long double> now{leaves, {}};
    for (const Network::Node& node : network_.nodes()) {
      const std::vector<const LongTensor*> x = inputs_of(node.inputs, now.values);
      Tensors<long double> y = node.layer->forward(Inputs<long double>(x));
      for (std::size_t k = 0; k < y.size(); ++k) {
        disturb(y[k]);
        now.values[node.outputs[k]] = std::move(y[k]);
      }
    }
    const Shape& shape = network_.value(network_.loss()).shape;
    const long double one = entries_of(shape) == 1 ? 1 : 0;
    now.gradients = backward_from(now.values, network_.loss(), full<long double>(shape, one));
    return now;
  }

  void evaluate_here() {
    try {
      now_ = evaluated(leaves_);
    } catch (const Error&) {
      usable_ = false;
    }
  }

  const Network& network_;
  const UpdateRule* rule_;
  std::mt19937_64 random_;
  double amplitude_;
  bool usable_ = true;
  std::size_t steps_ = 0;
  Values<long double> leaves_;
  Values<long double> start_;
  Evaluation<long double> now_;
};

CaseRounding::CaseRounding(const Network& network, const UpdateRule* rule)
    : network_(network), rule_(rule) {}

CaseRounding::~CaseRounding() = default;

void CaseRounding::advance(std::size_t steps) {
  if (courses_.empty()) {
    courses_.emplace_back(network_, rule_, 0, 0);
    for (std::uint64_t seed = 1; seed <= pairs; ++seed) {
      courses_.emplace_back(network_, rule_, seed, unit_roundoff);
      courses_.emplace_back(network_, rule_, seed, twin_factor * unit_roundoff);
    }
  }
  for (Course& course : courses_) {
    course.advance(steps);
  }
}

template <class Read>
Tensor CaseRounding::spread(std::size_t steps, Read read) {
  advance(steps);
  const LongTensor base = read(courses_[0]);
  Tensor widths = zeros<double>(shape_of(base));
  for (std::size_t k = 1; k < courses_.size(); k += 2) {
    if (!courses_[k].usable() || !courses_[k + 1].usable()) {
      continue;
    }
    const LongTensor moved = read(courses_[k]), twin = read(courses_[k + 1]);
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const long double near = std::abs(moved.data()[i] - base.data()[i]);
      const long double far = std::abs(twin.data()[i] - base.data()[i]);
      if (std::isfinite(far) && far >= least_ratio * near) {
        widths.data()[i] = std::max(widths.data()[i], safety_factor * static_cast<double>(near));
      }
    }
  }
  return widths;
}

Tensor CaseRounding::of_value(ValueId id, std::size_t steps) {
  return spread(steps, [&](Course& course) { return course.value(id); });
}
Tensor CaseRounding::of_gradient(ValueId id, std::size_t steps) {
  return spread(steps, [&](Course& course) { return course.gradient(id); });
}
Tensor CaseRounding::of_change(ValueId id, std::size_t steps) {
  return spread(steps, [&](Course& course) { return course.change(id); });
}
Tensor CaseRounding::of_jacobian(ValueId to, ValueId from, std::size_t steps) {
  return spread(steps, [&](Course& course) { return course.jacobian(to, from); });
}

}  // namespace gradcheck
