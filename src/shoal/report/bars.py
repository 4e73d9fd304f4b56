"""Horizontal bars with intervals: what matters, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from shoal.history.wording import compact, with_bounds
from shoal.report.curves import Scale, round_steps
from shoal.report.markup import Markup, tag

_WIDTH, _ROW, _TOP, _FOOT, _RIGHT = 520, 26, 6, 40, 16
_LONGEST = 24


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
        Bars from zero on; otherwise dots with whiskers, around a line at zero.

    Examples
    --------
    >>> "dropout: 0.20 (0.10 to 0.30)" in bars("What matters", [Bar("dropout", 0.2, 0.1, 0.3)], "share")
    True
    """
    known = [one for one in shown if math.isfinite(one.value)]
    if not known:
        return Markup("")
    left = 16 + 7.2 * max(min(len(one.name), _LONGEST) for one in known)
    every = (end for one in known for end in (one.value, one.low, one.high))
    ends = [0.0, *(end for end in every if end is not None and math.isfinite(end))]
    low, high = min(ends), max(ends)
    room = 0.04 * (high - low) or 1.0
    bottom = _TOP + _ROW * len(known)
    across = Scale(low - (room if low < 0 else 0), high + room, left, _WIDTH - _RIGHT)
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


def _drawn(one: Bar, across: Scale, y: float, filled: bool, left: float) -> Markup:
    zero, at = across(0.0), across(one.value)
    name = one.name if len(one.name) <= _LONGEST else f"{one.name[: _LONGEST - 1]}…"
    parts = [tag("text", name, x=left - 10, y=y + 4.5, class_="name", text_anchor="end")]
    if filled:
        start, width = min(zero, at), max(abs(at - zero), 0.5)
        parts.append(tag("rect", x=start, y=y - 7, width=width, height=14, class_=f"bar line-{one.style}"))
    if _finite(one.low) and _finite(one.high):
        ends = across(float(one.low or 0.0)), across(float(one.high or 0.0))
        parts.append(tag("line", x1=ends[0], x2=ends[1], y1=y, y2=y, class_="error"))
        parts += [tag("line", x1=end, x2=end, y1=y - 4, y2=y + 4, class_="error") for end in ends]
    if not filled:
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
