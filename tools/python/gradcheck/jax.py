"""gradcheck.jax.check: functions of JAX with gradients of their own (jax.custom_vjp), or any others."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import jax
import numpy as np

from . import arrays, coverage
from .errors import Error
from .layer import Subject, check_subject, name_of
from .report import Report


def check(function: Callable[..., Any], *arguments: Any, name: str | None = None, constants: str | Iterable[str] = (),
          reference: Callable[..., Any] | None = None, **keywords: Any) -> Report:
    """Compares the gradients that jax.vjp gives with numeric ones, entry by entry.

        gradcheck.jax.check(my_custom_vjp_function, {"W": W, "b": b}, x)

    arguments   arrays, or trees of them, which are flattened to names: the leaf W of the first argument, called
                params in the function's signature, is "params['W']". Integers and booleans are constants.
    constants   names of leaves without a gradient
    reference   a function to differentiate numerically in its place; for float32 the function itself in float64, where
                64-bit types are enabled (jax_enable_x64)

    Keywords are those of check_layer. The function is pure: nothing of the user's is changed.
    """
    call = _Call(function, arguments, name)
    wide = None
    if reference is not None or (call.is_float32() and jax.config.jax_enable_x64):
        wide = _Call(reference or function, arguments, call.name).wide_forward
    subject = Subject(call.forward, call.backward, call.arrays, {}, call.name)
    return check_subject(subject, constants=constants, reference=wide, **keywords)


class _Call:
    """A function of trees as one of arrays."""

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...], name: str | None):
        if not callable(function):
            raise Error(f"function: has a {type(function).__name__}, expected a callable")
        coverage.note(function)
        self.function = function
        self.name = name or name_of(function)
        leaves, self._tree = jax.tree_util.tree_flatten_with_path(arguments)
        names = arrays.argument_names(function, len(arguments))
        self.arrays = {names[path[0].idx] + jax.tree_util.keystr(path[1:]): np.asarray(leaf) for path, leaf in leaves}
        if len(self.arrays) < len(leaves) or not leaves:
            raise Error(f"{self.name}: has {len(leaves)} arrays among its arguments, expected at least one, each with "
                        "a name of its own")

    def is_float32(self) -> bool:
        return any(x.dtype == np.float32 for x in self.arrays.values())

    def _called(self, leaves: tuple[Any, ...]) -> list[Any]:
        arguments = jax.tree_util.tree_unflatten(self._tree, leaves)
        return jax.tree_util.tree_leaves(self.function(*arguments))

    def forward(self, *x: np.ndarray) -> tuple[np.ndarray, ...]:
        y, self._pull_back = jax.vjp(lambda *leaves: self._called(leaves), *map(jax.numpy.asarray, x))
        self._outputs = y
        return tuple(np.asarray(one) for one in y)

    def backward(self, *dy: np.ndarray) -> tuple[np.ndarray | None, ...]:
        upstreams = [jax.numpy.asarray(one, like.dtype) for one, like in zip(dy, self._outputs)]
        return tuple(None if one.dtype == jax.dtypes.float0 else np.asarray(one) for one in self._pull_back(upstreams))

    def wide_forward(self, *x: np.ndarray) -> tuple[np.ndarray, ...]:
        wide = [jax.numpy.asarray(one, np.float64 if one.dtype.kind == "f" else None) for one in x]
        return tuple(np.asarray(one) for one in self._called(tuple(wide)))
