"""Horizontal bars with intervals: what matters, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from shoal.history.wording import compact, with_bounds
from shoal.report.curves import Scale, round_steps
from shoal.report.markup import Markup, tag

_WIDTH, _ROW, _TOP, _FOOT, _RIGHT = 520, 26, 6, 40, 16
_LONGEST = 28
_LETTER = 8.0  # width of one of a name, in the widest of the usual fonts
_FAR = 4.0
"""Times the third quartile of how far dots and whiskers reach, beyond which they are cut off: one change that
goes wild would press all others into a line."""


@dataclass(frozen=True)
class Bar:
    """One bar: a name, a value and its interval (None where there is none)."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    style: int = 0


def bars(title: str, shown: Sequence[Bar], axis: str, *, filled: bool = True) -> Markup:
    """Draw values with intervals, one below the other.

    Parameters
    ----------
    title : str
    shown : sequence of Bar
        From top to bottom.
    axis : str
        What is measured.
    filled : bool
        Bars from zero on; otherwise dots with whiskers, around a line at zero. What reaches much farther than
        most ends there in an arrow.

    Examples
    --------
    >>> "dropout: 0.20 (0.10 to 0.30)" in bars("What matters", [Bar("dropout", 0.2, 0.1, 0.3)], "share")
    True
    """
    known = [one for one in shown if math.isfinite(one.value)]
    if not known:
        return Markup("")
    left = 16 + _LETTER * max(min(len(one.name), _LONGEST) for one in known)
    bottom = _TOP + _ROW * len(known)
    across = _scale(known, left, math.inf if filled else _far(known))
    return tag(
        "svg",
        tag("title", title),
        tag("desc", "; ".join(_spoken(one) for one in known)),
        _grid(across, bottom, axis),
        [_drawn(one, across, _TOP + _ROW * (i + 0.5), filled, left) for i, one in enumerate(known)],
        viewbox=f"0 0 {_WIDTH} {bottom + _FOOT}",
        role="img",
        class_="chart bars",
    )


def _ends(one: Bar) -> list[float]:
    return [end for end in (one.value, one.low, one.high) if end is not None and math.isfinite(end)]


def _far(known: Sequence[Bar]) -> float:
    """Return how far from zero is still drawn."""
    reaches = sorted(max(map(abs, _ends(one))) for one in known)
    return _FAR * reaches[(3 * (len(reaches) - 1)) // 4] or math.inf


def _scale(known: Sequence[Bar], left: float, far: float) -> Scale:
    ends = [0.0, *(min(max(end, -far), far) for one in known for end in _ends(one))]
    low, high = min(ends), max(ends)
    room = 0.04 * (high - low) or 1.0
    return Scale(low - (room if low < 0 else 0), high + room, left, _WIDTH - _RIGHT)


def _arrow(at: float, y: float, way: int) -> Markup:
    """Return the end of a whisker that goes on beyond the picture."""
    points = f"{at:g},{y:g} {at - 7 * way:g},{y - 4:g} {at - 7 * way:g},{y + 4:g}"
    return tag("polygon", points=points, class_="beyond")


def _end(value: float, across: Scale, y: float) -> tuple[float, Markup]:
    """Return where a whisker ends, and its end."""
    if value > across.high or value < across.low:
        way = 1 if value > across.high else -1
        at = across.end if way > 0 else across.start
        return at, _arrow(at, y, way)
    at = across(value)
    return at, tag("line", x1=at, x2=at, y1=y - 4, y2=y + 4, class_="error")


def _drawn(one: Bar, across: Scale, y: float, filled: bool, left: float) -> Markup:
    zero, at = across(0.0), across(one.value)
    name = one.name if len(one.name) <= _LONGEST else f"{one.name[: _LONGEST - 1]}…"
    parts = [tag("text", name, x=left - 10, y=y + 4.5, class_="name", text_anchor="end")]
    if filled:
        start, width = min(zero, at), max(abs(at - zero), 0.5)
        parts.append(tag("rect", x=start, y=y - 7, width=width, height=14, class_=f"bar line-{one.style}"))
    if _finite(one.low) and _finite(one.high):
        ends = [_end(float(end or 0.0), across, y) for end in (one.low, one.high)]
        parts.append(tag("line", x1=ends[0][0], x2=ends[1][0], y1=y, y2=y, class_="error"))
        parts += [mark for _, mark in ends]
    if not filled and across.low <= one.value <= across.high:
        parts.append(tag("circle", cx=at, cy=y, r=4, class_=f"dot line-{one.style}"))
    return tag("g", tag("title", _spoken(one)), parts)


def _grid(across: Scale, bottom: float, axis: str) -> Markup:
    steps = round_steps(across.low, across.high)
    lines = [tag("line", x1=across(v), x2=across(v), y1=_TOP, y2=bottom, class_="grid") for v in steps]
    ticks = [tag("text", compact(v), x=across(v), y=bottom + 17, class_="tick") for v in steps]
    zero = tag("line", x1=across(0.0), x2=across(0.0), y1=_TOP, y2=bottom, class_="zero")
    middle = (across.start + across.end) / 2
    return tag("g", lines, ticks, zero, tag("text", axis, x=middle, y=bottom + 35, class_="tick"))


def _spoken(one: Bar) -> str:
    if not (_finite(one.low) and _finite(one.high)):
        return f"{one.name}: {compact(one.value)}"
    value, bounds = with_bounds(one.value, float(one.low or 0.0), float(one.high or 0.0))
    return f"{one.name}: {value} ({bounds})"


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
