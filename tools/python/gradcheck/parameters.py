"""Parameters of a layer: where it keeps them and their gradients, and the buffers that C sees."""
from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from .arrays import did_you_mean, number_array, real
from .errors import Error


class Place:
    """Somewhere an array is kept. `put` writes numbers into the very array that is there, if it can be written and each
    look finds it again, and `restore` leaves the place as it was found, as far as it can be set."""

    def __init__(self, what: str):
        self.what = what
        self._found = self.get()
        self._gives_copies = isinstance(self._found, np.ndarray) and not np.may_share_memory(self._found, self.get())
        self._numbers = None if self._found is None else np.array(self._found)

    def get(self) -> Any:
        """What is kept there now; None for nothing."""
        raise NotImplementedError

    def replace(self, found: Any) -> None:
        """Puts another object there."""
        raise Error(f"{self.what}: has an array that cannot be written, expected one that can")

    def put(self, numbers: np.ndarray) -> None:
        held = self.get()
        in_place = isinstance(held, np.ndarray) and held.flags.writeable and not self._gives_copies
        if in_place and held.shape == numbers.shape:
            held[...] = numbers
        else:
            self.replace(_like(held, numbers))

    def restore(self) -> None:
        if self.get() is not self._found:
            with contextlib.suppress(Error):
                self.replace(self._found)
        if isinstance(self._found, np.ndarray) and self._found.flags.writeable:
            self._found[...] = self._numbers


def _like(held: Any, numbers: np.ndarray) -> Any:
    """The numbers as an object of the same kind."""
    if isinstance(held, (float, int)):
        return float(numbers)
    if isinstance(held, list):
        return numbers.tolist()
    dtype = held.dtype if isinstance(held, (np.ndarray, np.generic)) else numbers.dtype
    return numbers.astype(dtype)


class Attribute(Place):
    """An attribute of an object: "W", or "cell.W" of a part of it."""

    def __init__(self, what: str, owner: Any, path: str):
        *parts, self._name = path.split(".")
        for part in parts:
            owner = getattr(owner, part)
        self._owner, self._absent = owner, not hasattr(owner, self._name)
        super().__init__(what)

    def get(self) -> Any:
        return getattr(self._owner, self._name, None)

    def replace(self, found: Any) -> None:
        try:
            setattr(self._owner, self._name, found)
        except AttributeError as error:  # a property without a setter
            raise Error(f"{self.what}: cannot be set ({error}), expected an attribute that can") from error

    def restore(self) -> None:
        if self._absent:
            with contextlib.suppress(AttributeError):
                delattr(self._owner, self._name)
        else:
            super().restore()


class Array(Place):
    """An array of the user's."""

    def __init__(self, what: str, array: Any):
        self._array = array
        super().__init__(what)

    def get(self) -> Any:
        return self._array


class Looked(Place):
    """What a function of the user's returns: lambda: layer.grads["W"]."""

    def __init__(self, what: str, look: Any):
        self._look = look
        super().__init__(what)

    def get(self) -> Any:
        return self._look()

    def restore(self) -> None:
        if self._numbers is not None and self.get() is self._found:
            super().restore()


class Parameter:
    """One parameter. `value` and `gradient` are the buffers that C sees, dense and in the layer's precision; without a
    place for its gradient none is asked for."""

    def __init__(self, name: str, place: Place, gradient: Place | None, dtype: np.dtype):
        self.name, self.place, self._gradient = name, place, gradient
        self.value = np.array(place.get(), dtype, order="C")
        self.gradient = np.zeros_like(self.value)

    def put_value(self) -> None:
        """Gives the layer the value that C chose."""
        try:
            self.place.put(self.value)
        except Error as error:
            raise Error(f"was not called: parameter {error}") from error

    def put_gradient(self) -> None:
        """Gives the layer the gradient that C left, unless backward makes one where there is none, or where nobody else
        can put one."""
        if self._gradient.get() is not None:
            with contextlib.suppress(Error):
                self._gradient.put(self.gradient)

    def take_gradient(self) -> None:
        """Takes the gradient that backward left. Raises Error if there is none, or one of another shape."""
        found = self._gradient.get()
        if found is None:
            raise Error(f"left no {self._gradient.what}, expected the gradient of {self.name} there")
        found = number_array(f"left in {self._gradient.what}", None, found)
        if found.shape != self.gradient.shape:
            raise Error(f"left shape {found.shape} in {self._gradient.what}, expected {self.gradient.shape}, "
                        f"that of {self.name}")
        self.gradient[...] = found

    def take_value(self) -> None:
        """Takes over what the layer made of its value."""
        self.value[...] = self.place.get()

    def restore(self) -> None:
        """Leaves value and gradient as they were found."""
        if self._gradient is not None:
            self._gradient.restore()
        self.place.restore()


def places(owner: Any, given: Any) -> dict[str, tuple[Place, Place]]:
    """Where each parameter and its gradient are, from {"W": "dW"} or {"W": (W, dW)}. Raises Error."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise Error(f"parameters: has a {type(given).__name__}, expected a dict such as {{\"W\": \"dW\"}}")
    return {name: _places(owner, name, where) for name, where in given.items()}


def _places(owner: Any, name: Any, where: Any) -> tuple[Place, Place]:
    if isinstance(name, str) and isinstance(where, str):
        return _attributes(owner, name, where)
    if not isinstance(name, str) or not isinstance(where, (tuple, list)) or len(where) != 2:
        raise Error(f"parameters: has <{name!r}: {type(where).__name__}>, expected the name of the gradient's "
                    "attribute, or (value, gradient)")
    value, gradient = where
    if not isinstance(value, np.ndarray):
        raise Error(f"parameter {name}: has a {type(value).__name__} as value, expected an array, which forward reads")
    if callable(gradient):
        return Array(name, value), Looked(f"what the function for the gradient of {name} returns", gradient)
    if not isinstance(gradient, np.ndarray):
        raise Error(f"parameter {name}: has a {type(gradient).__name__} as gradient, expected an array, which backward "
                    "writes, or a function that returns it")
    if np.shares_memory(value, gradient):
        raise Error(f"parameter {name}: has its gradient in the memory of its value, expected an array of its own")
    return Array(name, value), Array(f"the array for the gradient of {name}", gradient)


def _attributes(owner: Any, name: str, where: str) -> tuple[Place, Place]:
    if owner is None:
        raise Error(f"parameter {name}: has the attribute <{where}>, expected forward to be an object's method")
    try:
        value = Attribute(name, owner, name)
        gradient = Attribute(where, owner, where)
    except AttributeError as error:
        raise Error(f"parameter {name}: {error}") from error
    if value.get() is None:
        raise Error(f"parameters: has <{name}>, expected an attribute of {type(owner).__name__}"
                    f"{did_you_mean(name, _attribute_names(owner))}")
    return value, gradient


def _attribute_names(owner: Any) -> list[str]:
    return [name for name in dir(owner) if not name.startswith("_")]


def read(found: dict[str, tuple[Place, Place]], dtype: np.dtype) -> list[Parameter]:
    """The parameters, with buffers of that type."""
    return [Parameter(name, value, gradient, dtype) for name, (value, gradient) in found.items()]


def values(found: dict[str, tuple[Place, Place]]) -> list[np.ndarray]:
    """The values as arrays. Raises Error for numbers that are not real."""
    return [real(f"parameter {name}", value.get()) for name, (value, _) in found.items()]
