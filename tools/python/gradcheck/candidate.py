"""check_candidate: a fused, low-precision, recomputed or sharded layer against its reference."""
from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from . import arrays, parameters as places, structs
from .callbacks import Callbacks
from .calls import UserLayer
from .errors import Error
from .layer import Subject, callables, name_of
from .options import CheckOptions
from .report import Report
from .run import run
from .shards import Shards
from .signals import Signals

PRECISIONS = {"float64": 0, "float32": 0, "float16": structs.FLOAT16, "bfloat16": structs.BFLOAT16}
_LAWS = {None: 0, "sum": 1, "mean": 2}
_WEIGHTED = 3


def check_candidate(candidate: Any, reference: Any, inputs: Any, *, precision: str = "float32",
                    roundings: float | None = None, parameters: Mapping[str, Any] | None = None,
                    reference_parameters: Mapping[str, Any] | None = None, constants: str | Iterable[str] = (),
                    name: str | None = None, outputs: str | Iterable[str] | None = None,
                    batch_law: str | Callable[..., float] | None = None,
                    before_forward: Callable[[], Any] | None = None, **keywords: Any) -> Report:
    """Compares outputs and gradients of a candidate with those of its reference, entry by entry.

        gradcheck.check_candidate(FusedSoftmax(), Softmax(), [x], precision="bfloat16")

    candidate, reference  objects with forward and backward, or pairs of callables; the candidate may be Shards
    inputs                as of check_layer. They are rounded to the candidate's precision, then widened for the
                          reference, which gets float64. The candidate gets arrays of its own type; NumPy has no
                          bfloat16: float32 arrays whose numbers are bfloat16's.
    precision             in which the candidate stores its numbers: "float64", "float32", "float16" or "bfloat16"
    roundings             that every result is granted, one after another; without it as many as are measured
    parameters            as of check_layer, of the candidate; and, unless reference_parameters says otherwise, of
                          the reference
    batch_law             what a loss over a batch is of the losses over its parts: "sum", "mean" (parts count by
                          their rows), or a function of a part's inputs that says what it counts for (tokens that are
                          no padding). Then the batch is worked off in parts, too, as gradient accumulation does.

    Tensors are reported as y (role "output"), x, W: `analytic` is the candidate's value, `numeric` the reference's, and
    `bound` the candidate's room. The reference's own gradients are compared with numeric ones first. Further
    keywords: seed, rtol, jobs, of the check of the reference.
    """
    named = arrays.named(inputs)
    both = [_subject("candidate", candidate, named, parameters),
            _subject("reference", reference, named,
                     parameters if reference_parameters is None else reference_parameters)]
    both[0].name = name or both[0].name
    return check_subjects(*both, precision, roundings=roundings, constants=constants, outputs=outputs,
                          batch_law=batch_law, before_forward=before_forward, **keywords)


def check_subjects(candidate: Subject, reference: Subject, precision: str, *, roundings: float | None = None,
                   constants: str | Iterable[str] = (), outputs: str | Iterable[str] | None = None,
                   batch_law: str | Callable[..., float] | None = None,
                   before_forward: Callable[[], Any] | None = None, **keywords: Any) -> Report:
    """check_candidate with both layers and their points put together."""
    if precision not in PRECISIONS:
        raise Error(f"precision: has <{precision!r}>, expected one of {', '.join(PRECISIONS)}")
    with Signals() as signals:
        options = CheckOptions(signals, **keywords)
        constant = arrays.constants_of(candidate.inputs, constants)
        mine = _callbacks(candidate, constant, before_forward, signals, _own_type(precision),
                          np.float64 if precision == "float64" else np.float32)
        theirs = _callbacks(reference, constant, before_forward, signals, np.float64, np.float64)
        names = arrays.texts("outputs", outputs)
        law = _Law(batch_law, mine, lambda inputs: _callbacks(
            replace(candidate, inputs=inputs), constant, before_forward, signals, _own_type(precision), mine.precision))
        try:
            request = structs.Candidate(
                layer=ctypes.pointer(mine.struct(outputs=names)),
                reference=ctypes.pointer(theirs.struct(outputs=names)),
                roundings=_roundings(roundings), storage=PRECISIONS[precision], batch_law=law.number,
                part_weight=law.weight, part=law.part)
            return run("check_candidate", request, options, signals, _Both(mine, theirs))
        finally:
            for each in (mine, theirs, law, options):
                each.close()


