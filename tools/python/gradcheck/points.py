"""check_points: a layer at points that gradcheck chooses, since wrong backwards look right at convenient ones."""
from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import arrays, layout, parameters as places, structs
from .callbacks import Callbacks
from .calls import UserLayer
from .errors import Error
from .layer import Subject, callables, check_subject, name_of, prepared
from .options import CheckOptions, contract as contract_number
from .report import Report
from .run import run
from .signals import Signals


class InputShape:
    """An input of which only the shape is given: extents are numbers, or symbols whose sizes are varied.

    low, high     the domain of its numbers
    labels_below  for labels and indices: integers from 0, below that number or symbol
    """

    def __init__(self, *extents: int | str, low: float | None = None, high: float | None = None,
                 labels_below: int | str | None = None):
        self.extents, self.low, self.high, self.labels_below = extents, low, high, labels_below


@dataclass
class Point:
    """Where a layer is checked: sizes by symbol, settings by name, and inputs and parameters by name."""
    sizes: dict[str, int] = field(default_factory=dict)
    settings: dict[str, float] = field(default_factory=dict)
    values: dict[str, np.ndarray] = field(default_factory=dict)
    character: str = ""

    def __getitem__(self, symbol: str) -> int:
        """The size that goes by that symbol. Raises Error if there is none."""
        if symbol not in self.sizes:
            raise Error(f"point: has no size <{symbol}>, expected one of {', '.join(self.sizes)}")
        return self.sizes[symbol]

    def setting(self, name: str) -> float:
        """The setting of that name. Raises Error if there is none."""
        if name not in self.settings:
            raise Error(f"point: has no setting <{name}>, expected one of {', '.join(self.settings) or 'none'}")
        return self.settings[name]

    def code(self) -> str:
        """The point as Python that makes it again."""
        values = ", ".join(f'"{name}": np.array({value.tolist()!r}, "{value.dtype}")'
                           for name, value in self.values.items())
        return (f"point = gradcheck.Point(sizes={self.sizes!r}, settings={self.settings!r}, values={{{values}}})\n"
                "gradcheck.check_at(make, point)")


def check_points(make: Callable[[Point], Any], inputs: Mapping[str, Any], *,
                 sizes: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None,
                 keep_parameters: bool = False, **keywords: Any) -> Report:
    """Checks a layer at well chosen points: batches of 1, 3 and 5, odd sizes, exact zeros, ties, large numbers.

        gradcheck.check_points(lambda point: Affine(point["in"], point["out"]), {"x": ("N", "in")},
                               sizes={"out": [3, 5]}, parameters={"W": "dW"})

    make(point)      returns a layer: an object with forward and backward
    inputs           the shapes of forward's inputs by name: tuples of numbers and symbols, or InputShapes
    sizes            for symbols that do not take just any size: those to choose from
    settings         for each setting, which make reads by point.setting(name), its values, the neutral one first
    keep_parameters  parameters as make leaves them, not random ones

    Keywords are those of check_layer. The report has a case for each point; the first that disagrees is made smaller
    as long as it does, and a note has the code that makes the smallest one again.
    """
    shapes = {name: shape if isinstance(shape, InputShape) else InputShape(*_tuple(name, shape))
              for name, shape in inputs.items()}
    split = _split(keywords)
    with Signals() as signals:
        options = CheckOptions(signals, **split.options)
        maker = _Maker(make, shapes, split, signals)
        try:
            return run("check_points", maker.struct(sizes or {}, settings or {}, keep_parameters), options, signals,
                       maker)
        finally:
            maker.close()
            options.close()


def check_at(make: Callable[[Point], Any], point: Point, **keywords: Any) -> Report:
    """Checks make(point) at that very point. Keywords are those of check_layer."""
    layer = make(point)
    forward, backward, _, owner = callables(layer, None, None)
    found = places.places(owner, keywords.pop("parameters", None))
    inputs = {name: value for name, value in point.values.items() if name not in found}
    for name, (value, _) in found.items():
        if name in point.values:
            value.put(point.values[name])
    name = keywords.pop("name", None) or name_of(forward)
    return check_subject(Subject(forward, backward, arrays.named(inputs), found, name), **keywords)


_OPTION_NAMES = ("rtol", "step", "method", "seed", "gradients_only", "analytic_precision", "only", "skip",
                 "max_entries", "max_seconds", "jobs", "progress")
_LAYER_NAMES = ("parameters", "constants", "name", "contract", "intended_deviation", "outputs", "before_forward",
                "independent_rows", "forward_batch")


@dataclass
class _Keywords:
    options: dict[str, Any]
    layer: dict[str, Any]


def _split(keywords: dict[str, Any]) -> _Keywords:
    for name in keywords:
        if name not in _OPTION_NAMES + _LAYER_NAMES:
            raise TypeError(f"check_points() got an unexpected keyword argument '{name}'")
    return _Keywords({name: value for name, value in keywords.items() if name in _OPTION_NAMES},
                     {name: value for name, value in keywords.items() if name in _LAYER_NAMES})


def _tuple(name: str, shape: Any) -> tuple[Any, ...]:
    if not isinstance(shape, (tuple, list)) or not all(isinstance(one, (int, str)) for one in shape):
        raise Error(f"input {name}: has the shape <{shape!r}>, expected a tuple of numbers and symbols, or an "
                    "InputShape")
    return tuple(shape)


