#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gradcheck/numeric/point/evaluation_point.hpp>

namespace gradcheck {

/// A network in which layers that say of what simpler ones they are made (`Forward::composition`)
/// are replaced by these, at the same point: the values of the network keep their ids, those
/// between the parts come after them. A layer is left as it is where it says nothing, or where it
/// is held between the branches of several of its parts.
class Expansion {
 public:
  /// Graph and point must outlive it.
  Expansion(const Graph& graph, const EvaluationPoint& point, std::uint64_t seed);
  Expansion(const Expansion&) = delete;  // its point refers to its graph

  /// Those of the network itself where nothing was replaced.
  const Graph& graph() const { return replaced_ ? graph_ : original_; }
  const EvaluationPoint& point() const { return replaced_ ? point_ : original_point_; }

  bool replaced() const { return replaced_; }
  /// Which node of the network a node is; none for a part of one.
  std::optional<std::size_t> original_node(std::size_t node) const {
    return replaced_ ? original_node_[node] : node;
  }

  /// What a layer says of its parts and its forward contradicts, at the point or at another near
  /// it; empty if nothing.
  const std::string& violated_declaration() const { return violated_declaration_; }

 private:
  void add(const Graph::Node& node, const ConvexCombination& active,
           const std::optional<Composition>& made);
  ConvexCombination active_part(const Graph::Node& part, const ConvexCombination& active,
                                std::size_t& first) const;
  void evaluate(const Graph::Node& part, const ConvexCombination& active);
  std::vector<ValueId> numbered(const Composition& composition, const Graph::Node& node);
  void test(const Graph::Node& node, const ConvexCombination& active, std::size_t first_part);
  void move_inputs(const Graph::Node& node, Values<double>& values) const;
  bool agree(const Graph::Node& node, const ConvexCombination& active, std::size_t first_part,
             Values<double>& values) const;

  const Graph& original_;
  const EvaluationPoint& original_point_;
  std::uint64_t seed_;
  bool replaced_ = false;
  std::vector<std::optional<std::size_t>> original_node_;
  Graph graph_;
  EvaluationPoint point_;
  std::string violated_declaration_;
};

}  // namespace gradcheck
