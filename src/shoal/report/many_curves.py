"""The curves of many networks in one picture: each a thin line, coloured from the best to the worst."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from shoal.history.wording import compact
from shoal.report.curves import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Scale, epoch_grid
from shoal.report.markup import Markup, tag

MOST_CURVES, MOST_POINTS = 200, 60
_ROOM = 4.0  # above the median loss at the beginning, and at the end


def many_curves(title: str, lines: Sequence[Mapping[str, Any]]) -> Markup:
    """Draw a thin curve for each trial.

    Parameters
    ----------
    title : str
    lines : sequence of mapping
        "trial", "rank" (1 is the best) and "values" by epoch; NaN and None leave a gap.

    Examples
    --------
    >>> many_curves("Loss", [{"trial": 7, "rank": 1, "values": [0.9, 0.5]}]).count("trial 7")
    1
    """
    known = [value for line in lines for value in line["values"] if _is_number(value)]
    epochs = max((len(line["values"]) for line in lines), default=0)
    if not known or epochs < 2:
        return Markup("")
    shown = _thinned(lines)
    low, high = min(known), min(max(known), _roof(shown))
    log = low > 0 and high / low > 30
    room = 0.0 if log else 0.05 * (high - low) or 1.0
    up = Scale(low - room, high + room, HEIGHT - BOTTOM, TOP, log=log)
    across = Scale(1, epochs, LEFT, WIDTH - RIGHT)
    picture = tag(
        "svg",
        tag("title", title),
        tag("desc", f"{len(shown)} curves over {epochs} epochs, from {compact(low)} to {compact(high)}."),
        epoch_grid(across, up, "epoch"),
        [_curve(line, place, len(shown), across, up) for place, line in reversed(list(enumerate(shown)))],
        viewbox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        class_="chart",
    )
    left_out = f" {len(shown)} of {len(lines)} are drawn." if len(shown) < len(lines) else ""
    above = f" Values above {compact(high)} are left out." if high < max(known) else ""
    said = f"A line for each trial, the mean of its folds; from the best to the worst.{left_out}{above}"
    caption = tag("figcaption", tag("strong", title), tag("span", said, class_="about"))
    return tag("figure", caption, picture)


def _thinned(lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    ordered = sorted(lines, key=lambda line: line["rank"])
    if len(ordered) <= MOST_CURVES:
        return ordered
    return [ordered[i * (len(ordered) - 1) // (MOST_CURVES - 1)] for i in range(MOST_CURVES)]


def _roof(shown: Sequence[Mapping[str, Any]]) -> float:
    """Return the top of the picture: what diverging networks reach would flatten all others."""
    found = [[value for value in line["values"] if _is_number(value)] for line in shown]
    first, last = zip(*((values[0], values[-1]) for values in found if values), strict=True)
    return _ROOM * max(median(first), median(last))


def _curve(line: Mapping[str, Any], place: int, count: int, across: Scale, up: Scale) -> Markup:
    values = line["values"]
    step = max(1, math.ceil(len(values) / MOST_POINTS))
    picked = sorted({*range(0, len(values), step), len(values) - 1})
    text, drawing = "", False
    for i in picked:
        there = _is_number(values[i]) and values[i] <= up.high
        if there:
            text += f"{'L' if drawing else 'M'}{across(i + 1):.4g} {up(values[i]):.4g}"
        drawing = there
    depth = round(100 * place / (count - 1)) if count > 1 else 0
    style = f"--depth:{depth}%"
    return tag("path", tag("title", f"trial {line['trial']}"), d=text or "M0 0", class_="trial", style=style)


def _is_number(value: Any) -> bool:
    return value is not None and math.isfinite(value)
