"""Inputs and results as arrays: names, types, shapes."""
from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from .errors import Error

Shape = tuple[int, ...]


def named(inputs: Any) -> dict[str, np.ndarray]:
    """The inputs by name: as a mapping has them, else "x", or "x0", "x1", ... Raises Error for none, or None."""
    if inputs is None:
        raise Error("inputs: has <None>, expected an array, a list of arrays, or a dict of them by name")
    if isinstance(inputs, np.ndarray) or np.isscalar(inputs):
        inputs = [inputs]
    if isinstance(inputs, Mapping):
        pairs = list(inputs.items())
    else:
        items = list(inputs)
        pairs = [("x" if len(items) == 1 else f"x{k}", x) for k, x in enumerate(items)]
    if not pairs:
        raise Error("inputs: has no tensors, expected what forward is called with")
    for name, x in pairs:
        if not isinstance(name, str) or not name:
            raise Error(f"inputs: has the name <{name!r}>, expected a text that is not empty")
        if x is None:
            raise Error(f"input {name}: has <None>, expected an array")
    return {name: real(f"input {name}", x) for name, x in pairs}


def real(what: str, x: Any) -> np.ndarray:
    """x as an array of integers, booleans, float64 or float32. Raises Error for every other type."""
    if type(x).__module__.split(".")[0] == "torch":
        raise Error(f"{what}: has a torch.{type(x).__name__}, expected an array; gradcheck.torch.check takes tensors")
    _require_unmasked(f"{what}: has", x)
    try:
        array = np.asarray(x)
    except Exception as error:
        raise Error(f"{what}: has a {type(x).__name__}, expected an array: {error}") from error
    if array.dtype.kind == "c":
        raise Error(f"{what}: has type <{array.dtype}>, expected real numbers: complex ones are not supported; "
                    "pass real and imaginary parts as two inputs")
    if array.dtype == np.float16:
        raise Error(f"{what}: has type <float16>, expected float64 or float32; check_candidate(..., "
                    "precision=\"float16\") judges half precision against a reference")
    if array.dtype.kind not in "biu" and array.dtype not in (np.float64, np.float32):
        raise Error(f"{what}: has type <{array.dtype}>, expected float64, float32, integers or booleans")
    return array


def text(what: str, given: Any) -> str | None:
    """A text, or None. Raises Error for anything else."""
    if given is not None and not isinstance(given, str):
        raise Error(f"{what}: has <{given!r}>, expected a text")
    return given


def texts(what: str, given: Any) -> list[str] | None:
    """Texts, from one or several; None for None. Raises Error for anything else."""
    if given is None or isinstance(given, str):
        return given if given is None else [given]
    several = list(given) if isinstance(given, Iterable) else [given]
    if not all(isinstance(one, str) for one in several):
        raise Error(f"{what}: has <{given!r}>, expected a text or a list of them")
    return several


def _require_unmasked(what: str, x: Any) -> None:
    if np.ma.is_masked(x):
        raise Error(f"{what} a masked array, expected numbers in all entries: masks are not supported; fill them, or "
                    "pass the mask as an input of its own")


def is_label(array: np.ndarray) -> bool:
    """Whether no gradient can flow to numbers of that type."""
    return array.dtype.kind in "biu"


def constants_of(inputs: Mapping[str, np.ndarray], given: str | Iterable[str]) -> set[str]:
    """The names of the inputs without a gradient: those given, and all of an integer type. Raises Error for a name
    that no input has."""
    return known("constants", given, "inputs", inputs) | {name for name, x in inputs.items() if is_label(x)}


def known(what: str, given: Any, kind: str, names: Iterable[str]) -> set[str]:
    """The texts given, as a set. Raises Error for one that is not among the names, of that kind."""
    found = set(texts(what, given) or ())
    for name in sorted(found.difference(names)):
        raise Error(f"{what}: has <{name}>, expected names of {kind}: {', '.join(names)}{did_you_mean(name, names)}")
    return found


def common_precision(arrays: Iterable[np.ndarray]) -> np.dtype:
    """float32 as soon as one of them is: nothing finer is seen through it."""
    return np.dtype(np.float32 if any(x.dtype == np.float32 for x in arrays) else np.float64)


def results(what: str, returned: Any) -> tuple[Any, ...]:
    """What a callable returned, as a tuple of arrays (None for None). Raises Error."""
    items = tuple(returned) if isinstance(returned, (tuple, list)) else (returned,)
    return tuple(None if item is None else number_array(what, k if len(items) > 1 else None, item)
                 for k, item in enumerate(items))


def number_array(what: str, k: int | None, item: Any) -> np.ndarray:
    """One returned value as an array of numbers; `k`: its place, if there are several."""
    which = what if k is None else f"{what} as item {k}"
    _require_unmasked(which, item)
    try:
        array = np.asarray(item)
    except Exception as error:  # a tensor of another library that does not convert
        raise Error(f"{which} a {type(item).__name__}, expected an array: {error}") from error
    if array.dtype.kind == "c":
        raise Error(f"{which} complex numbers <{array.dtype}>, expected real ones")
    if array.dtype.kind not in "fbiu":
        raise Error(f"{which} a {type(item).__name__} <{array.dtype}>, expected an array of numbers")
    return array


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """", did you mean W?", or nothing."""
    by_lower = {one.lower(): one for one in known}
    close = difflib.get_close_matches(name.lower(), list(by_lower), 1)
    return f"; did you mean {by_lower[close[0]]}?" if close else ""


def other_values(x: np.ndarray) -> np.ndarray:
    """Other numbers of the same domain: in reverse order, and a little smaller."""
    return np.asarray(x[(slice(None, None, -1),) * x.ndim] * x.dtype.type(0.875)).reshape(x.shape)


def takes(function: Any, count: int) -> bool:
    """Whether a callable can be called with so many arguments; of a builtin, which does not tell, no."""
    try:
        inspect.signature(function).bind(*range(count))
    except (TypeError, ValueError):
        return False
    return True


def argument_names(function: Any, count: int) -> list[str]:
    """The names that a function's signature has for its first arguments; "x0", "x1", ... for those it has none for."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # of a builtin
        parameters = []
    names = [one.name for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)][:count]
    return names + [f"x{k}" for k in range(len(names), count)]
