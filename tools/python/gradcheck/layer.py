"""check_layer, assert_gradients, check_function."""
from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import arrays, coverage, layout, parameters as places, structs
from .callbacks import Callbacks
from .calls import UserLayer
from .errors import Error, GradientError
from .options import CheckOptions, OnProgress, Rtol, contract as contract_number
from .reference import Reference
from .report import Report
from .run import run
from .signals import Signals


def check_layer(forward: Any, backward: Any = None, inputs: Any = None, *, parameters: Mapping[str, Any] | None = None,
                constants: str | Iterable[str] = (), name: str | None = None, contract: str | None = None,
                intended_deviation: str | None = None, gradients_only: bool = False, rtol: Rtol = None,
                step: float | None = None, method: str | None = None, seed: int = 0,
                outputs: str | Iterable[str] | None = None, before_forward: Callable[[], Any] | None = None,
                independent_rows: bool = False, analytic_precision: str | None = None,
                forward_batch: Callable[..., Any] | None = None, reference: Any = None,
                only: str | Iterable[str] | None = None, skip: str | Iterable[str] | None = None,
                max_entries: int | None = None, max_seconds: float | None = None, jobs: int | None = None,
                progress: OnProgress | None = None) -> Report:
    """Compares every entry of every gradient of a layer with a numeric one.

        report = gradcheck.check_layer(layer, [x], parameters={"W": "dW"})
        report = gradcheck.check_layer(layer.forward, layer.backward, [x], parameters={"W": "dW"})

    forward(*inputs) returns an array, or a tuple of them; backward(*upstreams) the gradients of the inputs of the
    last forward, in the same way: of the shape of each input, None for a constant one. Where forward's first
    parameter is called `ctx`, both get a Context first, as in torch.autograd.Function.

    inputs              arrays, or a dict of them by name; one array for one input. Integers and booleans are labels or
                        indices, without a gradient. Float32 as soon as one of them, or a parameter, is float32.
    parameters          {"W": "dW"}: attributes of the layer, or {"W": (W, dW)}: arrays that forward reads and backward
                        writes in place; dW may be a function that returns it: lambda: layer.grads["W"]. Values,
                        gradients, types and identities are as before afterwards.
    constants           names ("x", or "x0", "x1", ... in a list) of further inputs without a gradient
    name                of the layer, in the report
    contract            "assigns" or "adds": what backward does with the dW that it finds
    intended_deviation  why backward is not forward's derivative, if that is on purpose
    gradients_only      whether side effects, stale caches, memory layouts and the like are not looked for
    rtol                relative tolerance beside the measured bound; a number, or {tensor or glob: number}
    step, method        of the differences: absolute step; "central" or "forward". Fixed, if given.
    seed                of all random choices
    outputs             names of the outputs, in the report
    before_forward      called before each forward: to seed what is random, to restore running statistics
    independent_rows    whether row n of every output claims to depend on row n of every input alone
    analytic_precision  "float32": the analytic side rounds every value to it
    forward_batch       forward_batch(*inputs): forward at K points at once, each array with an axis of K in front;
                        held to what forward gives at each
    reference           anything with the same forward (an object with `forward`, or a function) to differentiate
                        numerically in place of it: in float64 beside a layer in float32
    only, skip          names or globs of tensors to check, or not to check
    max_entries         entries of each tensor to compare; the rest is counted as not checked
    max_seconds         after which the check ends, inconclusive
    jobs                threads; 0: one for each processor. The report does not depend on it.
    progress            called with a Progress now and then

    Raises Error where nothing can be checked; what the user's code raised is its cause. A gradient that disagrees
    is a result: the report is then false.
    """
    forward, backward, inputs, owner = callables(forward, backward, inputs)
    subject = Subject(forward, backward, arrays.named(inputs), places.places(owner, parameters),
                      name or name_of(forward))
    return check_subject(
        subject, constants=constants, contract=contract, intended_deviation=intended_deviation, outputs=outputs,
        before_forward=before_forward, independent_rows=independent_rows, forward_batch=forward_batch,
        reference=reference, rtol=rtol, step=step, method=method, seed=seed, gradients_only=gradients_only,
        analytic_precision=analytic_precision, only=only, skip=skip, max_entries=max_entries, max_seconds=max_seconds,
        jobs=jobs, progress=progress)


@dataclass
class Subject:
    """A layer as every kind of check has it: callables over NumPy's arrays, its point, where its parameters are."""
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    inputs: dict[str, np.ndarray]
    places: dict[str, tuple[Any, Any]]
    name: str


def check_subject(subject: Subject, *, constants: str | Iterable[str] = (), contract: str | None = None,
                  intended_deviation: str | None = None, outputs: str | Iterable[str] | None = None,
                  before_forward: Callable[[], Any] | None = None, independent_rows: bool = False,
                  forward_batch: Callable[..., Any] | None = None, reference: Any = None, **keywords: Any) -> Report:
    """check_layer with its layer and point put together; further keywords are those of CheckOptions."""
    with Signals() as signals:
        options = CheckOptions(signals, **keywords)
        layer = UserLayer(subject.name, subject.forward, subject.backward, subject.inputs,
                          arrays.constants_of(subject.inputs, constants), before_forward)
        callbacks = prepared(layer, subject.places, signals, forward_batch)
        if not keywords.get("gradients_only"):
            callbacks.look_for(lambda: layout.findings(callbacks))
        other = Reference(reference, callbacks) if reference is not None else None
        try:
            struct = callbacks.struct(contract=contract_number(contract), independent_rows=bool(independent_rows),
                                      intended_deviation=structs.encoded(
                                          arrays.text("intended_deviation", intended_deviation)),
                                      outputs=arrays.texts("outputs", outputs))
            if other is not None:
                options.struct.reference = other.pointer()
            return run("check_layer", struct, options, signals, callbacks)
        finally:
            for each in (other, callbacks, options):
                if each is not None:
                    each.close()