def _subject(what: str, layer: Any, inputs: dict[str, np.ndarray], parameters: Mapping[str, Any] | None) -> Subject:
    pair = layer if isinstance(layer, (tuple, list)) and len(layer) == 2 else (layer, None)
    if not isinstance(layer, Shards) and not hasattr(layer, "forward") and not all(callable(one) for one in pair):
        raise Error(f"{what}: has a {type(layer).__name__}, expected an object with forward and backward, or a pair of "
                    "callables")
    forward, backward, _, owner = callables(*pair, None)
    found = layer.places() if isinstance(layer, Shards) else places.places(owner, parameters)
    return Subject(forward, backward, dict(inputs), found, name_of(forward))


def _own_type(precision: str) -> np.dtype:
    """The type of the arrays that a candidate is handed."""
    return np.dtype("float32" if precision == "bfloat16" else precision)


def _roundings(roundings: Any) -> float:
    if roundings is None:
        return 0.0
    if isinstance(roundings, bool) or not isinstance(roundings, (int, float)) or not roundings >= 1:
        raise Error(f"roundings: has <{roundings!r}>, expected a number of at least 1, or None to measure them")
    return float(roundings)


def _callbacks(subject: Subject, constant: set[str], before_forward: Callable[[], Any] | None, signals: Signals,
               own_type: Any, buffers: Any) -> Callbacks:
    """The layer with inputs of that type, behind buffers of float64 or float32."""
    inputs = {name: x if name in constant else x.astype(own_type) for name, x in subject.inputs.items()}
    layer = UserLayer(subject.name, subject.forward, subject.backward, inputs, constant, before_forward)
    kind = np.dtype(buffers)
    return Callbacks(layer, places.read(subject.places, kind), kind, signals, upstream_type=np.dtype(own_type))


class _Both:
    """The callbacks of whichever layer failed."""

    def __init__(self, *layers: Callbacks):
        self._layers = layers

    def __getattr__(self, name: str) -> Any:
        failed = next((one for one in self._layers if one.raised is not None), self._layers[0])
        return getattr(failed, name)


class _Law:
    """The law of the batch as C has it. `make` gives the callbacks of a smaller batch."""

    def __init__(self, law: str | Callable[..., float] | None, whole: Callbacks,
                 make: Callable[[dict[str, np.ndarray]], Callbacks]):
        self._law, self._whole, self._make = law, whole, make
        self._parts: list[Callbacks] = []
        self.weight = structs.PartWeight(self._on_weight) if callable(law) else structs.PartWeight()
        self.part = structs.Part(self._on_part)
        if not callable(law) and law not in _LAWS:
            raise Error(f"batch_law: has <{law!r}>, expected \"sum\", \"mean\", a function of a part's inputs, or None")
        self.number = _WEIGHTED if callable(law) else _LAWS[law]

    def close(self) -> None:
        """Lets go of the parts; the parameters are those of the whole."""
        self._parts.clear()
        self.weight = self.part = None

    def _first(self, rows: int) -> dict[str, np.ndarray]:
        """The first rows of every input that has a row for each of the batch's."""
        inputs = self._whole.layer.inputs
        batch = next((x.shape[0] for x in inputs.values() if x.ndim), 0)
        return {name: x[:rows] if x.ndim and x.shape[0] == batch else x for name, x in inputs.items()}

    def _on_part(self, _: Any, rows: int) -> int | None:
        try:
            part = self._make(self._first(rows))
            part.parameters = self._whole.parameters
            self._parts.append(part)
            return ctypes.addressof(part.struct())
        except BaseException as error:
            self._whole.raised, self._whole.call = error, "forward"
            if not isinstance(error, Exception):
                self._whole.signals.stopped = self._whole.signals.stopped or error
            return None

    def _on_weight(self, _: Any, rows: int, pointers: Any) -> float:
        part = []
        for k, like in enumerate(self._first(rows).values()):
            numbers = np.frombuffer((ctypes.c_double * like.size).from_address(pointers[k]))
            part.append(numbers.reshape(like.shape).astype(like.dtype))
        try:
            return float(self._whole.signals.run(self._law, *part))
        except BaseException as error:
            self._whole.signals.stopped = self._whole.signals.stopped or error
            return np.nan
