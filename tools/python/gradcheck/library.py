"""Finds and loads libgradcheck_c.so."""
from __future__ import annotations

import ctypes
import ctypes.util
import os
import pathlib
from collections.abc import Iterator

from . import structs

API_VERSION = 1
NAME = "libgradcheck_c.so"


def _paths() -> Iterator[pathlib.Path]:
    """Beside this file (as a wheel has it), and in the build folders of the source tree."""
    here = pathlib.Path(__file__).resolve().parent
    yield here / NAME
    root = here.parents[2]
    if (root / "lib/gradcheck/c_api.h").exists():
        yield from sorted(root.glob(f"build/*/lib/{NAME}"))


def find() -> str:
    """The library's path: GRADCHECK_LIBRARY, else the first that is found. Raises ImportError."""
    given = os.environ.get("GRADCHECK_LIBRARY")
    if given:
        if not os.path.exists(given):
            raise ImportError(f"gradcheck: GRADCHECK_LIBRARY has <{given}>, expected the path of {NAME}")
        return given
    found = next((str(path) for path in _paths() if path.exists()), None) or ctypes.util.find_library("gradcheck_c")
    if not found:
        raise ImportError(f"gradcheck: {NAME} is not found, expected its path in GRADCHECK_LIBRARY; 'cmake --preset "
                          "release && cmake --build build/release --target gradcheck_c' in the source tree builds it")
    return found


def load() -> ctypes.CDLL:
    """The library with the types of its functions declared. Raises ImportError."""
    path = find()
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise ImportError(f"gradcheck: {path} cannot be loaded: {error}") from error
    try:
        structs.declare(library)
    except AttributeError as error:
        raise ImportError(f"gradcheck: {path} is of another version than this package: {error}") from error
    version = library.gradcheck_api_version()
    if version != API_VERSION:
        raise ImportError(f"gradcheck: {path} has API version <{version}>, expected {API_VERSION}")
    return library


library = load()
version = library.gradcheck_version().decode()
