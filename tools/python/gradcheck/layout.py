"""The layout contract: the same numbers laid out otherwise in memory give the same results.

Frameworks hand on gradients that are slices, transposes or expanded scalars (y.sum() gives an upstream of stride 0). A
backward that takes them for contiguous gives wrong gradients, which no numeric derivative shows.
"""
from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .callbacks import Callbacks

Finding = tuple[str, bool]
Layout = Callable[[np.ndarray], Any]

# Results may differ by so much of their largest entry: other strides add up in another order, in float32 perhaps and
# with cancellation. Who takes one number for another is off by far more.
_REORDERING = 1e-2
# What is smaller than this part of the largest result may be nothing but rounding.
_ROUNDED_AWAY = 1e-3


def transposed(x: np.ndarray) -> np.ndarray:
    """The last axis varies slowest in memory."""
    return np.asfortranarray(x)


def sliced(x: np.ndarray) -> np.ndarray:
    """Every second number of a row twice as long, the others NaN (of labels, the first)."""
    filling = np.nan if x.dtype.kind == "f" else x.flat[0]
    wide = np.full((*x.shape[:-1], 2 * x.shape[-1]), filling, x.dtype)
    wide[..., ::2] = x
    return wide[..., ::2]


def reversed_axes(x: np.ndarray) -> np.ndarray:
    """Negative strides."""
    flip = (slice(None, None, -1),) * x.ndim
    return np.ascontiguousarray(x[flip])[flip]


def expanded(x: np.ndarray) -> np.ndarray:
    """The first row, for all rows: stride 0, read-only."""
    return np.broadcast_to(x[:1], x.shape)


def read_only(x: np.ndarray) -> np.ndarray:
    """Numbers that must not be written."""
    copy = x.copy()
    copy.flags.writeable = False
    return copy


LAYOUTS: dict[str, Layout] = {"transposed in memory": transposed, "a slice with gaps": sliced,
                              "of negative strides": reversed_axes, "expanded with stride 0": expanded,
                              "read-only": read_only}


