"""check_network and run_cases: networks in gradcheck's own language."""
from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from . import arrays, structs
from .errors import Error
from .options import CheckOptions, OnProgress, Rtol
from .report import Report
from .run import run
from .signals import Signals

_PARAMETER, _INPUT, _CONSTANT = 0, 1, 2


def check_network(text: str, tensors: Mapping[str, Any], *, inputs: str | Iterable[str] = (),
                  constants: str | Iterable[str] = (), loss: str | None = None, name: str | None = None,
                  all_values: bool = False, rtol: float | None = None, step: float | None = None,
                  method: str | None = None, seed: int = 0, analytic_precision: str | None = None,
                  jobs: int | None = None, progress: OnProgress | None = None) -> Report:
    """Checks a network of the library's own layers.

        gradcheck.check_network("L = half_squared_error(x @ W + b, t)", {"x": x, "W": W, "b": b, "t": t}, inputs="x")

    text        statements of the network language, one a line or separated by `;`
    tensors     arrays by name: parameters, unless they are among
    inputs      names of data: checked if the loss can be differentiated by them
    constants   names of what is never differentiated; integers and booleans are so without saying it
    loss        the name of the loss, if it is not the last
    all_values  whether every named value is checked, not only what is given

    Raises Error for mistakes in the text, with line and column, and for tensors that nothing reads.
    """
    if not isinstance(text, str):
        raise Error(f"text: has a {type(text).__name__}, expected statements such as \"L = sum(x @ W)\"")
    if not isinstance(tensors, Mapping):
        raise Error(f"tensors: has a {type(tensors).__name__}, expected a dict of arrays by name")
    values = arrays.named(tensors)
    data, held = arrays.known("inputs", inputs, "tensors", values), arrays.constants_of(values, constants)
    kept = {key: np.array(x, np.float64, order="C") for key, x in values.items()}
    table = structs.array(structs.Tensor, [
        structs.Tensor(name=structs.encoded(key), shape=structs.extents(x.shape), rank=x.ndim, data=x.ctypes.data,
                       role=_CONSTANT if key in held else _INPUT if key in data else _PARAMETER)
        for key, x in kept.items()])
    network = structs.Network(name=structs.encoded(arrays.text("name", name) or "network"),
                              text=structs.encoded(text), tensors=table,
                              tensor_count=len(table), loss=structs.encoded(arrays.text("loss", loss)),
                              all_values=bool(all_values))
    return _run("check_network", network, rtol=rtol, step=step, method=method, seed=seed,
                analytic_precision=analytic_precision, jobs=jobs, progress=progress)


def run_cases(paths: str | os.PathLike | Iterable[str | os.PathLike], *, filter: str | None = None,
              fail_fast: bool = False, allow_inconclusive: bool = False, rtol: Rtol = None, step: float | None = None,
              method: str | None = None, seed: int = 0, jobs: int | None = None,
              progress: OnProgress | None = None) -> Report:
    """Runs case files (*.toml), among and below the paths, as the gradcheck program does.

    A case that cannot be run is an error in the report. Raises Error where there is none at all.
    """
    several = [paths] if isinstance(paths, (str, os.PathLike)) or not isinstance(paths, Iterable) else list(paths)
    if not all(isinstance(path, (str, os.PathLike)) for path in several):
        raise Error(f"paths: has a {type(paths).__name__}, expected a path or a list of them")
    table = structs.texts([os.fspath(path) for path in several])
    request = structs.Run(paths=table, path_count=len(table), filter=structs.encoded(arrays.text("filter", filter)),
                          fail_fast=bool(fail_fast), allow_inconclusive=bool(allow_inconclusive))
    return _run("run_cases", request, rtol=rtol, step=step, method=method, seed=seed, jobs=jobs, progress=progress)


def _run(check: str, subject: Any, **keywords: Any) -> Report:
    with Signals() as signals:
        options = CheckOptions(signals, **keywords)
        options.watch()
        try:
            return run(check, subject, options, signals)
        finally:
            options.close()
