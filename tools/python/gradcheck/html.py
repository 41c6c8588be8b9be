"""A report as HTML, for notebooks."""
from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .report import Report

_COLOURS = {"agree": "#1a7f37", "inconclusive": "#9a6700", "disagree": "#cf222e", "error": "#cf222e"}
_HEAD = ("tensor", "role", "shape", "verdict", "entries", "max relative error", "worst entry", "analytic", "numeric")


def page(report: Report) -> str:
    """A table for each case, coloured by verdict, with notes and diagnosis below."""
    return "".join(["<div>", *(_case(case) for case in report.cases), "</div>"])


def _case(case: dict[str, Any]) -> str:
    head = "".join(f"<th style='text-align:left'>{escape(word)}</th>" for word in _HEAD)
    rows = "".join(_row(tensor) for tensor in case["tensors"])
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
    error = f"<p>{escape(case['error']['message'])}</p>" if case["error"] else ""
    told = [": ".join(filter(None, (one["pattern"], one["detail"]))) for one in case["diagnosis"]] + case["notes"]
    items = "".join(f"<li><pre style='margin:0;white-space:pre-wrap'>{escape(one)}</pre></li>" for one in told if one)
    return f"<p><b>{escape(case['id'])}</b>: {_coloured(case['verdict'])}</p>{error}{table}<ul>{items}</ul>"


def _row(tensor: dict[str, Any]) -> str:
    worst = tensor["worst"]
    cells = [escape(tensor["name"]), escape(tensor["role"]), _tuple(tensor["shape"]), _coloured(tensor["verdict"]),
             str(tensor["entries"]), _number(tensor["max_relative_error"]), _tuple(worst["index"]),
             _number(worst["analytic"]), _number(worst["numeric"])]
    return "<tr>" + "".join(f"<td style='text-align:left'>{cell}</td>" for cell in cells) + "</tr>"


def _coloured(verdict: str) -> str:
    return f"<span style='color:{_COLOURS[verdict]};font-weight:bold'>{verdict}</span>"


def _tuple(numbers: list[int]) -> str:
    return "(" + ", ".join(map(str, numbers)) + ")"


def _number(value: float | str) -> str:
    return escape(value) if isinstance(value, str) else f"{value:.6g}"
