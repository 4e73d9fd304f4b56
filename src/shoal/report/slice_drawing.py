"""The score over one setting, the others averaged: a curve with its band, and the trials as points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from shoal.history.wording import compact
from shoal.report.curves import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Scale
from shoal.report.fences import fenced
from shoal.report.markup import Markup, tag
from shoal.report.parallel import short

MOST_POINTS = 300


def slice_drawing(one: Mapping[str, Any], figure: str, lower_is_better: bool) -> Markup:
    """Draw a slice.

    Parameters
    ----------
    one : mapping
        "name", "scale", "ordered", "values", "figures", "low", "high", and "trials" with value and figure.
    figure : str
    lower_is_better : bool

    Examples
    --------
    >>> ends = {"figures": [0.2, 0.4], "low": [0.1, 0.3], "high": [0.3, 0.5]}
    >>> one = {
    ...     "name": "dropout",
    ...     "scale": "linear",
    ...     "ordered": True,
    ...     "values": [0.0, 0.5],
    ...     **ends,
    ...     "trials": [],
    ... }
    >>> "log loss by dropout" in slice_drawing(one, "log loss", True)
    True
    """
    across = _across(one)
    points = [trial for trial in one["trials"] if math.isfinite(trial["figure"])][:MOST_POINTS]
    up = _up(one, [trial["figure"] for trial in points], lower_is_better)
    ordered = one["ordered"] and across is not None
    place = _places(one, across)
    picture = tag(
        "svg",
        tag("title", f"{figure} by {one['name']}"),
        tag("desc", _spoken(one, figure)),
        _grid(one, across, up, place),
        [_point(place, up, trial) for trial in points],
        _curve(one, place, up) if ordered else _whiskers(one, place, up),
        viewbox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        class_="chart slice",
    )
    return tag("figure", tag("figcaption", tag("strong", one["name"])), picture)


def _across(one: Mapping[str, Any]) -> Scale | None:
    values = one["values"]
    if one["scale"] == "choice" or not all(_is_number(value) for value in values):
        return None
    low, high = min(values), max(values)
    return Scale(low, high, LEFT + 8, WIDTH - RIGHT - 8, log=one["scale"] == "log" and low > 0)


def _places(one: Mapping[str, Any], across: Scale | None) -> Any:
    """Return what finds the place of a value: on the scale, or in the order of the choices."""
    if across is not None:
        return lambda value: across(min(max(value, across.low), across.high))
    names = [str(value) for value in one["values"]]
    room = (WIDTH - RIGHT - LEFT) / max(len(names), 1)
    return lambda value: LEFT + room * (names.index(str(value)) + 0.5) if str(value) in names else None


def _up(one: Mapping[str, Any], figures: Sequence[float], lower_is_better: bool) -> Scale:
    inside = fenced(figures, lower_is_better) if figures else ()
    every = [*one["low"], *one["high"], *inside]
    low, high = min(every), max(every)
    room = 0.05 * (high - low) or 1.0
    return Scale(low - room, high + room, HEIGHT - BOTTOM, TOP)


def _point(place: Any, up: Scale, trial: Mapping[str, Any]) -> Markup | None:
    x = place(trial["value"])
    if x is None or not up.low <= trial["figure"] <= up.high:
        return None
    return tag("circle", cx=round(x, 1), cy=up(trial["figure"]), r=2.6, class_="point")


def _curve(one: Mapping[str, Any], place: Any, up: Scale) -> list[Markup]:
    xs = [place(value) for value in one["values"]]
    upper = [f"{x} {up(y)}" for x, y in zip(xs, one["high"], strict=True)]
    lower = [f"{x} {up(y)}" for x, y in zip(xs, one["low"], strict=True)]
    middle = [f"{x} {up(y)}" for x, y in zip(xs, one["figures"], strict=True)]
    band = " L".join([*upper, *reversed(lower)])
    return [
        tag("path", d=f"M{band}Z", class_="band line-0"),
        tag("path", d=f"M{' L'.join(middle)}", class_="curve line-0"),
    ]


def _whiskers(one: Mapping[str, Any], place: Any, up: Scale) -> list[Markup]:
    drawn = []
    for value, figure, low, high in zip(one["values"], one["figures"], one["low"], one["high"], strict=True):
        x = place(value)
        drawn.append(tag("line", x1=x, x2=x, y1=up(low), y2=up(high), class_="curve line-0"))
        drawn.append(tag("circle", cx=x, cy=up(figure), r=5, class_="dot line-0"))
    return drawn


def _grid(one: Mapping[str, Any], across: Scale | None, up: Scale, place: Any) -> Markup:
    parts = []
    for value in up.ticks():
        y = up(value)
        parts.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"))
        parts.append(tag("text", compact(value), x=LEFT - 8, y=y + 4, class_="tick", text_anchor="end"))
    below = HEIGHT - BOTTOM + 18
    marks = one["values"] if across is None else across.ticks()
    for value in marks:
        said = short(value) if across is not None else _brief(value, len(marks))
        parts.append(tag("text", said, x=place(value), y=below, class_="tick"))
    note = f"{one['name']} (logarithmic)" if across is not None and across.log else one["name"]
    parts.append(tag("text", note, x=(LEFT + WIDTH - RIGHT) / 2, y=HEIGHT - 5, class_="tick"))
    return tag("g", parts)


def _brief(value: Any, count: int) -> str:
    text = str(value)
    most = max(4, 48 // max(count, 1))
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _spoken(one: Mapping[str, Any], figure: str) -> str:
    told = list(zip(one["values"], one["figures"], strict=True))
    few = told if len(told) <= 6 else [told[0], told[len(told) // 2], told[-1]]
    return f"Averaged {figure}: " + "; ".join(f"{compact(y)} at {_value(v)}" for v, y in few) + "."


def _value(value: Any) -> str:
    return short(value) if _is_number(value) else str(value)
