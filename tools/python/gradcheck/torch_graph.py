"""The graph that autograd keeps behind tensors."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import torch


def _nodes(outputs: Iterable[torch.Tensor]) -> Iterator[Any]:
    waiting, seen = [one.grad_fn for one in outputs], {None}
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            yield node
            waiting += [following for following, _ in node.next_functions]


def leaves(outputs: list[torch.Tensor]) -> set[int]:
    """The identities of the tensors to which gradients of the outputs flow."""
    found = {id(node.variable) for node in _nodes(outputs) if hasattr(node, "variable")}
    return found | {id(one) for one in outputs if one.is_leaf}


def functions(outputs: list[torch.Tensor]) -> set[type]:
    """The classes of autograd.Function with which the outputs were calculated."""
    return {node._forward_cls for node in _nodes(outputs) if hasattr(node, "_forward_cls")}
