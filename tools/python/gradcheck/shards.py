"""Shards: a layer whose work is split among several, as one layer."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from . import parameters as place_module
from .errors import Error

_SUM = "sum"


class Shards:
    """Layers that work together, each on its part, as one candidate.

        column_parallel = gradcheck.Shards([left, right], outputs=["concat:1"], inputs=["copy"],
                                           parameters={"W": ("dW", "concat:1")})

    inputs      for each input "copy" (every shard gets all of it, and its gradient is the sum) or "concat:AXIS" (each
                gets its part, and the gradient is put together)
    outputs     for each output "sum", or "concat:AXIS"
    parameters  {"W": ("dW", how)}: attributes of every shard; "concat:AXIS", or "copy" for one that all have alike,
                whose gradient is the sum
    """

    def __init__(self, shards: Sequence[Any], *, outputs: Sequence[str], inputs: Sequence[str],
                 parameters: Mapping[str, tuple[str, str]] | None = None):
        if len(shards) < 2:
            raise Error(f"shards: has {len(shards)}, expected at least 2")
        self._shards, self._parameters = list(shards), dict(parameters or {})
        self._outputs = [_Join(one, _SUM) for one in outputs]
        self._inputs = [_Join(one, "copy") for one in inputs]

    def forward(self, *x: np.ndarray) -> tuple[np.ndarray, ...]:
        """Every shard's forward, and their outputs put together."""
        parts = [how.split(one, len(self._shards)) for how, one in zip(self._inputs, x, strict=True)]
        results = [_tuple(shard.forward(*own)) for shard, own in zip(self._shards, zip(*parts))]
        return tuple(how.join(list(own)) for how, own in zip(self._outputs, zip(*results), strict=True))

    def backward(self, *dy: np.ndarray) -> tuple[np.ndarray, ...]:
        """Every shard's backward on its part of the upstreams, and their gradients put together."""
        parts = [how.split(one, len(self._shards)) for how, one in zip(self._outputs, dy, strict=True)]
        results = [_tuple(shard.backward(*own)) for shard, own in zip(self._shards, zip(*parts))]
        return tuple(how.join(list(own)) for how, own in zip(self._inputs, zip(*results), strict=True))

    def places(self) -> dict[str, tuple[Any, Any]]:
        """Where the parameters are, put together."""
        return {name: (_Joined(name, self._shards, name, _Join(how, "copy"), False),
                       _Joined(gradient, self._shards, gradient, _Join(how, "copy"), True))
                for name, (gradient, how) in self._parameters.items()}


class _Join:
    """How parts make a whole: "concat:AXIS", or all alike (`whole`: "sum" or "copy"), which add up."""

    def __init__(self, how: str, whole: str):
        kind, _, axis = str(how).partition(":")
        if not (how == whole or (kind == "concat" and axis.lstrip("-").isdigit())):
            raise Error(f"shards: has <{how}>, expected \"{whole}\" or \"concat:AXIS\"")
        self.axis = int(axis) if axis else None

    def split(self, whole: np.ndarray, count: int) -> list[np.ndarray]:
        if self.axis is None:
            return [whole.copy() for _ in range(count)]
        return [part.copy() for part in np.array_split(whole, count, self.axis)]

    def join(self, parts: list[np.ndarray]) -> np.ndarray:
        if self.axis is not None:
            return np.concatenate(parts, self.axis)
        total = np.array(parts[0])
        for part in parts[1:]:
            total = total + part
        return total


class _Joined(place_module.Place):
    """An attribute of every shard as one array. Gradients of copies add up; values of copies are alike."""

    def __init__(self, what: str, shards: list[Any], name: str, how: _Join, adds_up: bool):
        self._how, self._adds_up = how, adds_up
        self._places = [place_module.Attribute(what, shard, name) for shard in shards]
        super().__init__(what)

    def get(self) -> np.ndarray | None:
        parts = [place.get() for place in self._places]
        if any(part is None for part in parts):
            return None
        return self._how.join(parts) if self._adds_up or self._how.axis is not None else np.array(parts[0])

    def put(self, numbers: np.ndarray) -> None:
        """Of a gradient that adds up, the first shard gets it all, since their sum is what is seen."""
        parts = self._how.split(numbers, len(self._places))
        for k, (place, part) in enumerate(zip(self._places, parts)):
            if place.get() is not None:
                place.put(part if k == 0 or not self._adds_up or self._how.axis is not None else 0 * part)

    def restore(self) -> None:
        for place in self._places:
            place.restore()


def _tuple(returned: Any) -> tuple[Any, ...]:
    return tuple(returned) if isinstance(returned, (tuple, list)) else (returned,)
