"""The reliability diagram: how sure the network was, and how often it was right, before and after."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from shoal.history.wording import compact
from shoal.report.curves import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Scale, round_steps
from shoal.report.markup import Markup, tag

BIGGEST = 9.0
"""Radius of a dot that stands for all rows; the area of a dot is the share of its rows."""

_AXES = "confidence"
_ABOUT = "Upwards: the share that was right. Large dots stand for many rows."
_DRAWN = (("before", 1), ("after", 0))


def reliability_diagram(found: Mapping[str, Any]) -> Markup:
    """Draw the share that was right over the confidence, in bins; on the diagonal both agree.

    Parameters
    ----------
    found : mapping
        ``"before"`` and ``"after"``, each as `shoal.history.reliability.reliability` gives it.

    Examples
    --------
    >>> bins = [{"low": 0.8, "high": 1.0, "rows": 4, "weight": 4.0, "confidence": 0.9, "accuracy": 0.75}]
    >>> figures = {"ece": 0.15, "log_loss": 0.6, "rows": 4, "bins": bins}
    >>> "before calibration (error 0.15)" in reliability_diagram({"before": figures, "after": figures})
    True
    """
    all_bins = [one for name, _ in _DRAWN for one in found[name]["bins"]]
    if not all_bins:
        return Markup("")
    low = math.floor(10 * min(min(one["confidence"], one["accuracy"]) for one in all_bins)) / 10
    across = Scale(min(low, 0.9), 1.0, LEFT, WIDTH - RIGHT)
    up = Scale(across.low, 1.0, HEIGHT - BOTTOM, TOP + BIGGEST)
    drawing = tag(
        "svg",
        tag("title", "Share right by confidence"),
        tag("desc", _spoken(found)),
        _grid(across, up),
        tag("line", x1=LEFT, y1=up(up.low), x2=WIDTH - RIGHT, y2=up(1.0), class_="best"),
        [_points(found[name]["bins"], style, across, up) for name, style in _DRAWN],
        viewbox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        class_="chart",
    )
    return tag(
        "figure",
        tag("figcaption", tag("strong", "Reliability"), tag("span", _ABOUT, class_="about"), _legend(found)),
        drawing,
    )


def _grid(across: Scale, up: Scale) -> Markup:
    parts = []
    for value in round_steps(up.low, up.high):
        x, y = across(value), up(value)
        parts.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"))
        parts.append(tag("text", compact(value), x=LEFT - 8, y=y + 4, class_="tick", text_anchor="end"))
        parts.append(tag("text", compact(value), x=x, y=HEIGHT - BOTTOM + 18, class_="tick"))
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(tag("text", _AXES, x=middle, y=HEIGHT - 5, class_="tick"))
    return tag("g", parts)


def _points(bins: Sequence[Mapping[str, Any]], style: int, across: Scale, up: Scale) -> Markup:
    total = sum(one["weight"] for one in bins)
    places = [(across(one["confidence"]), up(one["accuracy"])) for one in bins]
    path = " L".join(f"{x} {y}" for x, y in places)
    dots = [
        tag(
            "circle",
            cx=x,
            cy=y,
            r=round(max(2.0, BIGGEST * math.sqrt(one["weight"] / total)), 2),
            class_=f"dot line-{style}",
        )
        for (x, y), one in zip(places, bins, strict=True)
    ]
    return tag("g", tag("path", d=f"M{path}", class_=f"curve line-{style}"), dots)


def _legend(found: Mapping[str, Any]) -> Markup:
    entries = [
        _entry(f"{name} calibration (error {compact(found[name]['ece'])})", f"curve line-{style}")
        for name, style in _DRAWN
    ]
    return tag("span", [*entries, _entry("as sure as it should be", "best")], class_="legend")


def _entry(name: str, style: str) -> Markup:
    stroke = tag("line", x1=0, x2=26, y1=5, y2=5, class_=style)
    return tag(
        "span",
        tag("svg", stroke, viewbox="0 0 26 10", aria_hidden="true", class_="key"),
        name,
        class_="entry",
    )


def _spoken(found: Mapping[str, Any]) -> str:
    before, after = (compact(found[name]["ece"]) for name, _ in _DRAWN)
    return f"The expected calibration error is {before} before calibration and {after} after."
