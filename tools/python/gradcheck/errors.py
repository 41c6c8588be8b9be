"""What the package raises."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .report import Report


class Error(Exception):
    """The check could not be carried out: shapes that do not fit, a callable that raised, a name
    that nothing has. What the user's own code raised is its `__cause__`."""


class GradientError(AssertionError):
    """A gradient that does not agree. `report` is what was found; the message is its text."""

    def __init__(self, report: Report):
        super().__init__("\n" + str(report))
        self.report = report

    def __reduce__(self):
        return (type(self), (self.report,))