class _Maker:
    """Makes the layers that C asks for, and keeps them until C lets go of them."""

    def __init__(self, make: Callable[[Point], Any], shapes: dict[str, InputShape], keywords: _Keywords,
                 signals: Signals):
        if not callable(make):
            raise Error(f"make: has a {type(make).__name__}, expected a function from points to layers")
        self._make, self._shapes, self._keywords, self._signals = make, shapes, keywords, signals
        self._made: dict[int, Callbacks] = {}
        self._failed: tuple[str, BaseException] | None = None
        self._last: Callbacks | None = None

    def struct(self, sizes: Mapping[str, Any], settings: Mapping[str, Any],
               keep_parameters: bool) -> structs.Points:
        self._tables = [structs.array(structs.InputShape, [self._shape(*item) for item in self._shapes.items()]),
                        _choices("sizes", sizes), _choices("settings", settings)]
        shapes, by_size, by_setting = self._tables
        self._struct = structs.Points(
            make=structs.MakeLayer(self._on_make), release=structs.ReleaseLayer(self._on_release),
            point_text=structs.PointText(self._on_point_text), inputs=shapes, input_count=len(shapes), sizes=by_size,
            size_count=len(by_size), settings=by_setting, setting_count=len(by_setting),
            keep_parameters=bool(keep_parameters))
        return self._struct

    def _shape(self, name: str, shape: InputShape) -> structs.InputShape:
        extents = structs.array(structs.Extent, [_extent(one) for one in shape.extents])
        result = structs.InputShape(name=structs.encoded(name), extents=extents, rank=len(extents))
        if shape.low is not None or shape.high is not None:
            result.low = -np.inf if shape.low is None else float(shape.low)
            result.high = np.inf if shape.high is None else float(shape.high)
        if shape.labels_below is not None:
            result.labels_below = _extent(shape.labels_below)
        return result

    def close(self) -> None:
        for callbacks in self._made.values():
            callbacks.close()
        self._made.clear()
        self._struct = None

    # What run() asks of callbacks when the check has failed.

    @property
    def raised(self) -> BaseException | None:
        return self._failed[1] if self._failed else self._last and self._last.raised

    @property
    def call(self) -> str:
        return self._failed[0] if self._failed else self._last.call

    def error(self, call: str, error: BaseException) -> Error:
        if self._failed is None:
            return self._last.error(call, error)
        return error if isinstance(error, Error) else Error(f"{call} raised {type(error).__name__}: {error}")

    def cause(self, error: BaseException) -> BaseException | None:
        return None if isinstance(error, Error) else error

    # What follows is called by C.

    def _on_make(self, _: Any, point: Any) -> int | None:
        if self._signals.stopped is not None:
            return None
        self._failed = None
        try:
            callbacks = self._signals.run(self._layer, self._point(point.contents))
            address = ctypes.addressof(self._described(callbacks))
        except BaseException as error:
            self._failed = ("make", error)
            if not isinstance(error, Exception):
                self._signals.stopped = self._signals.stopped or error
            return None
        self._made[address] = self._last = callbacks
        return address

    def _on_release(self, _: Any, layer: int) -> None:
        self._made.pop(layer).close()

    def _on_point_text(self, _: Any, point: Any) -> int:
        self._text = ctypes.create_string_buffer(structs.encoded(self._point(point.contents).code()))
        return ctypes.addressof(self._text)

    def _point(self, given: structs.Point) -> Point:
        values = {}
        for k in range(given.tensor_count):
            tensor = given.tensors[k]
            shape = tuple(tensor.shape[axis] for axis in range(tensor.rank))
            flat = (ctypes.c_double * int(np.prod(shape))).from_address(tensor.data) if 0 not in shape else []
            name = tensor.name.decode()
            labels = name in self._shapes and self._shapes[name].labels_below is not None
            values[name] = np.array(flat, np.int64 if labels else np.float64).reshape(shape)
        return Point({given.sizes[k].name.decode(): int(given.sizes[k].value) for k in range(given.size_count)},
                     {given.settings[k].name.decode(): given.settings[k].value for k in range(given.setting_count)},
                     values, given.character.decode())

    def _layer(self, point: Point) -> Callbacks:
        forward, backward, _, owner = callables(self._make(point), None, None)
        keywords = self._keywords.layer
        inputs = {name: point.values[name] for name in self._shapes}
        layer = UserLayer(keywords.get("name") or name_of(forward), forward, backward, inputs,
                          arrays.constants_of(inputs, keywords.get("constants", ())), keywords.get("before_forward"))
        callbacks = prepared(layer, places.places(owner, keywords.get("parameters")), self._signals,
                             keywords.get("forward_batch"))
        if not self._keywords.options.get("gradients_only"):
            callbacks.look_for(lambda: layout.findings(callbacks))
        return callbacks

    def _described(self, callbacks: Callbacks) -> structs.Layer:
        keywords = self._keywords.layer
        deviation, outputs = keywords.get("intended_deviation"), keywords.get("outputs")
        return callbacks.struct(contract=contract_number(keywords.get("contract")),
                                independent_rows=bool(keywords.get("independent_rows")),
                                intended_deviation=structs.encoded(arrays.text("intended_deviation", deviation)),
                                outputs=arrays.texts("outputs", outputs))


def _extent(given: int | str) -> structs.Extent:
    return structs.Extent(symbol=structs.encoded(given)) if isinstance(given, str) else structs.Extent(size=given)


def _choices(what: str, given: Mapping[str, Any]) -> ctypes.Array:
    items = []
    for name, choice in given.items():
        numbers = [float(one) for one in choice]
        if not numbers:
            raise Error(f"{what}: has no values for {name}, expected at least one")
        items.append(structs.Choice(name=structs.encoded(name), count=len(numbers),
                                    values=(ctypes.c_double * len(numbers))(*numbers)))
    return structs.array(structs.Choice, items)
