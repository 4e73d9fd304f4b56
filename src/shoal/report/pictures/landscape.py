"""The loss around a solution as a picture: a curve, or a map with contours and the paths of optimizers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from shoal.history.wording import compact
from shoal.report.curves import Scale
from shoal.report.markup import Markup, joined, tag
from shoal.report.pictures.contours import contour_lines
from shoal.report.pictures.paper import axes, figure, line, picture

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 560, 500, 64, 16, 30, 46
_LEVELS, _STEEP = 12, 30.0
_STYLE = """
.level { fill: none; stroke: var(--soft); stroke-width: .8; opacity: .8; }
.foot { fill: var(--paper); stroke: var(--ink); stroke-width: 1.5; }
.halo { fill: none; stroke: var(--paper); stroke-width: 5; opacity: .8; }
.level-name { font-size: 11px; fill: var(--ink); text-anchor: middle;
  paint-order: stroke; stroke: var(--paper); stroke-width: 3px; }
"""
_PATH_STYLES = (1, 2, 3, 0)


def landscape_picture(found: Mapping[str, Any]) -> Markup:
    """Draw a slice of the loss.

    A plane is a map: the stronger the colour, the higher the loss; lines join places of equal loss. The
    network is the cross in the middle, a path begins at its ring and ends at its dot.

    Parameters
    ----------
    found : mapping
        As ``Landscape.to_json`` of `shoal.lens.surface.landscape` gives it.

    Examples
    --------
    >>> places = {"across": [-1.0, 0.0, 1.0], "up": [0.0], "losses": [[1.0, 0.5, 1.5]], "centre": 0.5}
    >>> about = {
    ...     "loss_kind": "cross_entropy",
    ...     "rows": 9,
    ...     "directions": "random",
    ...     "paths": [],
    ...     "explained": [],
    ... }
    >>> "the loss is 0.5 at the network" in landscape_picture({**places, **about})
    True
    """
    return _line(found) if len(found["up"]) == 1 else _map(found)


def _line(found: Mapping[str, Any]) -> Markup:
    places, losses = found["across"], found["losses"][0]
    values = [value for value in losses if value is not None and math.isfinite(value)]
    across = Scale(places[0], places[-1], _LEFT, _WIDTH - _RIGHT)
    values += [loss for one in found["paths"] for loss in one["losses"] if _is_number(loss)]
    up = _loss_scale(values, _HEIGHT - 160 - _BOTTOM, _TOP)
    course = [
        (across(x), up(y)) for x, y in zip(places, losses, strict=True) if y is not None and math.isfinite(y)
    ]
    at = (across(0.0), up(found["centre"]))
    marks = [_descent(one, across, up, i) for i, one in enumerate(found["paths"])]
    drawn = picture(
        "The loss along a line",
        _spoken(found),
        (_WIDTH, _HEIGHT - 160),
        tag("style", Markup(_STYLE)),
        axes(across, up, (_direction(found, 0), _words(found)), (compact, compact)),
        line(course, "curve line-0"),
        marks,
        tag("circle", cx=at[0], cy=at[1], r=5, class_="foot"),
    )
    return figure("A line through the weights", drawn, _entries(found), _note(found))


def _descent(path: Mapping[str, Any], across: Scale, up: Scale, place: int) -> Markup:
    """Return a path by its own losses, above the foot of the perpendicular of its weights."""
    pairs = zip(path["points"], path["losses"], strict=True)
    seen = [(across(x), up(min(max(loss, up.low), up.high))) for (x, _), loss in pairs if _is_number(loss)]
    style = _PATH_STYLES[place % len(_PATH_STYLES)]
    return tag("g", line(seen, f"curve line-{style}") if seen else None, _ends(seen, place))


def _map(found: Mapping[str, Any]) -> Markup:
    xs, ys, losses = found["across"], found["up"], found["losses"]
    across = Scale(xs[0], xs[-1], _LEFT, _WIDTH - _RIGHT)
    up = Scale(ys[0], ys[-1], _HEIGHT - _BOTTOM, _TOP)
    heights = _heights(losses)
    levels, said = _levels(losses)
    lines = [
        _level(xs, ys, heights, level, words, across, up) for level, words in zip(levels, said, strict=True)
    ]
    cross = _cross(across(0.0), up(0.0))
    drawn = picture(
        "The loss around the network",
        _spoken(found),
        (_WIDTH, _HEIGHT),
        tag("style", Markup(_STYLE)),
        _cells(xs, ys, heights, across, up),
        lines,
        axes(across, up, (_direction(found, 0), _direction(found, 1)), (compact, compact)),
        [_path(one, across, up, i) for i, one in enumerate(found["paths"])],
        cross,
    )
    return figure("A plane through the weights", drawn, _entries(found), _note(found))


def _heights(losses: Sequence[Sequence[float | None]]) -> list[list[float]]:
    """Return what is drawn: losses, or their logarithms where they reach far; no number is highest."""
    known = _known(losses)
    steep = _steep(known)
    highest = max(known)
    return [[_height(one, highest, steep) for one in row] for row in losses]


def _height(value: float | None, highest: float, steep: bool) -> float:
    known = highest if value is None or not math.isfinite(value) else float(value)
    return math.log(known) if steep else known


def _levels(losses: Sequence[Sequence[float | None]]) -> tuple[list[float], list[str]]:
    known = _known(losses)
    low, high = min(known), max(known)
    if _steep(known):
        steps = [
            math.log(low) + (math.log(high) - math.log(low)) * (i + 1) / (_LEVELS + 1) for i in range(_LEVELS)
        ]
        return steps, [compact(float(f"{math.exp(step):.2g}")) for step in steps]
    # squares of equal steps: a bowl then shows rings at equal distances
    steps = [low + (high - low) * ((i + 1) / (_LEVELS + 1)) ** 2 for i in range(_LEVELS)]
    return steps, [compact(float(f"{step:.3g}")) for step in steps]


def _known(losses: Sequence[Sequence[float | None]]) -> list[float]:
    return [float(one) for row in losses for one in row if one is not None and math.isfinite(one)] or [0.0]


def _is_number(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _steep(known: Sequence[float]) -> bool:
    return min(known) > 0 and max(known) / min(known) > _STEEP


def _cells(xs, ys, heights, across: Scale, up: Scale) -> Markup:
    """Return a tile for each place; their edges lie half-way between places."""
    low, high = min(map(min, heights)), max(map(max, heights))
    left, top = _edges([across(x) for x in xs]), _edges([up(y) for y in ys])
    parts = []
    for j, row in enumerate(heights):
        for i, value in enumerate(row):
            share = (value - low) / (high - low) if high > low else 0.0
            y = min(top[j], top[j + 1])
            parts.append(
                tag(
                    "rect",
                    x=left[i],
                    y=y,
                    width=left[i + 1] - left[i],
                    height=abs(top[j + 1] - top[j]),
                    fill_opacity=f"{0.05 + 0.6 * share:.2f}",
                )
            )
    return tag("g", parts, fill="var(--line-0)", shape_rendering="crispEdges")


def _edges(places: Sequence[float]) -> list[float]:
    middles = [(a + b) / 2 for a, b in pairwise(places)]
    return [round(one) for one in (places[0], *middles, places[-1])]  # whole, so that no seams are seen


def _level(xs, ys, heights, level: float, words: str, across: Scale, up: Scale) -> Markup | None:
    found = contour_lines(xs, ys, heights, level)
    if not found:
        return None
    drawn = [line([(across(x), up(y)) for x, y in one], "level") for one in found]
    longest = max(found, key=len)
    x, y = longest[len(longest) // 3]
    named = tag("text", words, x=across(x), y=up(y) + 4, class_="level-name") if len(longest) > 8 else None
    return joined(*drawn, named)


def _path(path: Mapping[str, Any], across: Scale, up: Scale, place: int) -> Markup:
    points = [(across(x), up(y)) for x, y in path["points"]]
    last = path["losses"][-1]
    told = (
        f"{path['name']}: loss {compact(path['losses'][0])} to {compact(last)} in {path['epochs'][-1]} epochs"
    )
    style = _PATH_STYLES[place % len(_PATH_STYLES)]
    return tag(
        "g",
        tag("title", told),
        line(points, "halo"),
        line(points, f"curve line-{style}"),
        _ends(points, place),
    )


def _ends(points: Sequence[tuple[float, float]], place: int) -> Markup:
    if not points:
        return Markup("")
    style = _PATH_STYLES[place % len(_PATH_STYLES)]
    first, last = points[0], points[-1]
    return joined(
        tag("circle", cx=first[0], cy=first[1], r=5, class_="foot"),
        tag("circle", cx=last[0], cy=last[1], r=4.5, class_=f"dot line-{style}"),
    )


def _cross(x: float, y: float) -> Markup:
    strokes = [tag("line", x1=x - 6, x2=x + 6, y1=y, y2=y), tag("line", x1=x, x2=x, y1=y - 6, y2=y + 6)]
    return tag("g", tag("title", "the network"), strokes, stroke="var(--ink)", stroke_width=2.2)


def _loss_scale(values: Sequence[float], start: float, end: float) -> Scale:
    low, high = min(values), max(values)
    if low > 0 and high / low > _STEEP:
        return Scale(low / 1.2, high * 1.2, start, end, log=True)
    room = 0.06 * (high - low) or 0.1
    return Scale(low - room, high + room, start, end)


def _direction(found: Mapping[str, Any], place: int) -> str:
    order = ("first", "second")[place]
    if found["directions"] == "random":
        return f"{order} random direction, in lengths of the weights"
    return f"{order} main direction ({100 * found['explained'][place]:.0f} % of the movement)"


def _words(found: Mapping[str, Any]) -> str:
    return found["loss_kind"].replace("_", " ")


def _entries(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (one["name"], f"curve line-{_PATH_STYLES[i % len(_PATH_STYLES)]}")
        for i, one in enumerate(found["paths"])
    ]


def _note(found: Mapping[str, Any]) -> str:
    said = f"Mean {_words(found)} of {found['rows']:,} rows; {compact(found['centre'])} at the network."
    if not found["paths"]:
        return said
    return (
        f"{said} Paths are seen from above: their weights lie off the plane, where the loss is another one."
    )


def _spoken(found: Mapping[str, Any]) -> str:
    known = _known(found["losses"])
    told = (
        f"the loss is {compact(found['centre'])} at the network and lies between {compact(min(known))} and "
        f"{compact(max(known))} around it"
    )
    paths = "; ".join(
        f"{one['name']} goes from {compact(one['losses'][0])} to {compact(one['losses'][-1])}"
        for one in found["paths"]
    )
    return f"{told}. {paths}." if paths else f"{told}."
