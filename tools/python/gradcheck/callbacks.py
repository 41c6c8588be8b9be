"""A layer of Python's as the C interface has it: callbacks over plain buffers."""
from __future__ import annotations

import collections
import ctypes
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from . import arrays, structs
from .calls import Arrays, UserLayer
from .errors import Error
from .parameters import Parameter
from .signals import Signals

_MOST_VIEWS = 256


class Buffers:
    """C's buffers as arrays. Views are kept by address, since C uses the same memory again and again."""

    def __init__(self, likes: list[np.ndarray], dtype: np.dtype):
        self._likes, self._dtype = likes, dtype
        self._pointers = ctypes.c_void_p * len(likes)
        self._views: dict[tuple[int, int], np.ndarray] = {}

    def at(self, address: int, points: int | None = None) -> list[np.ndarray | None]:
        """Those that an array of pointers at `address` points to; None for null. `points`: each with an axis of so
        many in front."""
        pointers = self._pointers.from_address(address)
        return [None if place is None else self._view(k, place, points) for k, place in enumerate(pointers)]

    def _view(self, k: int, place: int, points: int | None) -> np.ndarray:
        if points is not None:
            return _array_at(place, (points, *self._likes[k].shape), self._dtype)
        view = self._views.get((k, place))
        if view is None:
            if len(self._views) > _MOST_VIEWS:
                self._views.clear()
            view = self._views[k, place] = _array_at(place, self._likes[k].shape, self._dtype)
        return view


def _array_at(place: int, shape: arrays.Shape, dtype: np.dtype) -> np.ndarray:
    count = int(np.prod(shape, dtype=np.int64))
    if count == 0:
        return np.empty(shape, dtype)
    memory = (ctypes.c_char * (count * dtype.itemsize)).from_address(place)
    return np.frombuffer(memory, dtype).reshape(shape)


