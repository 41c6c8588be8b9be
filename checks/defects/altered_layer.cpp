#include <defects/altered_layer.hpp>

#include <gradcheck/tensor/errors.hpp>

namespace gradcheck::defects {

namespace {

class AlteredLayer final : public Layer {
 public:
  AlteredLayer(LayerPtr original, Alteration alteration, bool open)
      : original_(std::move(original)), alteration_(std::move(alteration)), open_(open) {}

  const std::string& name() const override { return original_->name(); }
  std::vector<Shape> output_shapes(std::span<const Shape> inputs) const override {
    return original_->output_shapes(inputs);
  }
  Tensors<double> forward(Inputs<double> x) const override { return original_->forward(x); }
  Tensors<long double> forward(Inputs<long double> x) const override {
    return original_->forward(x);
  }
  bool differentiable(std::size_t slot) const override {
    return open_ || original_->differentiable(slot);
  }
  Precision precision() const override { return original_->precision(); }
  Precision backward_precision() const override { return original_->backward_precision(); }
  bool kinked() const override { return original_->kinked(); }
  Branches branches(Inputs<double> x) const override { return original_->branches(x); }
  Tensors<double> forward_along(const Branches& branches, Inputs<double> x) const override {
    return original_->forward_along(branches, x);
  }
  Tensors<long double> forward_along(const Branches& branches,
                                     Inputs<long double> x) const override {
    return original_->forward_along(branches, x);
  }
  std::vector<Tie> ties(Inputs<double> x, Inputs<double> rounding_errors) const override {
    return original_->ties(x, rounding_errors);
  }
  bool move(Inputs<double> x, InputEntry moved, double delta, Tensors<double>& y) const override {
    return original_->move(x, moved, delta, y);
  }
  bool move(Inputs<long double> x, InputEntry moved, long double delta,
            Tensors<long double>& y) const override {
    return original_->move(x, moved, delta, y);
  }
  Tensors<double> backward(const Tensors<double>& dy, Inputs<double> x,
                           const Tensors<double>& y) const override {
    return run_backward(dy, x, y);
  }
  Tensors<long double> backward(const Tensors<long double>& dy, Inputs<long double> x,
                                const Tensors<long double>& y) const override {
    return run_backward(dy, x, y);
  }

 private:
  template <class Real>
  Tensors<Real> run_backward(const Tensors<Real>& dy, Inputs<Real> x,
                             const Tensors<Real>& y) const {
    BackwardCall<Real> call{*original_, dy, x, y, original_->backward(dy, x, y)};
    alteration_(call);
    return std::move(call.dx);
  }

  LayerPtr original_;
  Alteration alteration_;
  bool open_;
};

/// Copies a network node by node, in an order in which every value gets its old id.
class Replanter {
 public:
  Replanter(const Network& from, const Uses& uses) : from_(from), uses_(uses) {}

  Network run(const Alteration& alteration, bool open) {
    std::size_t next_node = 0;
    while (copy_.values().size() < from_.values().size()) {
      const ValueId id = copy_.values().size();
      const bool computed =
          next_node < from_.nodes().size() && from_.nodes()[next_node].outputs[0] == id;
      if (computed) {
        add(from_.nodes()[next_node++], alteration, open);
      } else {
        const Value& value = from_.value(id);
        copy_.give(value.name, value.role, from_.leaf(id), value.at);
      }
    }
    copy_.set_loss(from_.loss());
    if (planted_ == 0) {
      throw ValueError("replant: the network does not use " + uses_.layer);
    }
    return std::move(copy_);
  }

 private:
  void add(const Network::Node& node, const Alteration& alteration, bool open) {
    LayerPtr layer = node.layer;
    if (layer->name() == uses_.layer && (uses_.nth < 0 || uses_.nth == seen_++)) {
      layer = altered(std::move(layer), alteration, open);
      ++planted_;
    }
    std::vector<std::string> names;
    for (const ValueId output : node.outputs) {
      names.push_back(from_.value(output).name);
    }
    copy_.apply_all(std::move(names), std::move(layer), node.inputs, node.at,
                    from_.value(node.outputs[0]).expression);
  }

  const Network& from_;
  const Uses& uses_;
  Network copy_;
  int seen_ = 0;
  int planted_ = 0;
};

}  // namespace

LayerPtr altered(LayerPtr original, Alteration alteration, bool open) {
  return std::make_shared<const AlteredLayer>(std::move(original), std::move(alteration), open);
}

Network replant(const Network& network, const Uses& uses, const Alteration& alteration, bool open) {
  return Replanter(network, uses).run(alteration, open);
}

}  // namespace gradcheck::defects