def assert_gradients(*arguments: Any, **keywords: Any) -> Report:
    """check_layer(...), which see; raises GradientError, an AssertionError with the report, unless all agrees."""
    report = check_layer(*arguments, **keywords)
    if not report.agrees:
        raise GradientError(report)
    return report


def check_function(function: Callable[..., Any], gradient: Callable[..., Any], inputs: Any, **keywords: Any) -> Report:
    """Checks the gradient of a plain function.

        gradcheck.check_function(lambda x: (x**2).sum(), lambda x: 2 * x, [x])

    function(*inputs) returns an array. gradient(*inputs) returns the gradient of each input, for a function that is
    one number; gradient(dy, *inputs), of a function of any shape, its vector-Jacobian products. Keywords are those of
    check_layer.
    """
    pair = _FunctionPair(function, gradient)
    return check_layer(pair.forward, pair.backward, inputs, **{"name": name_of(function), **keywords})


class _FunctionPair:
    """A function and its gradient as a layer."""

    def __init__(self, function: Callable[..., Any], gradient: Callable[..., Any]):
        for what, one in (("function", function), ("gradient", gradient)):
            if not callable(one):
                raise Error(f"{what}: has a {type(one).__name__}, expected a callable")
        self._function, self._gradient = function, gradient

    def forward(self, *x: np.ndarray) -> Any:
        self._x = [one.copy() for one in x]
        return self._function(*x)

    def backward(self, *dy: np.ndarray) -> Any:
        if arrays.takes(self._gradient, len(dy) + len(self._x)):
            return self._gradient(*dy, *self._x)
        if len(dy) != 1 or dy[0].size != 1:
            raise Error("takes no upstream, expected gradient(dy, *inputs) for a function that is not one number")
        gradients = self._gradient(*self._x)
        scaled = [None if one is None else dy[0].reshape(()) * np.asarray(one)
                  for one in (gradients if isinstance(gradients, (tuple, list)) else (gradients,))]
        return tuple(scaled)


def callables(forward: Any, backward: Any, inputs: Any) -> tuple[Any, Any, Any, Any]:
    """forward, backward, inputs and the object whose methods they are (None: none), from both ways to give them: two
    callables, or one object with both methods. Raises Error."""
    if hasattr(forward, "forward") and hasattr(forward, "backward"):
        if inputs is not None and backward is not None:
            raise Error(f"check_layer: has an object with forward and backward and {type(backward).__name__} beside "
                        "it, expected (layer, inputs)")
        owner = forward
        if isinstance(owner, type) and _of_an_object(owner, "forward"):
            raise Error(f"check_layer: has the class {owner.__name__}, expected an object of it: {owner.__name__}(...)")
        coverage.note(owner)
        return owner.forward, owner.backward, inputs if backward is None else backward, owner
    for what, one in (("forward", forward), ("backward", backward)):
        if not callable(one):
            raise Error(f"{what}: has a {type(one).__name__}, expected a callable, or one object with forward and "
                        "backward")
    owner = getattr(forward, "__self__", None)
    coverage.note(forward if owner is None else owner)
    return forward, backward, inputs, owner


def _of_an_object(owner: type, method: str) -> bool:
    """Whether a method takes the object first: neither static nor of the class."""
    return not isinstance(inspect.getattr_static(owner, method), (staticmethod, classmethod))


def name_of(forward: Any) -> str:
    """How a layer is called in reports: the class whose method forward is, or forward's own name."""
    owner = getattr(forward, "__self__", None)
    if owner is not None:
        return (owner if isinstance(owner, type) else type(owner)).__name__
    name = getattr(forward, "__qualname__", type(forward).__name__).split("<locals>.")[-1].removesuffix(".forward")
    return "layer" if name == "<lambda>" else name


def prepared(layer: UserLayer, found: dict[str, tuple[Any, Any]], signals: Signals,
             forward_batch: Callable[..., Any] | None = None) -> Callbacks:
    """The layer's callbacks, in the precision of what has a gradient. Raises Error if nothing has one."""
    values = places.values(found)
    for name, value in zip(found, values):
        if arrays.is_label(value):
            raise Error(f"parameter {name}: has type <{value.dtype}>, expected float64 or float32")
    real = [x for name, x in layer.inputs.items() if name not in layer.constant]
    if not real and not found:
        types = ", ".join(f"{name} {x.dtype}" for name, x in layer.inputs.items())
        raise Error(f"{layer.name}: has no input or parameter with a gradient <{types}>, expected one of type float64 "
                    "or float32 that is not among the constants")
    precision = arrays.common_precision([*real, *values])
    return Callbacks(layer, places.read(found, precision), precision, signals, forward_batch)