def findings(callbacks: Callbacks) -> list[Finding]:
    """What other layouts of upstreams and inputs change, shared memory, and an empty batch. Warnings about numbers that
    are not the user's stay unsaid."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return list(_findings(Probe(callbacks)))


def _findings(probe: Probe) -> Iterator[Finding]:
    if not probe.repeats():
        return  # the check itself says so
    yield from probe.shared_memory()
    for where in ("upstream", "input"):
        for name, layout in LAYOUTS.items():
            yield from probe.compared(where, name, layout)
    yield from probe.empty_batch()


class Probe:
    """Calls a layer with its point laid out in different ways; x and dy are dense."""

    def __init__(self, callbacks: Callbacks):
        self._callbacks, self._layer = callbacks, callbacks.layer
        self.x = [np.array(x, dtype) for x, dtype in zip(callbacks.layer.inputs.values(), callbacks.types)]
        random = np.random.default_rng(7)
        self.dy = [np.asarray(random.uniform(0.5, 1.5, y.shape) * random.choice([-1, 1], y.shape)).astype(
            callbacks.precision) for y in callbacks.kept(callbacks.first_outputs)]

    def run(self, x: list[Any], dy: list[Any]) -> dict[str, np.ndarray]:
        """Outputs and gradients by what messages call them."""
        y = self._layer.forward(x)
        for parameter in self._callbacks.parameters:
            parameter.gradient[...] = 0
            parameter.put_gradient()
        dx = self._layer.backward(self._callbacks.with_zeros(dy), x)
        results = {f"output {k}" if len(y) > 1 else "the output": one for k, one in enumerate(y)}
        results |= {f"the gradient of {name}": one for name, one in zip(self._layer.inputs, dx) if one is not None}
        for parameter in self._callbacks.parameters:
            parameter.take_gradient()
            results[f"the gradient of {parameter.name}"] = parameter.gradient.copy()
        self.returned, self.gradients = y, dx
        return {what: np.array(one) for what, one in results.items()}

    def repeats(self) -> bool:
        """Whether the layer takes its point, and gives the same twice."""
        try:
            first = self.run(self.x_copies(), [one.copy() for one in self.dy])
            return not self._difference(first, self.run(self.x_copies(), [one.copy() for one in self.dy]))
        except Exception:
            return False

    def compared(self, where: str, name: str, layout: Layout) -> Iterator[Finding]:
        """Differences between a layout and dense copies of the same numbers."""
        inputs = where == "input"
        laid = [layout(one) if one.ndim and one.size else one for one in (self.x if inputs else self.dy)]
        dense = [np.ascontiguousarray(one).reshape(one.shape).copy() for one in laid]
        if all(one.flags.writeable and one.strides == copy.strides for one, copy in zip(laid, dense)):
            return
        try:
            wanted = self.run(dense, self.dy) if inputs else self.run(self.x_copies(), dense)
        except Exception:  # rows repeated may leave the domain
            return
        what = f"an {where} that is {name}"
        try:
            found = self.run(laid, self.dy) if inputs else self.run(self.x_copies(), laid)
        except Exception as error:
            if not inputs:  # a refused input harms nobody
                yield f"{what} is refused ({type(error).__name__}: {error})", False
            return
        worst = self._difference(wanted, found)
        if worst:
            yield f"{what} gives another result than the same numbers in order: {worst}", True

    def x_copies(self) -> list[np.ndarray]:
        return [one.copy() for one in self.x]

    def _difference(self, wanted: dict[str, np.ndarray], found: dict[str, np.ndarray]) -> str:
        """The first result that is another one, with its worst entry; "" for none."""
        scales = {what: float(np.max(np.abs(a), initial=0, where=np.isfinite(a))) for what, a in wanted.items()}
        least = _ROUNDED_AWAY * max(scales.values(), default=0)
        for what, a in wanted.items():
            b = found[what]
            scale = max(scales[what], least) or 1.0
            apart = np.abs(np.subtract(a, b, dtype=np.float64)) / scale
            same = (a == b) | (np.isnan(a) & np.isnan(b))
            apart = np.where(same, 0, np.where(np.isnan(apart), np.inf, apart))
            if apart.size and apart.max() > _REORDERING:
                worst = np.unravel_index(apart.argmax(), apart.shape)
                index = f"[{', '.join(map(str, worst))}]" if worst else ""
                return f"{what}{index} is {float(b[worst]):.6g}, expected {float(a[worst]):.6g}"
        return ""

    def shared_memory(self) -> Iterator[Finding]:
        """Results in the memory of others: who changes one changes both."""
        x, dy = self.x_copies(), [one.copy() for one in self.dy]
        self.run(x, dy)
        results = [(f"forward's result {k}", one) for k, one in enumerate(self.returned)]
        results += [(f"the gradient of {name}", one) for name, one in zip(self._layer.inputs, self.gradients)
                    if one is not None]
        given = [(f"its input {name}", one) for name, one in zip(self._layer.inputs, x)]
        given += [(f"its upstream {k}", one) for k, one in enumerate(dy)]
        for k, (what, one) in enumerate(results):
            for other, another in results[:k] + given:
                if np.may_share_memory(one, another):
                    yield f"{what} lies in the memory of {other}: who changes one changes both", False

    def empty_batch(self) -> Iterator[Finding]:
        """No rows: what has no outputs has gradients of 0."""
        rows = {x.shape[0] if x.ndim else None for name, x in zip(self._layer.inputs, self.x)}
        if len(rows) != 1 or None in rows or not self._callbacks.parameters:
            return
        kept, kinds = self._layer.shapes, self._layer.differentiable
        self._layer.forget_shapes()
        try:
            x = [one[:0] for one in self.x]
            y = self._callbacks.kept(self._layer.forward(x))
            if all(one.size == 0 for one in y):
                found = self.run(x, [np.zeros(one.shape, self._callbacks.precision) for one in y])
                for what, one in found.items():
                    if one.size and np.isfinite(one).all() and one.any():
                        yield f"for a batch of no rows {what} is not 0", True
        except Exception as error:
            yield f"a batch of no rows is refused ({type(error).__name__}: {error})", False
        finally:
            self._layer.forget_shapes()
            self._layer.shapes, self._layer.differentiable = kept, kinds