class Callbacks:
    """One layer on its way through the C interface: keeps alive what the C structs point to.

    layer       the user's callables
    parameters  where they keep their parameters
    precision   of C's buffers; each input is handed over in its own type, and each upstream in upstream_type
    """

    def __init__(self, layer: UserLayer, parameters: list[Parameter], precision: np.dtype, signals: Signals,
                 forward_batch: Callable[..., Any] | None = None, upstream_type: np.dtype | None = None):
        self.layer, self.parameters, self.precision, self.signals = layer, parameters, precision, signals
        self.raised: BaseException | None = None
        self._forward_batch, self._upstream_type = forward_batch, upstream_type or precision
        self._findings: Callable[[], Iterable[tuple[str, bool]]] | None = None
        self._found: collections.deque[tuple[str, bool]] | None = None
        self.types = [x.dtype if name in layer.constant else _own_type(x, precision)
                       for name, x in layer.inputs.items()]
        self.point = {name: np.array(x, precision, order="C") for name, x in layer.inputs.items()}
        self._given: list[tuple[np.ndarray, np.ndarray]] = []  # inputs of the last forward: C's, the layer's own
        self.first_outputs: Arrays = []

    def look_for(self, findings: Callable[[], Iterable[tuple[str, bool]]]) -> None:
        """Looks for what only Python sees, once: (text, breaks_contract) pairs."""
        self._findings = findings

    def struct(self, **fields: Any) -> structs.Layer:
        """The gradcheck_layer, which lives as long as this object. Calls forward once, for the outputs' shapes."""
        self.first_outputs = self._first_outputs()
        likes = [np.empty(y.shape) for y in self.kept(self.first_outputs)]
        self._inputs = Buffers(list(self.point.values()), self.precision)
        self._outputs = Buffers(likes, self.precision)
        self._tables = (self._input_structs(), self._parameter_structs(),
                        self._output_structs(likes, fields.pop("outputs", None)))
        functions = {"forward": structs.Call(self._on_forward), "backward": structs.Call(self._on_backward),
                     "error_text": structs.ErrorText(self._on_error_text)}
        if self._forward_batch is not None:
            functions["forward_batch"] = structs.CallBatch(self._on_forward_batch)
        if self._findings is not None:
            functions["take_finding"] = structs.TakeFinding(self._on_take_finding)
        tables = {}
        for kind, table in zip(("input", "parameter", "output"), self._tables):
            tables |= {f"{kind}s": table, f"{kind}_count": len(table)}
        number_type = structs.FLOAT32 if self.precision == np.float32 else structs.FLOAT64
        self._struct = structs.Layer(name=structs.encoded(self.layer.name), dtype=number_type, **tables, **functions,
                                    **fields)
        return self._struct

    def close(self) -> None:
        """Puts everything back as it was, and lets go of what refers to this object in a circle."""
        for parameter in self.parameters:
            parameter.restore()
        self._struct = self._tables = None

    def _input_structs(self) -> ctypes.Array:
        return structs.array(structs.Input, [
            structs.Input(name=structs.encoded(name), shape=structs.extents(x.shape), rank=x.ndim, data=x.ctypes.data,
                          constant=name in self.layer.constant) for name, x in self.point.items()])

    def _parameter_structs(self) -> ctypes.Array:
        return structs.array(structs.Parameter, [
            structs.Parameter(name=structs.encoded(one.name), shape=structs.extents(one.value.shape),
                              rank=one.value.ndim, value=one.value.ctypes.data, gradient=one.gradient.ctypes.data)
            for one in self.parameters])

    def _output_structs(self, likes: list[np.ndarray], names: list[str] | None) -> ctypes.Array:
        if names is not None and len(names) != len(likes):
            raise Error(f"outputs: has {len(names)} names, expected {len(likes)}, one for each output with a gradient")
        return structs.array(structs.Output, [
            structs.Output(name=structs.encoded(names[k] if names else None), shape=structs.extents(y.shape),
                           rank=y.ndim)
            for k, y in enumerate(likes)])

    def _first_outputs(self) -> Arrays:
        """Those of a forward at other numbers than the point's, so that a layer that clings to its first input is
        found out; at the point itself, where it refuses those."""
        other = [x if name in self.layer.constant else arrays.other_values(x)
                 for name, x in self.layer.inputs.items()]
        try:
            return self.signals.run(self.layer.forward, self._typed(other))
        except Exception:  # these numbers were not the user's: what they do not suit says nothing
            if self.signals.stopped:
                raise
            self.layer.forget_shapes()
        try:
            return self.signals.run(self.layer.forward, self._typed(self.layer.inputs.values()))
        except Exception as error:
            if self.signals.stopped:
                raise
            raise self.error("forward", error) from self.cause(error)

    def _typed(self, x: Any) -> Arrays:
        """Copies for the layer to keep."""
        return [np.array(one, dtype) for one, dtype in zip(x, self.types)]

    def kept(self, y: Arrays) -> Arrays:
        """The outputs that have a gradient."""
        return [one for one, wanted in zip(y, self.layer.differentiable) if wanted]

    def error(self, call: str, error: BaseException) -> Error:
        return Error(self.layer.failure(call, error))

    def cause(self, error: BaseException) -> BaseException | None:
        """The user's own exception; None for what this package says of a result."""
        return None if isinstance(error, Error) else error

    # What follows is called by C.

    def _on_forward(self, _: Any, inputs: int, outputs: int) -> int:
        return self._guarded("forward", self._run_forward, inputs, outputs)

    def _on_backward(self, _: Any, upstreams: int, gradients: int) -> int:
        return self._guarded("backward", self._run_backward, upstreams, gradients)

    def _on_forward_batch(self, _: Any, points: int, inputs: int, outputs: int) -> int:
        return self._guarded("forward_batch", self._run_forward_batch, points, inputs, outputs)

    def _guarded(self, call: str, work: Callable[..., None], *arguments: int) -> int:
        if self.signals.stopped is not None:
            return structs.STOP
        try:
            self.signals.run(work, *arguments)
        except BaseException as error:  # nothing may cross C
            self.raised, self.call = error, call
            if not isinstance(error, Exception) and self.signals.stopped is None:
                self.signals.stopped = error
            return structs.STOP if self.signals.stopped is not None else 1
        return structs.STOP if self.signals.stopped is not None else 0

    def _run_forward(self, inputs: int, outputs: int) -> None:
        for parameter in self.parameters:
            parameter.put_value()
        self._given = [(given, np.array(given, dtype)) for given, dtype in zip(self._inputs.at(inputs), self.types)]
        y = self.kept(self.layer.forward([own for _, own in self._given]))
        for place, one in zip(self._outputs.at(outputs), y):
            place[...] = one
        self._hand_back()

    def _run_backward(self, upstreams: int, gradients: int) -> None:
        for parameter in self.parameters:
            parameter.put_gradient()
        given = [(upstream, np.array(upstream, self._upstream_type)) for upstream in self._outputs.at(upstreams)]
        dx = self.layer.backward(self.with_zeros([own for _, own in given]), [own for _, own in self._given])
        for place, one in zip(self._inputs.at(gradients), dx):
            if place is not None:
                place[...] = one
        for parameter in self.parameters:
            parameter.take_gradient()
        for upstream, own in given:
            upstream[...] = own
        self._hand_back()

    def _hand_back(self) -> None:
        """Shows C what the layer wrote to its inputs and parameters."""
        for given, own in self._given:
            if own.shape == given.shape:
                given[...] = own
        for parameter in self.parameters:
            parameter.take_value()

    def with_zeros(self, dy: Arrays) -> Arrays:
        """An upstream for every output: zeros for those without a gradient."""
        if len(dy) == len(self.layer.shapes):
            return dy
        given = iter(dy)
        return [next(given) if wanted else np.zeros(shape, self.precision)
                for wanted, shape in zip(self.layer.differentiable, self.layer.shapes)]

    def _run_forward_batch(self, points: int, inputs: int, outputs: int) -> None:
        for parameter in self.parameters:
            parameter.put_value()
        x = [np.array(given, dtype) for given, dtype in zip(self._inputs.at(inputs, points), self.types)]
        y = self.kept(list(arrays.results("returned", self._forward_batch(*x))))
        for place, one in zip(self._outputs.at(outputs, points), y):
            if one is None or one.shape != place.shape:
                got = "None" if one is None else f"shape {one.shape}"
                raise Error(f"returned {got}, expected {place.shape}: {points} points in front")
            place[...] = one

    def _on_take_finding(self, _: Any, breaks_contract: Any) -> int | None:
        if self._guarded("layout", self._look) != 0 or not self._found:
            return None
        text, breaks = self._found.popleft()
        breaks_contract[0] = int(breaks)
        self._text = ctypes.create_string_buffer(structs.encoded(text))
        return ctypes.addressof(self._text)

    def _look(self) -> None:
        if self._found is None:
            self._found = collections.deque()
            self._found.extend(self._findings())

    def _on_error_text(self, _: Any, __: int) -> int:
        text = self.layer.failure(self.call, self.raised)
        self._text = ctypes.create_string_buffer(structs.encoded(text))
        return ctypes.addressof(self._text)


def _own_type(x: np.ndarray, precision: np.dtype) -> np.dtype:
    """That of the user's array."""
    return x.dtype if x.dtype.kind == "f" else precision
