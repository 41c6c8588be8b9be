"""A layer's callables, called with arrays: what goes in, what must come out."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from . import arrays
from .arrays import Shape
from .context import Context, takes_context
from .errors import Error

Arrays = list[np.ndarray]


class UserLayer:
    """forward and backward with the mistakes of their results told: messages begin with what the user did.

    inputs: names and arrays at the point of the check; constant: names of those without a gradient.
    """

    def __init__(self, name: str, forward: Callable[..., Any], backward: Callable[..., Any] | None,
                 inputs: dict[str, np.ndarray], constant: set[str], before_forward: Callable[[], Any] | None = None):
        self.name, self.inputs, self.constant = arrays.text("name", name), inputs, constant
        self._forward, self._backward, self._before_forward = forward, backward, before_forward
        self._context = Context() if takes_context(forward) else None
        self.shapes: list[Shape] = []  # of the outputs, once forward was called
        self.differentiable: list[bool] = []  # whether an output has a gradient

    def forward(self, x: Iterable[np.ndarray]) -> Arrays:
        """The outputs. Raises Error for what is no array, or of another shape than before."""
        if self._before_forward is not None:
            self._before_forward()
        if self._context is None:
            returned = self._forward(*x)
        else:
            self._context = Context(tuple(name not in self.constant for name in self.inputs))
            returned = self._forward(self._context, *x)
        y = self._outputs(returned)
        self._require_shapes(y)
        return y

    def _outputs(self, returned: Any) -> Arrays:
        y = arrays.results("returned", returned)
        for k, one in enumerate(y):
            if one is None:
                raise Error(f"returned None{_place(k, len(y))}, expected an array: did it forget to return?")
        if not y:
            raise Error("returned no outputs, expected at least one array")
        if self._context is not None:
            unwanted = self._context.non_differentiable
            items = returned if isinstance(returned, (tuple, list)) else (returned,)
            self.differentiable = [not any(item is other for other in unwanted) for item in items]
        return list(y)

    def _require_shapes(self, y: Arrays) -> None:
        shapes = [one.shape for one in y]
        self.differentiable = self.differentiable or [True] * len(y)
        if self.shapes and shapes != self.shapes:
            raise Error(f"returned {_shapes(shapes)}, expected {_shapes(self.shapes)}, as for other numbers in inputs "
                        "of these shapes")
        self.shapes = self.shapes or shapes

    def forget_shapes(self) -> None:
        """Takes outputs of any shape from the next forward."""
        self.shapes, self.differentiable = [], []

    def backward(self, dy: Iterable[np.ndarray], like: Arrays) -> list[np.ndarray | None]:
        """The gradient of each input, None for a constant one; `like`: the inputs, for their shapes."""
        context = () if self._context is None else (self._context,)
        returned = self._backward(*context, *dy)
        if returned is None:
            raise Error(f"returned None, expected {self._wanted(like)}: did it forget to return?")
        gradients = self._placed(arrays.results("returned", returned), like)
        for name, x, gradient in zip(self.inputs, like, gradients):
            if name not in self.constant:
                self._require_gradient(name, x, gradient)
        return [None if name in self.constant else dx for name, dx in zip(self.inputs, gradients)]

    def _placed(self, gradients: tuple[Any, ...], like: Arrays) -> list[Any]:
        """A gradient for each input, where backward may leave out those of constant ones."""
        if len(gradients) == len(self.inputs):
            return list(gradients)
        if len(gradients) == len(self.inputs) - len(self.constant):
            given = iter(gradients)
            return [None if name in self.constant else next(given) for name in self.inputs]
        raise Error(f"returned {len(gradients)} gradients, expected {len(self.inputs)}, one for each input: "
                    f"{self._wanted(like)}")

    def _require_gradient(self, name: str, x: np.ndarray, gradient: np.ndarray | None) -> None:
        which = f" as the gradient of {name}" if len(self.inputs) > 1 else ""
        if gradient is None:
            raise Error(f"returned None{which}, expected an array of shape {x.shape}, or {name} among the constants")
        if gradient.shape != x.shape:
            raise Error(f"returned shape {gradient.shape}{which}, expected {x.shape}")

    def _wanted(self, like: Arrays) -> str:
        return ", ".join(f"{x.shape} for {name}" for name, x in zip(self.inputs, like) if name not in self.constant)

    def failure(self, call: str, error: BaseException) -> str:
        """What went wrong, in a line."""
        if isinstance(error, Error):
            return f"{call} of {self.name} {error}"
        return f"{call} of {self.name} raised {type(error).__name__}: {error}"


def _place(k: int, count: int) -> str:
    return "" if count == 1 else f" as output {k}"


def _shapes(shapes: list[Shape]) -> str:
    return f"shape {shapes[0]}" if len(shapes) == 1 else f"shapes {', '.join(map(str, shapes))}"
