"""Error against width, depth, rows or epochs as a picture: errors with bands, bias and variance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from shoal.history.wording import compact
from shoal.report.curves import LOG_FROM, Scale
from shoal.report.markup import Markup, joined, tag

_WIDTH, _PANEL = 640, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 20, 46, 48
_STYLE = """
svg { background: #fcfcfb; font: 13px system-ui, sans-serif; }
text { fill: #5b6669; text-anchor: middle; } .y { text-anchor: end; } .name { text-anchor: start; }
.grid { stroke: #d9dedd; } .line { fill: none; stroke-width: 2.2; } .band { opacity: .15; stroke: none; }
.a { stroke: #0b6e8a; fill: #0b6e8a; } .b { stroke: #c2500a; fill: #c2500a; }
.line.a, .line.b { fill: none; } .dot { stroke: none; } text.a, text.b { stroke: none; }
@media (prefers-color-scheme: dark) {
  svg { background: #14191b; } text { fill: #9aa6a8; } .grid { stroke: #333c3f; }
  .a { stroke: #4cc2e0; fill: #4cc2e0; } .b { stroke: #f0915a; fill: #f0915a; }
}
"""


def error_curve(found: Mapping[str, Any]) -> Markup:
    """Return a drawing of a curve, as the text of an SVG file.

    Parameters
    ----------
    found : mapping
        As ``Curve.to_json`` gives it.

    Examples
    --------
    >>> ends = {f"{rows}_{end}": 0.5 for rows in ("test", "train") for end in ("low", "high")}
    >>> parts = {"bias": 0.3, "variance": 0.1}
    >>> points = [{"value": v, "test": 0.5, "train": 0.4, **ends, **parts} for v in (1, 8)]
    >>> text = error_curve({"over": "width", "figure": "log loss", "points": points})
    >>> text.startswith("<svg") and "bias" in text
    True
    """
    points, over = found["points"], found["over"]
    values = [point["value"] for point in points]
    panels = [_errors(points, values, found["figure"], over)]
    if all(point["bias"] is not None for point in points):
        panels.append(_parts(points, values, over))
    placed = [tag("g", panel, transform=f"translate(0 {_PANEL * i})") for i, panel in enumerate(panels)]
    return tag(
        "svg",
        tag("title", f"{found['figure']} by {over}"),
        tag("style", Markup(_STYLE)),
        placed,
        xmlns="http://www.w3.org/2000/svg",
        viewbox=f"0 0 {_WIDTH} {_PANEL * len(panels)}",
        role="img",
    )


def _errors(points: Sequence[Mapping[str, Any]], values: Sequence[float], figure: str, over: str) -> Markup:
    names = ("test", "test_low", "test_high", "train", "train_low", "train_high")
    lines = {name: [point[name] for point in points] for name in names}
    across, up = _across(values), _up([value for line in lines.values() for value in line])
    return joined(
        _axes(across, up, over),
        _band(values, lines["test_low"], lines["test_high"], across, up, "a"),
        _band(values, lines["train_low"], lines["train_high"], across, up, "b"),
        _line(values, lines["test"], across, up, "a"),
        _line(values, lines["train"], across, up, "b"),
        _name(0, f"{figure} on rows left out", "a"),
        _name(1, "on training rows", "b"),
    )


def _parts(points: Sequence[Mapping[str, Any]], values: Sequence[float], over: str) -> Markup:
    bias, variance = ([point[name] for point in points] for name in ("bias", "variance"))
    across, up = _across(values), _up([*bias, *variance])
    return joined(
        _axes(across, up, over),
        _line(values, bias, across, up, "a"),
        _line(values, variance, across, up, "b"),
        _name(0, "bias (with noise)", "a"),
        _name(1, "variance", "b"),
    )


def _across(values: Sequence[float]) -> Scale:
    log = min(values) > 0 and max(values) / min(values) >= 8
    return Scale(min(values), max(values), _LEFT, _WIDTH - _RIGHT, log=log)


def _up(values: Sequence[float | None]) -> Scale:
    known = [value for value in values if value is not None and math.isfinite(value)] or [0.0, 1.0]
    low, high = min(known), max(known)
    if low > 0 and high / low >= LOG_FROM:
        return Scale(low, high, _PANEL - _BOTTOM, _TOP, log=True)
    margin = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
    return Scale(low - margin, high + margin, _PANEL - _BOTTOM, _TOP)


def _axes(across: Scale, up: Scale, over: str) -> Markup:
    parts = []
    for value in up.ticks():
        y = up(value)
        parts.append(tag("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y, class_="grid"))
        parts.append(tag("text", compact(value), x=_LEFT - 8, y=y + 4, class_="y"))
    below = _PANEL - _BOTTOM + 18
    parts.extend(tag("text", compact(value), x=across(value), y=below) for value in across.ticks())
    note = " (logarithmic)" if across.log else ""
    parts.append(tag("text", f"{over}{note}", x=(_LEFT + _WIDTH - _RIGHT) / 2, y=_PANEL - 8))
    return joined(*parts)


def _band(values, low, high, across: Scale, up: Scale, style: str) -> Markup:
    known = [
        (v, a, b)
        for v, a, b in zip(values, low, high, strict=True)
        if _is_number(a) and _is_number(b) and (not up.log or a > 0)
    ]
    edge = [*((v, a) for v, a, _ in known), *((v, b) for v, _, b in reversed(known))]
    points = " ".join(f"{across(v)},{up(y)}" for v, y in edge)
    return tag("polygon", points=points, class_=f"band {style}")


def _line(values, heights, across: Scale, up: Scale, style: str) -> Markup:
    known = [(across(v), up(y)) for v, y in zip(values, heights, strict=True) if _is_number(y)]
    path = " ".join(f"{x},{y}" for x, y in known)
    dots = [tag("circle", cx=x, cy=y, r=3, class_=f"dot {style}") for x, y in known]
    return joined(tag("polyline", points=path, class_=f"line {style}"), dots)


def _name(place: int, text: str, style: str) -> Markup:
    return tag("text", text, x=_LEFT + 300 * place, y=24, class_=f"name {style}")


def _is_number(value: Any) -> bool:
    return value is not None and math.isfinite(value)
