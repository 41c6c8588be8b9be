#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gradcheck/layers/layer.hpp>
#include <gradcheck/network/graph.hpp>
#include <gradcheck/network/network_layer.hpp>

namespace gradcheck {

/// A directed acyclic graph of layers over named tensors, built value by value:
///
///   Network network;
///   const ValueId x = network.give("x", Role::input, {...});
///   const ValueId W = network.give("W", Role::parameter, {...});
///   const ValueId z = network.apply("z", make_layer(*standard_layers().find("matmul"), {}), {x,
///   W});
///
/// The loss is the value named last, unless set_loss says otherwise.
class Network {
 public:
  using Node = NodeOf<Layer>;

  /// Adds a given tensor. Throws ValueError if the name is taken, ShapeError if all values together
  /// have more than `max_entries` entries.
  ValueId give(std::string name, Role role, Tensor value, Position at = {});

  /// Adds one use of a layer with one output. Throws ShapeError if the inputs do not fit or all
  /// values together have more than `max_entries` entries, ValueError if the name is taken. An
  /// empty name makes a temporary.
  ValueId apply(std::string name, LayerPtr layer, std::vector<ValueId> inputs, Position at = {},
                std::string expression = {});

  /// The same for a layer with any number of outputs.
  std::vector<ValueId> apply_all(std::vector<std::string> names, LayerPtr layer,
                                 std::vector<ValueId> inputs, Position at = {},
                                 std::string expression = {});

  /// Adds one use of a layer that brings its parameters, which are called `name.W` and so on; its
  /// output is called `name`:
  ///   const ValueId h = network.add("h", linear, {x});
  ValueId add(const std::string& name, const NetworkLayer& use, std::vector<ValueId> inputs);

  void set_loss(ValueId loss) { loss_ = loss; }
  ValueId loss() const { return loss_; }

  std::optional<ValueId> find(const std::string& name) const;
  /// All names, alphabetically.
  const std::map<std::string, ValueId>& names() const { return names_; }

  const Value& value(ValueId id) const { return graph_.values[id]; }
  const std::vector<Value>& values() const { return graph_.values; }
  /// Of all values together.
  std::size_t entries() const { return entries_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  /// The ids of the given tensors, in the order in which they were given.
  const std::vector<ValueId>& leaves() const { return leaves_; }
  const Tensor& leaf(ValueId id) const { return tensors_[id]; }
  /// Replaces a given tensor by another of its shape.
  void set_leaf(ValueId id, Tensor value);

  /// The forward half alone, for the numeric side.
  const Graph& graph() const { return graph_; }

 private:
  ValueId add_value(Value value, Tensor tensor);
  void require_room(const Shape& shape);
  void take_name(const std::string& name, ValueId id);

  Graph graph_;
  std::vector<Node> nodes_;
  std::vector<Tensor> tensors_;  ///< by ValueId; empty ones for computed values
  std::vector<ValueId> leaves_;
  std::size_t entries_ = 0;
  std::map<std::string, ValueId> names_;
  ValueId loss_ = 0;
};

/// The given tensors of a network, with room for the computed values.
template <class Real>
Values<Real> leaf_values(const Network& network);

/// All values at the network's leaves. Throws LocatedError, at the node, where a layer refuses its
/// inputs.
template <class Real>
Values<Real> forward(const Network& network);

/// The same from given leaf values, which may be more precise than the network's own tensors.
template <class Real>
Values<Real> forward(const Network& network, Values<Real> leaves);

/// What may be done to the gradient of a value before it is passed on; nothing by default.
template <class Real>
using Touch = std::function<void(ValueId value, TensorOf<Real>& gradient)>;

/// dL/d(value) for every value, given `upstream` = dL/d(target): contributions of several uses add
/// up; a value that the target does not depend on (or only through inputs without a gradient) gets
/// zeros.
template <class Real>
Values<Real> backward(const Network& network, const Values<Real>& values, ValueId target,
                      const TensorOf<Real>& upstream, const Touch<Real>& touch = {});

}  // namespace gradcheck
