"""What a notebook shows of a training: a few facts, the curve of the loss, and the findings, as HTML.

Text is plain where a notebook takes no HTML. Colours are those of the text around it, so that light and dark
notebooks both show it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from shoal.history.record import Cell, History

if TYPE_CHECKING:
    from shoal.history.findings.finding import Finding

_WIDTH, _HEIGHT, _EDGE = 260, 64, 3
_COLOURS = {"loss": "#0b6e8a", "val_loss": "#c2500a"}
_SEVERITIES = {"error": "#b3261e", "warning": "#a15c00", "note": "#5b6669"}


def told(title: str, facts: Mapping[str, Any], *more: str) -> str:
    """Return a small table of facts under a title, and whatever HTML belongs below.

    Examples
    --------
    >>> "<strong>NetClassifier</strong>" in told("NetClassifier", {"epochs": 12})
    True
    """
    rows = "".join(
        f"<tr><th style='text-align:left;font-weight:normal;opacity:.7'>{escape(name)}</th>"
        f"<td style='text-align:left'>{escape(str(value))}</td></tr>"
        for name, value in facts.items()
        if value not in (None, "")
    )
    table = f"<table style='margin:.3em 0;border:0'>{rows}</table>" if rows else ""
    return f"<div style='margin:.4em 0'><strong>{escape(title)}</strong>{table}{''.join(more)}</div>"


def findings_table(findings: Sequence[Finding]) -> str:
    """Return findings as a list, the code in the colour of its severity; empty without any."""
    if not findings:
        return ""
    items = "".join(f"<li>{finding_line(finding)}</li>" for finding in findings)
    return f"<ul style='margin:.3em 0;padding-left:1.2em'>{items}</ul>"


def finding_line(finding: Finding) -> str:
    """Return one finding: severity and code, what it is, how it shows, and the remedy."""
    place = f" ({escape(finding.where)})" if finding.where else ""
    name = f"{finding.severity} {escape(finding.code)}</strong> {escape(finding.title)}"
    return (
        f"<strong style='color:{_SEVERITIES[finding.severity]}'>{name}{place}: "
        f"{escape(finding.evidence)} <em>{escape(finding.remedy)}</em>"
    )


def sparkline(history: History) -> str:
    """Return the losses over the epochs as a small picture; empty where there are fewer than two.

    The scale is logarithmic where all losses are positive.
    """
    drawn = {name: _seen(history[name]) for name in _COLOURS if name in history}
    drawn = {name: points for name, points in drawn.items() if len(points) > 1}
    if not drawn:
        return ""
    values = [value for points in drawn.values() for _, value in points]
    log = min(values) > 0
    low, high = (math.log(end) if log else end for end in (min(values), max(values)))
    span, last = (high - low) or 1.0, max(len(history) - 1, 1)

    def place(at: int, value: float) -> str:
        share = ((math.log(value) if log else value) - low) / span
        across = _EDGE + at / last * (_WIDTH - 2 * _EDGE)
        return f"{across:.1f},{_HEIGHT - _EDGE - share * (_HEIGHT - 2 * _EDGE):.1f}"

    lines = "".join(
        f"<polyline fill='none' stroke='{_COLOURS[name]}' stroke-width='1.5' "
        f"points='{' '.join(place(at, value) for at, value in points)}'/>"
        for name, points in drawn.items()
    )
    words = "; ".join(
        f"{'training' if name == 'loss' else 'validation'} loss {points[0][1]:.4g} to {points[-1][1]:.4g}"
        for name, points in drawn.items()
    )
    return (
        f"<svg role='img' width='{_WIDTH}' height='{_HEIGHT}' viewBox='0 0 {_WIDTH} {_HEIGHT}'>"
        f"<title>{escape(words)}</title>{lines}</svg><div style='opacity:.7'>{escape(words)}</div>"
    )


def _seen(column: Sequence[Cell]) -> list[tuple[int, float]]:
    return [
        (at, float(value)) for at, value in enumerate(column) if value is not None and math.isfinite(value)
    ]
