#include <algorithm>
#include <numeric>
#include <utility>

#include <gradcheck/numeric/point/evaluator.hpp>

namespace gradcheck {

namespace {

bool any_of(const std::vector<bool>& flags, const std::vector<ValueId>& ids) {
  return std::ranges::any_of(ids, [&](ValueId id) { return flags[id]; });
}

/// Calls a function at the end, however it comes.
template <class Function>
class AtEnd {
 public:
  explicit AtEnd(Function function) : function_(std::move(function)) {}
  ~AtEnd() { function_(); }
  AtEnd(const AtEnd&) = delete;
  AtEnd& operator=(const AtEnd&) = delete;

 private:
  Function function_;
};

}  // namespace

template <class Real>
Evaluator<Real>::Evaluator(const Graph& graph, const Values<Real>& values,
                           const ActivePieces& active, ProbeScope reach)
    : graph_(graph),
      base_(values),
      active_(active),
      scope_(reach),
      own_(values.size()),
      computed_(values.size()) {}

template <class Real>
void Evaluator<Real>::clear() {
  for (const std::size_t k : path_) {
    for (const ValueId output : graph_.nodes[k].outputs) {
      own_[output] = TensorOf<Real>();
      computed_[output] = false;
    }
  }
  own_[from_] = TensorOf<Real>();
  placed_ = false;
  path_.clear();
  inputs_.clear();
  reads_.clear();
  first_.clear();
}

template <class Real>
void Evaluator<Real>::aim(ValueId from, ValueId target) {
  std::vector<std::size_t> all(graph_.nodes.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  aim(from, target, scope_ == ProbeScope::everything ? all : nodes_between(graph_, from, target));
}

template <class Real>
void Evaluator<Real>::aim(ValueId from, ValueId target, const std::vector<std::size_t>& nodes) {
  clear();
  from_ = from;
  target_ = target;
  for (const std::size_t k : nodes) {
    const Graph::Node& node = graph_.nodes[k];
    if (std::ranges::count(node.outputs, from) != 0) {
      continue;  // it computes what is moved
    }
    path_.push_back(k);
    inputs_.push_back(inputs(node));
    const auto reads = std::ranges::count(node.inputs, from);
    reads_.push_back(reads != 0);
    first_.push_back(reads == 1 && !any_of(computed_, node.inputs));
    for (const ValueId output : node.outputs) {
      computed_[output] = true;
    }
  }
}

template <class Real>
std::vector<const TensorOf<Real>*> Evaluator<Real>::inputs(const Graph::Node& node) const {
  std::vector<const TensorOf<Real>*> x = inputs_of(node.inputs, base_);
  for (std::size_t slot = 0; slot < x.size(); ++slot) {
    const ValueId id = node.inputs[slot];
    if ((id == from_ || computed_[id]) && node.layer->differentiable(slot)) {
      x[slot] = &own_[id];
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
  own_[node.outputs[0]] = std::move(y[0]);
  return true;
}

template <class Real>
void Evaluator<Real>::evaluate(std::size_t position) {
  const std::size_t k = path_[position];
  const Graph::Node& node = graph_.nodes[k];
  Tensors<Real> y = forward_on(*node.layer, active_[k], Inputs<Real>(inputs_[position]));
  for (std::size_t i = 0; i < y.size(); ++i) {
    own_[node.outputs[i]] = std::move(y[i]);
  }
}

/// The moved value, with that entry there; made where a layer has to see it.
template <class Real>
void Evaluator<Real>::place(std::size_t entry, Real position) {
  if (!placed_) {
    own_[from_] = base_[from_];
    placed_ = true;
  }
  own_[from_].data()[entry] = position;
}

template <class Real>
const TensorOf<Real>& Evaluator<Real>::target() {
  if (target_ == from_) {
    itself_ = placed_ ? own_[from_] : base_[from_];
  }
  return target_ == from_ ? itself_ : value(target_);
}

template <class Real>
const TensorOf<Real>& Evaluator<Real>::at(std::size_t entry, Real position) {
  const Real saved = base_[from_].data()[entry];
  const AtEnd restore([&] {
    if (placed_) {
      own_[from_].data()[entry] = saved;
    }
  });
  if (target_ == from_) {
    place(entry, position);
  }
  for (std::size_t i = 0; i < path_.size(); ++i) {
    const bool moves = scope_ == ProbeScope::moves && first_[i] &&
                       move(graph_.nodes[path_[i]], entry, position - saved);
    if (!moves && reads_[i]) {
      place(entry, position);
    }
    if (!moves) {
      evaluate(i);
    }
  }
  return target();
}

template <class Real>
const TensorOf<Real>& Evaluator<Real>::with(const TensorOf<Real>& value) {
  own_[from_] = value;
  placed_ = true;
  const AtEnd restore([&] { placed_ = false; });
  for (std::size_t i = 0; i < path_.size(); ++i) {
    evaluate(i);
  }
  return target();
}

template class Evaluator<double>;
template class Evaluator<long double>;

}  // namespace gradcheck
