"""What a check found out."""
from __future__ import annotations

import ctypes
import json
from typing import Any

from . import html, structs
from .library import library


class Report:
    """What was found: `verdict`, `tensors`, `json`; as a string, the report for people.

    verdict  "agree", "inconclusive", "disagree" or "error"
    tensors  a dict each, as in the JSON report: name, role, shape, entries, verdict, max_relative_error, worst, ...
    cases    the dicts of the cases, of which a layer's report has one
    json     the whole JSON report ("schema": 1) as a dict
    text     the report for people

    A report is true where everything agrees, so `assert gradcheck.check_layer(...)` does what it says.
    """

    def __init__(self, text: str, content: dict[str, Any], verdict: str):
        self.text, self.json, self.verdict = text, content, verdict

    @property
    def cases(self) -> list[dict[str, Any]]:
        return self.json["cases"]

    @property
    def tensors(self) -> list[dict[str, Any]]:
        return [tensor for case in self.cases for tensor in case["tensors"]]

    @property
    def notes(self) -> list[str]:
        return [note for case in self.cases for note in case["notes"]]

    @property
    def agrees(self) -> bool:
        return self.verdict == "agree"

    def __bool__(self) -> bool:
        return self.agrees

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        names = ", ".join(f"{tensor['name']}: {tensor['verdict']}" for tensor in self.tensors[:8])
        more = len(self.tensors) - 8
        case = self.cases[0]["id"] if len(self.cases) == 1 else f"{len(self.cases)} cases"
        told = f" ({names}{', ...' if more > 0 else ''})" if names else ""
        return f"<gradcheck.Report {case}: {self.verdict}{told}>"

    def _repr_html_(self) -> str:
        return html.page(self)


def taken(handle: ctypes.c_void_p) -> Report:
    """The report behind a handle of the C interface, which is freed."""
    try:
        verdict = structs.VERDICTS[library.gradcheck_report_verdict(handle)]
        return Report(library.gradcheck_report_text(handle).decode(),
                      json.loads(library.gradcheck_report_json(handle)), verdict)
    finally:
        library.gradcheck_report_free(handle)
