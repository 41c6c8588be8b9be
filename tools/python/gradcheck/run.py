"""Runs a check of the C interface: errors, interruptions, the report."""
from __future__ import annotations

import ctypes

from . import report, structs
from .callbacks import Callbacks
from .errors import Error
from .library import library
from .options import CheckOptions
from .report import Report
from .signals import Signals


def run(check: str, subject: ctypes.Structure, options: CheckOptions, signals: Signals,
        callbacks: Callbacks | None = None) -> Report:
    """The report of gradcheck_<check>(subject, options). Raises Error where nothing can be checked, and whatever
    Ctrl-C or an alarm raised."""
    handle = ctypes.c_void_p()
    status = getattr(library, "gradcheck_" + check)(subject, options.struct, handle)
    if signals.stopped is not None:
        library.gradcheck_report_free(handle)
        raise signals.stopped
    if status != structs.OK:
        raise _error(status, callbacks)
    return report.taken(handle)


def _error(status: int, callbacks: Callbacks | None) -> Error:
    error = Error(library.gradcheck_last_error().decode())
    raised = callbacks.raised if callbacks is not None and status == structs.CALLBACK_FAILED else None
    if raised is not None:
        error = callbacks.error(callbacks.call, raised)
        error.__cause__ = callbacks.cause(raised)
        error.__suppress_context__ = True
    return error

