"""Lines with bands over a number: width, depth, rows, epochs or a setting."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from shoal.history.wording import compact
from shoal.report.curves import BOTTOM, HEIGHT, LEFT, LOG_FROM, RIGHT, TOP, WIDTH, Line, Scale, legend_of
from shoal.report.markup import Markup, tag
from shoal.report.parallel import short

_LOG_ACROSS_FROM = 8.0


@dataclass(frozen=True)
class Band:
    """A line and the bounds of its interval; the bounds may be missing."""

    name: str
    values: Sequence[float | None]
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()
    style: int = 0


def band_chart(title: str, places: Sequence[float], shown: Sequence[Band], over: str) -> Markup:
    """Draw lines with bands.

    Parameters
    ----------
    title : str
    places : sequence of float
        Where the values stand.
    shown : sequence of Band
        NaN and None leave a gap.
    over : str
        What the places are.

    Examples
    --------
    >>> drawn = band_chart("Error", [1, 2, 64], [Band("test", [0.5, 0.4, 0.2])], "width")
    >>> "width (logarithmic)" in drawn
    True
    """
    every = (v for one in shown for v in (*one.values, *one.low, *one.high))
    known = [v for v in every if v is not None and math.isfinite(v)]
    if not known or len(places) < 2:
        return Markup("")
    log = min(places) > 0 and max(places) / min(places) >= _LOG_ACROSS_FROM
    across = Scale(min(places), max(places), LEFT + 6, WIDTH - RIGHT - 6, log=log)
    up = _up(known)
    picture = tag(
        "svg",
        tag("title", f"{title} by {over}"),
        tag("desc", _spoken(shown, places, over)),
        _grid(across, up, over),
        [_band(one, places, across, up) for one in shown if one.low],
        [_line(one, places, across, up) for one in shown],
        viewbox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        class_="chart",
    )
    named = [Line(one.name, (), one.style) for one in shown]
    return tag("figure", tag("figcaption", tag("strong", title), legend_of(named)), picture)


def _up(known: Sequence[float]) -> Scale:
    low, high = min(known), max(known)
    if low > 0 and high / low >= LOG_FROM:
        return Scale(low, high, HEIGHT - BOTTOM, TOP, log=True)
    room = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
    return Scale(low - room, high + room, HEIGHT - BOTTOM, TOP)


def _grid(across: Scale, up: Scale, over: str) -> Markup:
    parts = []
    for value in up.ticks():
        y = up(value)
        parts.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"))
        parts.append(tag("text", compact(value), x=LEFT - 8, y=y + 4, class_="tick", text_anchor="end"))
    below = HEIGHT - BOTTOM + 18
    parts += [tag("text", short(v), x=across(v), y=below, class_="tick") for v in across.ticks()]
    note = f"{over} (logarithmic)" if across.log else over
    parts.append(tag("text", note, x=(LEFT + WIDTH - RIGHT) / 2, y=HEIGHT - 5, class_="tick"))
    return tag("g", parts)


def _band(one: Band, places: Sequence[float], across: Scale, up: Scale) -> Markup | None:
    floor = up.low if up.log else -math.inf
    known = [
        (across(x), up(max(low, floor)), up(high))
        for x, low, high in zip(places, one.low, one.high, strict=True)
        if low is not None and high is not None and _is_number(low) and _is_number(high)
    ]
    if not known:
        return None
    edge = [*((x, high) for x, _, high in known), *((x, low) for x, low, _ in reversed(known))]
    path = " L".join(f"{x:g} {y:g}" for x, y in edge)
    return tag("path", d=f"M{path}Z", class_=f"band line-{one.style}")


def _line(one: Band, places: Sequence[float], across: Scale, up: Scale) -> Markup:
    known = [
        (across(x), up(y)) for x, y in zip(places, one.values, strict=True) if y is not None and _is_number(y)
    ]
    path = " L".join(f"{x:g} {y:g}" for x, y in known)
    dots = [tag("circle", cx=x, cy=y, r=3, class_=f"dot line-{one.style}") for x, y in known]
    return tag("g", tag("path", d=f"M{path}", class_=f"curve line-{one.style}") if known else None, dots)


def _spoken(shown: Sequence[Band], places: Sequence[float], over: str) -> str:
    said = []
    for one in shown:
        known = [(x, y) for x, y in zip(places, one.values, strict=True) if _is_number(y)]
        if known:
            (first, start), (last, end) = known[0], known[-1]
            said.append(
                f"{one.name}: {compact(start)} at {over} {short(first)}, {compact(end)} at {short(last)}"
            )
    return "; ".join(said) + "."


def _is_number(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
