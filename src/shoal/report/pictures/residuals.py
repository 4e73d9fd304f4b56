"""Residuals against predictions: whether errors lean to a side, and where they spread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shoal.history.wording import compact
from shoal.report.curves import BOTTOM, HEIGHT, LEFT, RIGHT, WIDTH, Scale
from shoal.report.markup import Markup, tag
from shoal.report.pictures.paper import axes, figure, line, picture

_TOP = 30
_CUT = 0.01  # of the residuals on either side may lie beyond the drawing


def residuals_picture(found: Mapping[str, Any]) -> Markup:
    """Draw the residual of each row over its prediction, with means and 5 % to 95 % bands.

    Parameters
    ----------
    found : mapping
        As ``Residuals.to_json`` of `shoal.history.residuals` gives it.

    Examples
    --------
    >>> from shoal.history.answers import Answers
    >>> from shoal.history.residuals import residuals
    >>> import numpy as np
    >>> said = np.arange(20.0)
    >>> found = residuals(Answers("regression", ("price",), np.arange(20), said + 1, said))[0]
    >>> "truth less prediction: mean 1" in residuals_picture(found.to_json())
    True
    """
    points, bands = found["points"], found["bands"]
    left = sorted(y for _, y in points)
    cut = int(_CUT * len(left))
    low, high = min(left[cut], 0.0), max(left[-1 - cut], 0.0)
    room = 0.08 * (high - low) or 1.0
    across = Scale(*_spread([x for x, _ in points]), LEFT, WIDTH - RIGHT)
    up = Scale(low - room, high + room, HEIGHT - BOTTOM, _TOP)
    size = 2.4 if len(points) > 200 else 3.2
    dots = [
        tag("circle", cx=across(x), cy=up(y), r=size, class_="dot line-0", opacity=0.35)
        for x, y in points
        if up.low <= y <= up.high
    ]
    outside = sum(not up.low <= y <= up.high for _, y in points)
    middles = [((band["low"] + band["high"]) / 2, band) for band in bands]
    ends = [
        line([(across(x), up(_within(band[name], up))) for x, band in middles], "best")
        for name in ("lower", "upper")
    ]
    means = line([(across(x), up(_within(band["mean"], up))) for x, band in middles], "curve line-1")
    zero = tag("line", x1=across.start, x2=across.end, y1=up(0.0), y2=up(0.0), class_="grid", stroke_width=2)
    told = (
        f"truth less prediction: mean {compact(found['mean'])}, standard deviation {compact(found['spread'])}"
    )
    title = f"Residuals of {found['name']}"
    words = (f"predicted {found['name']}", "truth less prediction")
    drawn = picture(
        title,
        f"{told}.",
        (WIDTH, HEIGHT),
        axes(across, up, words, (compact, compact)),
        zero,
        dots,
        ends,
        means,
    )
    entries = [("mean", "curve line-1"), ("5 % to 95 % of the rows", "best")]
    beyond = f" {outside} rows lie beyond the drawing." if outside else ""
    return figure(title, drawn, entries, f"{told[:1].upper()}{told[1:]}.{beyond}")


def _spread(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = 0.03 * (high - low) or 1.0
    return low - room, high + room


def _within(value: float, up: Scale) -> float:
    return min(max(value, up.low), up.high)
