#pragma once

#include <gradcheck/network/graph.hpp>

namespace gradcheck {

/// The nearest value, some layers on, that everything passes through by which `from` moves the
/// target; the target itself where nothing else does.
ValueId end_of_stage(const Graph& graph, ValueId from, ValueId target);

}  // namespace gradcheck
