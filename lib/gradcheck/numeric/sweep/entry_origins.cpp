#include <algorithm>
#include <cmath>
#include <iterator>

#include <gradcheck/numeric/sweep/entry_origins.hpp>

namespace gradcheck {

namespace {

/// Numbers are halves, so that whole ones that a layer fills in are none.
constexpr double half = 0.5;

/// The inputs with their entries numbered, one input after another.
class NumberedInputs {
 public:
  NumberedInputs(const Graph::Node& node, const Values<double>& values)
      : inputs_(inputs_of(node.inputs, values)) {
    numbered_.reserve(inputs_.size());
    for (std::size_t slot = 0; slot < inputs_.size(); ++slot) {
      first_.push_back(next_);
      if (node.layer->differentiable(slot)) {
        numbered_.push_back(*inputs_[slot]);
        for (double& entry : entries(numbered_.back())) {
          entry = static_cast<double>(next_++) + half;
        }
        inputs_[slot] = &numbered_.back();
      }
    }
  }

  Inputs<double> inputs() const { return Inputs<double>(inputs_); }
  std::size_t slots() const { return first_.size(); }
  std::size_t first(std::size_t slot) const { return first_[slot]; }
  bool has(double number) const {
    return number > 0 && number < static_cast<double>(next_) && number - std::floor(number) == half;
  }
  std::size_t slot_of(std::size_t number) const {
    const auto after = std::ranges::upper_bound(first_, number);
    return static_cast<std::size_t>(after - first_.begin()) - 1;
  }

 private:
  std::vector<const Tensor*> inputs_;
  Tensors<double> numbered_;
  std::vector<std::size_t> first_;  ///< number of a slot's first entry
  std::size_t next_ = 0;
};

}  // namespace

EntryOrigins::EntryOrigins(const Graph::Node& node, const ConvexCombination& active,
                           const Values<double>& values) {
  const NumberedInputs numbered(node, values);
  const Tensors<double> y = forward_on(*node.layer, active, numbered.inputs());
  std::vector<std::vector<Move>> by_slot(numbered.slots());
  for (std::size_t output = 0; output < y.size(); ++output) {
    for (std::size_t to = 0; to < y[output].size(); ++to) {
      if (const double number = y[output].data()[to]; numbered.has(number)) {
        const std::size_t from = static_cast<std::size_t>(number);
        const std::size_t slot = numbered.slot_of(from);
        by_slot[slot].push_back({from - numbered.first(slot), output, to});
      }
    }
  }
  for (const std::vector<Move>& moves : by_slot) {
    begin_.push_back(moves_.size());
    std::ranges::copy(moves, std::back_inserter(moves_));
  }
  begin_.push_back(moves_.size());
}

std::span<const EntryOrigins::Move> EntryOrigins::of_slot(std::size_t slot) const {
  return std::span(moves_).subspan(begin_[slot], begin_[slot + 1] - begin_[slot]);
}

}  // namespace gradcheck
