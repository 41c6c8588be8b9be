"""Which classes were checked in this process."""
from __future__ import annotations

from typing import Any

_checked: set[str] = set()


def note(layer: Any) -> None:
    """Notes the class of a layer: of an object, the class itself, or that of a static method."""
    named = layer if hasattr(layer, "__qualname__") else type(layer)
    _checked.add(f"{named.__module__}.{named.__qualname__}".removesuffix(".forward"))


def was_checked(one: type) -> bool:
    return f"{one.__module__}.{one.__qualname__}" in _checked
