"""The keywords of every check, as the structs of the C interface."""
from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Union

from . import arrays, structs
from .errors import Error
from .signals import Signals

Rtol = Union[float, Mapping[str, float], None]
OnProgress = Callable[["Progress"], Any]


@dataclass(frozen=True)
class Progress:
    """How far a check is: `done` of `entries` of a tensor, after `seconds` in it."""
    case: str
    tensor: str
    done: int
    entries: int
    seconds: float
    case_number: int = 1
    cases: int = 1


class CheckOptions:
    """Reads the keywords of a check (of gradcheck.check_layer; unknown words raise Error), and keeps alive what the
    struct points to."""

    def __init__(self, signals: Signals, *, rtol: Rtol = None, step: float | None = None, method: str | None = None,
                 seed: int = 0, gradients_only: bool = False, analytic_precision: str | None = None,
                 only: str | Iterable[str] | None = None, skip: str | Iterable[str] | None = None,
                 max_entries: int | None = None, max_seconds: float | None = None, jobs: int | None = None,
                 progress: OnProgress | None = None):
        self._signals, self._progress = signals, progress
        self._only, self._skip = _names("only", only), _names("skip", skip)
        self._rtols = _rtols(rtol)
        self.struct = structs.Options(
            rtol=_number("rtol", rtol) if not isinstance(rtol, Mapping) else 0.0, step=_number("step", step),
            seed=_seed(seed), method=_word("method", method, structs.METHODS), gradients_only=bool(gradients_only),
            only=self._only, only_count=len(self._only), skip=self._skip, skip_count=len(self._skip),
            rtols=self._rtols, rtol_count=len(self._rtols), max_entries=_count("max_entries", max_entries),
            max_seconds=_seconds("max_seconds", max_seconds), jobs=_jobs(jobs),
            analytic_precision=_word("analytic_precision", analytic_precision, _PRECISIONS))
        if progress is not None:
            self.watch()

    def watch(self) -> None:
        """Has C call now and then, also where it calls nothing else, so that Ctrl-C ends the check."""
        self.struct.progress = structs.OnProgress(self._on_progress)

    def close(self) -> None:
        """Lets go of what refers to this object in a circle."""
        self.struct.progress = structs.OnProgress()

    def _on_progress(self, _: Any, place: Any) -> int:
        """Called by C, from one thread at a time."""
        if self._signals.stopped is None:
            try:
                self._signals.run(self._tell, place.contents)
            except Exception as error:  # what a signal handler raised is there already, as it is
                told = Error(f"progress raised {type(error).__name__}: {error}")
                told.__cause__ = error
                self._signals.stopped = self._signals.stopped or told
            except BaseException as error:
                self._signals.stopped = self._signals.stopped or error
        return structs.STOP if self._signals.stopped is not None else 0

    def _tell(self, now: structs.Progress) -> None:
        if self._progress is not None:
            self._progress(Progress(now.case_id.decode(), now.tensor.decode(), now.done, now.entries, now.seconds,
                                    now.case_number, now.case_count))


_PRECISIONS = {None: 0, "float64": structs.FLOAT64, "float32": structs.FLOAT32}


def _word(what: str, word: Any, known: Mapping[Any, int]) -> int:
    if not isinstance(word, (str, type(None))) or word not in known:
        words = ", ".join(f'"{one}"' for one in known if one is not None)
        raise Error(f"{what}: has <{word!r}>, expected {words} or None")
    return known[word]


def contract(word: str | None) -> int:
    """The number of a contract. Raises Error for another word."""
    return _word("contract", word, structs.CONTRACTS)


def _number(what: str, value: Any) -> float:
    """The value, for C to judge; 0 for None."""
    if value is None:
        return 0.0
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise Error(f"{what}: has <{value!r}>, expected a number") from error


def _seconds(what: str, value: Any) -> float:
    seconds = _number(what, value)
    if value is not None and not seconds > 0:
        raise Error(f"{what}: has <{value!r}>, expected a number above 0, or None")
    return seconds


def _count(what: str, value: Any) -> int:
    if value is None:
        return 0
    if isinstance(value, bool) or not hasattr(value, "__index__") or value.__index__() < 1:
        raise Error(f"{what}: has <{value!r}>, expected a whole number above 0, or None")
    return value.__index__()


def _seed(value: Any) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__") or not 0 <= value.__index__() < 2**64:
        raise Error(f"seed: has <{value!r}>, expected a whole number from 0 to 2**64 - 1")
    return value.__index__()


def _jobs(value: Any) -> int:
    """Threads; 0 stands for one for each processor."""
    if value == 0 and not isinstance(value, bool):
        return os.cpu_count() or 1
    return _count("jobs", value)


def _names(what: str, given: str | Iterable[str] | None) -> ctypes.Array:
    return structs.texts(arrays.texts(what, given) or [])


def _rtols(rtol: Rtol) -> ctypes.Array:
    pairs = rtol.items() if isinstance(rtol, Mapping) else []
    return structs.array(structs.Tolerance, [
        structs.Tolerance(name=structs.encoded(str(name)), rtol=_number(f"rtol of {name}", value)) for name, value in pairs])
