"""The range test of learning rates as a picture: a line for each seed, and the rates that it suggests."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from shoal.history.wording import compact
from shoal.report.curves import Scale
from shoal.report.markup import Markup, joined, tag

_WIDTH, _HEIGHT = 640, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 20, 46, 48
_COLOURS = {"suggestion": "#c2500a", "steepest": "#5d3fa8", "valley": "#4c7a1b"}
_STYLE = """
svg { background: #fcfcfb; font: 13px system-ui, sans-serif; }
text { fill: #5b6669; text-anchor: middle; } .y { text-anchor: end; }
.grid { stroke: #d9dedd; } .seed { fill: none; stroke: #0b6e8a; stroke-width: 1; opacity: .45; }
.mean { fill: none; stroke: #0b6e8a; stroke-width: 2.5; } .mark { stroke-width: 1.5; stroke-dasharray: 5 3; }
.band { opacity: .12; }
@media (prefers-color-scheme: dark) {
  svg { background: #14191b; } text { fill: #9aa6a8; } .grid { stroke: #333c3f; }
  .seed, .mean { stroke: #4cc2e0; }
}
"""


def rate_curve(found: Mapping[str, Any]) -> Markup:
    """Return a drawing of what the learning-rate finder saw, as the text of an SVG file.

    Parameters
    ----------
    found : mapping
        As ``RateFinding.to_json`` gives it.

    Examples
    --------
    >>> points = {"suggestion": 0.01, "steepest": 0.01, "valley": 0.01}
    >>> bands = {f"{n}interval": [0.01, 0.1] for n in ("", "steepest_", "valley_")}
    >>> text = rate_curve({"rates": [1e-3, 1e-1], "losses": [[1.0, 0.5]], **points, **bands})
    >>> text.startswith("<svg") and "suggestion 0.01" in text
    True
    """
    rates, lines = found["rates"], found["losses"]
    values = [value for line in lines for value in line if value is not None]
    across = Scale(rates[0], rates[-1], _LEFT, _WIDTH - _RIGHT, log=True)
    up = Scale(*_range(values), _HEIGHT - _BOTTOM, _TOP)
    mean = [_mean(column) for column in zip(*lines, strict=True)]
    return tag(
        "svg",
        tag("title", "Smoothed loss by learning rate"),
        tag("style", Markup(_STYLE)),
        _axes(across, up),
        [_line(rates, line, across, up, "seed") for line in lines],
        _line(rates, mean, across, up, "mean"),
        [_mark(name, found, across, place) for place, name in enumerate(_COLOURS)],
        xmlns="http://www.w3.org/2000/svg",
        viewbox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="img",
    )


def _range(values: Sequence[float]) -> tuple[float, float]:
    """Return the bounds of the drawing: what a diverging end rises to is cut off."""
    low, first = min(values, default=0.0), values[0] if values else 1.0
    high = max(first, low) + 0.6 * abs(first - low)
    margin = 0.05 * (high - low) or 1.0
    return low - margin, high + margin


def _mean(column: Sequence[float | None]) -> float | None:
    """Return the mean of the seeds, while all of them still run."""
    known = [value for value in column if value is not None]
    return sum(known) / len(known) if len(known) == len(column) else None


def _axes(across: Scale, up: Scale) -> Markup:
    parts = []
    for value in up.ticks():
        y = up(value)
        parts.append(tag("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y, class_="grid"))
        parts.append(tag("text", compact(value), x=_LEFT - 8, y=y + 4, class_="y"))
    below = _HEIGHT - _BOTTOM + 18
    parts.extend(tag("text", f"{value:g}", x=across(value), y=below) for value in across.ticks())
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(tag("text", "learning rate", x=middle, y=_HEIGHT - 8))
    return joined(*parts)


def _line(rates, values, across: Scale, up: Scale, style: str) -> Markup:
    low, high = up.low, up.high
    points = [
        f"{across(rate)},{up(min(max(value, low), high))}"
        for rate, value in zip(rates, values, strict=True)
        if value is not None and math.isfinite(value)
    ]
    return tag("polyline", points=" ".join(points), class_=style)


def _mark(name: str, found: Mapping[str, Any], across: Scale, place: int) -> Markup:
    low, high = found["interval" if name == "suggestion" else f"{name}_interval"]
    left, right = across(low), across(high)
    bounds = {"y": _TOP, "height": _HEIGHT - _TOP - _BOTTOM, "fill": _COLOURS[name], "class_": "band"}
    at, said = across(found[name]), f"{name} {found[name]:g}"
    return joined(
        tag("rect", x=left, width=max(right - left, 1.0), **bounds),
        tag("line", x1=at, x2=at, y1=_TOP, y2=_HEIGHT - _BOTTOM, stroke=_COLOURS[name], class_="mark"),
        tag("text", said, x=_LEFT + 100 + 190 * place, y=24, style=f"fill: {_COLOURS[name]}"),
    )
