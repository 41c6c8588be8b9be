"""The `ctx` of forward(ctx, ...) and backward(ctx, ...)."""
from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


class Context:
    """A new one for each forward, with what torch.autograd.Function's has; any attribute may be kept in it.

    needs_input_grad  a bool for each input of forward: whether its gradient is asked for
    saved_tensors     what save_for_backward was given
    """

    def __init__(self, needs_input_grad: tuple[bool, ...] = ()):
        self.needs_input_grad = needs_input_grad
        self.saved_tensors: tuple[Any, ...] = ()
        self.non_differentiable: tuple[Any, ...] = ()

    def save_for_backward(self, *tensors: Any) -> None:
        self.saved_tensors = tensors

    def mark_non_differentiable(self, *outputs: Any) -> None:
        """These outputs have no gradient: they are not checked, and backward gets zeros for them."""
        self.non_differentiable = outputs

    def mark_dirty(self, *inputs: Any) -> None:
        """Says that forward writes to these inputs: of no consequence here."""

    def set_materialize_grads(self, value: bool) -> None:
        """Upstreams are always arrays here."""


def takes_context(forward: Callable[..., Any]) -> bool:
    """Whether forward's first parameter is called ctx."""
    try:
        return next(iter(inspect.signature(forward).parameters), None) == "ctx"
    except (TypeError, ValueError):  # of a builtin, which has no signature
        return False
