"""Tensors among the arguments and results of a function: at the top, and in lists, tuples and dicts."""
from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch

Path = tuple[Any, ...]


def tensors_in(value: Any, path: Path = ()) -> Iterator[tuple[Path, torch.Tensor]]:
    """Each tensor with the indices and keys that lead to it."""
    if isinstance(value, torch.Tensor):
        yield path, value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from tensors_in(one, (*path, key))
    elif isinstance(value, (list, tuple)):
        for k, one in enumerate(value):
            yield from tensors_in(one, (*path, k))


def mapped(value: Any, change: Callable[[Path, torch.Tensor], Any], path: Path = ()) -> Any:
    """The same with other tensors; whatever holds none is handed on as it is."""
    if isinstance(value, torch.Tensor):
        return change(path, value)
    if next(tensors_in(value), None) is None:
        return value
    if isinstance(value, tuple):
        items = [mapped(one, change, (*path, k)) for k, one in enumerate(value)]
        return type(value)._make(items) if hasattr(value, "_make") else type(value)(items)
    result = copy.copy(value)
    for key, one in list(value.items() if isinstance(value, Mapping) else enumerate(value)):
        result[key] = mapped(one, change, (*path, key))
    return result
