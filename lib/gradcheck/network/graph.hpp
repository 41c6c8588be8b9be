#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gradcheck/layers/forward.hpp>
#include <gradcheck/network/syntax.hpp>
#include <gradcheck/tensor/budget.hpp>

namespace gradcheck {

/// Position of a value in Graph::values.
using ValueId = std::size_t;

/// What a value is for.
enum class Role {
  parameter,     ///< trainable
  input,         ///< data: differentiated if asked for
  constant,      ///< never differentiated
  intermediate,  ///< computed by a node
};

const char* to_string(Role role);

/// A value of the network: given (a leaf) or computed. Those without a name are parts of an
/// expression.
struct Value {
  std::string name;        ///< empty for a temporary
  std::string expression;  ///< for computed ones: as written
  Role role = Role::constant;
  Shape shape;
  Position at;  ///< where it is given or computed
};

/// One use of a layer.
template <class LayerKind>
struct NodeOf {
  std::shared_ptr<const LayerKind> layer;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  Position at;
};

/// What the numeric side sees of a network: values, and forward functions in an order in which they
/// can be evaluated.
struct Graph {
  using Node = NodeOf<Forward>;
  std::vector<Value> values;
  std::vector<Node> nodes;
};

/// Value by value: the tensors at one point, by ValueId.
template <class Real>
using Values = std::vector<TensorOf<Real>>;

/// The inputs of a node at that point, for an evaluation of its layer: there a case whose time is
/// over ends (BudgetError).
template <class Real>
std::vector<const TensorOf<Real>*> inputs_of(const std::vector<ValueId>& ids,
                                             const Values<Real>& values) {
  spend_time();
  std::vector<const TensorOf<Real>*> inputs;
  inputs.reserve(ids.size());
  for (const ValueId id : ids) {
    inputs.push_back(&values[id]);
  }
  return inputs;
}

/// Tensors as inputs of a layer.
template <class Real>
std::vector<const TensorOf<Real>*> addresses(const Tensors<Real>& tensors) {
  std::vector<const TensorOf<Real>*> inputs;
  for (const TensorOf<Real>& tensor : tensors) {
    inputs.push_back(&tensor);
  }
  return inputs;
}

/// Whether every layer of the graph calculates in long double when it is asked to.
bool in_long_double(const Graph& graph);

/// "relu (line 3)": a node as messages name it.
std::string node_text(const std::string& layer, Position at);

/// Which values no node computes, by value.
std::vector<bool> given_values(const Graph& graph);

/// Which nodes a change of value `from` reaches through inputs that gradients flow to, by node.
std::vector<bool> downstream_nodes(const Graph& graph, ValueId from);

/// Which values `target` depends on through inputs that gradients flow to, itself included, by
/// value.
std::vector<bool> upstream_values(const Graph& graph, ValueId target);

/// The nodes through which a value moves the target, in the order of the graph.
std::vector<std::size_t> nodes_between(const Graph& graph, ValueId from, ValueId target);

}  // namespace gradcheck
