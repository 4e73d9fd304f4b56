"""Partial dependence as a picture: the mean answer over a column's values, and how rows differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shoal.history.wording import compact
from shoal.report.bars import Bar, bars
from shoal.report.curves import BOTTOM, HEIGHT, LEFT, RIGHT, WIDTH, Scale
from shoal.report.markup import Markup, tag
from shoal.report.pictures.paper import axes, figure, line, picture

_TOP = 30


def dependence_picture(found: Mapping[str, Any]) -> Markup:
    """Draw how an answer goes with a column.

    Parameters
    ----------
    found : mapping
        As ``Dependence.to_json`` of `shoal.lens.explaining.dependence` gives it.

    Examples
    --------
    >>> ends = {"mean": [0.2, 0.6], "low": [0.1, 0.4], "high": [0.3, 0.9], "members": [], "seen": [0.0, 1.0]}
    >>> found = {"column": "age", "of": "yes", "values": [0.0, 1.0], "rows": 40, **ends}
    >>> "yes goes from 0.2 to 0.6" in dependence_picture(found)
    True
    """
    title = f"{found['of']} by {found['column']}"
    if isinstance(found["values"][0], str):
        ends = zip(found["values"], found["mean"], found["low"], found["high"], strict=True)
        rows = [Bar(name, mean, low, high) for name, mean, low, high in ends]
        note = "Whiskers: 10 % to 90 % of the rows' own answers."
        return figure(title, bars(title, rows, f"mean {found['of']}", filled=False), note=note)
    values = found["values"]
    lines = [found["mean"], found["low"], found["high"], *found["members"]]
    low, high = min(map(min, lines)), max(map(max, lines))
    room = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    across = Scale(min(values), max(values), LEFT, WIDTH - RIGHT)
    up = Scale(low - room, high + room, HEIGHT - BOTTOM, _TOP)
    edge = [
        *zip(values, found["high"], strict=True),
        *reversed(list(zip(values, found["low"], strict=True))),
    ]
    band = tag(
        "path",
        d="M" + " L".join(f"{across(x):g} {up(y):g}" for x, y in edge) + " Z",
        fill="var(--line-0)",
        opacity=0.13,
    )
    alone = [_course(values, one, across, up, "best") for one in found["members"]]
    ticks = [
        tag("line", x1=across(x), x2=across(x), y1=up.start - 6, y2=up.start, class_="best")
        for x in found["seen"]
        if across.low <= x <= across.high
    ]
    told = f"{found['of']} goes from {compact(found['mean'][0])} to {compact(found['mean'][-1])} on average."
    drawn = picture(
        title,
        told,
        (WIDTH, HEIGHT),
        axes(across, up, (found["column"], f"mean {found['of']}"), (compact, compact)),
        band,
        ticks,
        alone,
        _course(values, found["mean"], across, up, "curve line-0"),
    )
    entries = [("mean", "curve line-0"), *([("each network alone", "best")] if alone else [])]
    note = "Shaded: 10 % to 90 % of the rows' own answers. Marks below: tenths of the rows."
    return figure(title, drawn, entries, note)


def _course(values, heights, across: Scale, up: Scale, style: str) -> Markup:
    return line([(across(x), up(y)) for x, y in zip(values, heights, strict=True)], style)
