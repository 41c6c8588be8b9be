"""A forward that is differentiated numerically in place of the layer's own."""
from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from .callbacks import Callbacks
from .calls import UserLayer
from .errors import Error
from .parameters import Attribute, Parameter, Place


class Reference:
    """An object with `forward`, or a function, in float64: it is handed the layer's inputs, widened. Its parameters are
    where its own `places` say (of a Subject), or its attributes of the same names; those that it does not have are set
    in the layer."""

    def __init__(self, reference: Any, layer: Callbacks):
        forward = reference.forward if hasattr(reference, "forward") else reference
        if not callable(forward):
            raise Error(f"reference: has a {type(reference).__name__}, expected an object with forward, or a callable")
        owner = getattr(forward, "__self__", None)
        inputs = {name: x if name in layer.layer.constant else x.astype(np.float64)
                  for name, x in layer.layer.inputs.items()}
        wide = np.dtype(np.float64)
        places = getattr(reference, "places", None)
        own = {name: value for name, (value, _) in places.items()} if isinstance(places, dict) else {}
        parameters = [Parameter(one.name, own.get(one.name) or _place(owner, one), None, wide)
                      for one in layer.parameters]
        user = UserLayer(f"the reference of {layer.layer.name}", forward, None, inputs, layer.layer.constant)
        self._callbacks = Callbacks(user, parameters, wide, layer.signals)

    def pointer(self) -> Any:
        """The gradcheck_layer, whose backward is never called."""
        return ctypes.pointer(self._callbacks.struct())

    def close(self) -> None:
        self._callbacks.close()


def _place(owner: Any, parameter: Parameter) -> Place:
    if owner is not None and not isinstance(owner, type) and hasattr(owner, parameter.name):
        return Attribute(parameter.name, owner, parameter.name)
    return parameter.place
