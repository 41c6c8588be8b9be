#include <algorithm>

#include <gradcheck/numeric/point/evaluator.hpp>

namespace gradcheck {

namespace {

bool any_of(const std::vector<bool>& flags, const std::vector<ValueId>& ids) {
  return std::ranges::any_of(ids, [&](ValueId id) { return flags[id]; });
}

/// Puts a number back as it was.
template <class Real>
class Restore {
 public:
  explicit Restore(Real& place) : place_(place), saved_(place) {}
  ~Restore() { place_ = saved_; }
  Restore(const Restore&) = delete;
  Restore& operator=(const Restore&) = delete;

 private:
  Real& place_;
  Real saved_;
};

}  // namespace

template <class Real>
Evaluator<Real>::Evaluator(const Graph& graph, const Values<Real>& values,
                           const ActivePieces& active, ProbeScope reach)
    : graph_(graph), base_(values), active_(active), scope_(reach), moved_(values) {}

template <class Real>
void Evaluator<Real>::aim(ValueId from, ValueId target) {
  for (const std::size_t k : path_) {
    for (const ValueId output : graph_.nodes[k].outputs) {
      moved_[output] = base_[output];
    }
  }
  from_ = from;
  target_ = target;
  path_.clear();
  inputs_.clear();
  first_.clear();
  const std::vector<bool> reached = downstream_nodes(graph_, from);
  const std::vector<bool> needed = upstream_values(graph_, target);
  std::vector<bool> moving(graph_.values.size());
  for (std::size_t k = 0; k < graph_.nodes.size(); ++k) {
    const Graph::Node& node = graph_.nodes[k];
    const bool computes_from = std::ranges::count(node.outputs, from) != 0;
    const bool on_path = reached[k] && any_of(needed, node.outputs);
    if (computes_from || (!on_path && scope_ != ProbeScope::everything)) {
      continue;
    }
    path_.push_back(k);
    inputs_.push_back(inputs(node));
    first_.push_back(std::ranges::count(node.inputs, from) == 1 && !any_of(moving, node.inputs));
    for (const ValueId output : node.outputs) {
      moving[output] = true;
    }
  }
}

template <class Real>
std::vector<const TensorOf<Real>*> Evaluator<Real>::inputs(const Graph::Node& node) const {
  std::vector<const TensorOf<Real>*> x = inputs_of(node.inputs, moved_);
  for (std::size_t slot = 0; slot < x.size(); ++slot) {
    if (!node.layer->differentiable(slot)) {
      x[slot] = &base_[node.inputs[slot]];
    }
  }
  return x;
}

template <class Real>
bool Evaluator<Real>::move(const Graph::Node& node, std::size_t entry, Real delta) {
  const std::size_t slot =
      static_cast<std::size_t>(std::ranges::find(node.inputs, from_) - node.inputs.begin());
  if (node.outputs.size() != 1 || !node.layer->differentiable(slot)) {
    return false;
  }
  const std::vector<const TensorOf<Real>*> x = inputs_of(node.inputs, base_);
  Tensors<Real> y = pack(TensorOf<Real>(base_[node.outputs[0]]));
  if (!node.layer->move(Inputs<Real>(x), {slot, entry}, delta, y)) {
    return false;
  }
  moved_[node.outputs[0]] = std::move(y[0]);
  return true;
}

template <class Real>
void Evaluator<Real>::evaluate(std::size_t position) {
  const std::size_t k = path_[position];
  const Graph::Node& node = graph_.nodes[k];
  Tensors<Real> y = forward_on(*node.layer, active_[k], Inputs<Real>(inputs_[position]));
  for (std::size_t i = 0; i < y.size(); ++i) {
    moved_[node.outputs[i]] = std::move(y[i]);
  }
}

template <class Real>
const TensorOf<Real>& Evaluator<Real>::at(std::size_t entry, Real position) {
  const Real saved = moved_[from_].data()[entry];
  const Restore<Real> restore(moved_[from_].data()[entry]);
  moved_[from_].data()[entry] = position;
  for (std::size_t i = 0; i < path_.size(); ++i) {
    const bool moves = scope_ == ProbeScope::moves && first_[i] &&
                       move(graph_.nodes[path_[i]], entry, position - saved);
    if (!moves) {
      evaluate(i);
    }
  }
  if (target_ == from_) {
    itself_ = moved_[from_];
  }
  return target_ == from_ ? itself_ : moved_[target_];
}

template <class Real>
const TensorOf<Real>& Evaluator<Real>::with(const TensorOf<Real>& value) {
  const Restore<TensorOf<Real>> restore(moved_[from_]);
  moved_[from_] = value;
  for (std::size_t i = 0; i < path_.size(); ++i) {
    evaluate(i);
  }
  if (target_ == from_) {
    itself_ = moved_[from_];
  }
  return target_ == from_ ? itself_ : moved_[target_];
}

template class Evaluator<double>;
template class Evaluator<long double>;

}  // namespace gradcheck
