"""Signals that arrive during a check: Ctrl-C, an alarm, the time limit of a test."""
from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType, TracebackType
from typing import Any

Handler = Callable[[int, "FrameType | None"], Any]


class Signals:
    """While a check runs, holds back what signal handlers raise, except inside of user code.

    Python runs a handler between any two instructions of the main thread. An exception raised there would be lost in
    a callback's own few lines, where only C could catch it. So handlers run in user code, which raises at once, or
    are put off to the next call of user code, or to the end of the check.

    `stopped` is what a handler raised, or what else is to end the check.
    """

    def __init__(self) -> None:
        self.stopped: BaseException | None = None
        self._handlers: dict[int, Handler] = {}
        self._pending: list[int] = []
        self._inside = False
        self._active = False

    def __enter__(self) -> Signals:
        self._active = True
        if threading.current_thread() is threading.main_thread():
            for number in signal.valid_signals():
                handler = signal.getsignal(number)
                if callable(handler):
                    self._handlers[number] = handler
                    signal.signal(number, self._handle)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        pending = dict.fromkeys(self._pending)
        self._active = False  # from here on `_handle` hands on at once
        try:
            _restore(list(self._handlers.items()))
        finally:
            for number in pending:
                self._handlers[number](number, None)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._active and not self._inside:
            self._pending.append(number)
            return
        inside, self._inside = self._inside, False
        try:
            self._handlers[number](number, frame)
            self._inside = inside
        except BaseException as error:
            self.stopped = self.stopped or error
            raise

    def run(self, user_code: Callable[..., Any], *arguments: Any) -> Any:
        """Calls user code; what it raises passes, after which no handler raises any more."""
        if not self._handlers:  # not the main thread: no handler ever runs here
            return user_code(*arguments)
        try:
            self._inside = True
            while self._pending:
                self._handle(self._pending.pop(0), None)
            return user_code(*arguments)
        finally:
            self._inside = False


    @contextlib.contextmanager
    def refusals_allowed(self) -> Iterator[None]:
        """Within, what user code raises says no more than that it refuses; what a signal handler raised passes."""
        try:
            yield
        except Exception:
            if self.stopped is not None:
                raise


def _restore(handlers: list[tuple[int, Handler]]) -> None:
    """Puts the handlers back; each may raise as soon as it is there."""
    if handlers:
        number, handler = handlers.pop()
        try:
            signal.signal(number, handler)
        finally:
            _restore(handlers)
