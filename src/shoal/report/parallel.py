"""Parallel coordinates as a picture: a line for each trial through an axis for each setting."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from shoal.history.wording import compact
from shoal.report.curves import LOG_FROM, Scale
from shoal.report.fences import fenced
from shoal.report.markup import Markup, tag
from shoal.report.sheet import data_of

MOST_LINES = 1000
"""So many trials are drawn: the best half of them, and of the others some at even distances."""
_HEIGHT, _TOP, _FOOT, _SIDE = 360, 44, 28, 64  # as in web/src/parallel.ts
_ROOM, _NARROWEST, _WIDEST = 856, 112, 210  # for all axes, and between two of them


def parallel(found: Mapping[str, Any], figure: str, lower_is_better: bool) -> Markup:
    """Draw the trials of a search; the best score stands on top of the last axis.

    Parameters
    ----------
    found : mapping
        ``"axes"`` with name and ticks (place in [0, 1], value), and ``"lines"`` with trial, places, figure
        and rank.
    figure : str
        Title of the score.
    lower_is_better : bool

    Examples
    --------
    >>> axes = [{"name": "dropout", "ticks": [{"place": 0.0, "value": 0.0}, {"place": 1.0, "value": 0.5}]}]
    >>> lines = [{"trial": 3, "places": [0.5], "figure": 0.2, "rank": 1}]
    >>> "trial 3: log loss 0.2" in parallel({"axes": axes, "lines": lines}, "log loss", True)
    True
    """
    axes, lines = found["axes"], thinned(found["lines"])
    figures = [line["figure"] for line in lines if line["figure"] is not None]
    if not figures:
        return Markup("")
    ends = (_TOP, _HEIGHT - _FOOT) if lower_is_better else (_HEIGHT - _FOOT, _TOP)
    low, high = fenced(figures, lower_is_better)
    scale = Scale(low, high, *ends, log=low > 0 and high / low >= LOG_FROM)
    up = Scale(0.0, 1.0, _HEIGHT - _FOOT, _TOP)
    gap = min(max(_ROOM // max(len(axes), 1), _NARROWEST), _WIDEST)
    xs = [_SIDE + gap * i for i in range(len(axes) + 1)]
    width = 2 * _SIDE + gap * len(axes)
    worst_first = sorted(lines, key=lambda line: -line["rank"])
    picture = tag(
        "svg",
        tag("title", f"Trials by their settings and {figure}"),
        tag(
            "desc", f"{len(lines)} trials; {figure} from {compact(min(figures))} to {compact(max(figures))}."
        ),
        tag("g", [_line(line, xs, up, scale, figure, len(lines)) for line in worst_first], class_="trials"),
        [_axis(xs[i], i, axis["name"], _ticks(axis)) for i, axis in enumerate(axes)],
        _axis(xs[-1], len(axes), figure, [(scale(v), compact(v)) for v in scale.ticks()]),
        viewbox=f"0 0 {width} {_HEIGHT}",
        width=width,
        role="img",
        class_="parallel",
    )
    told = {
        "title": f"Trials by their settings and {figure}",
        "figure": figure,
        "lowerIsBetter": lower_is_better,
        "ends": [low, high],
        "axes": [
            {"name": a["name"], "ticks": [{"place": t["place"], "said": _said(t)} for t in a["ticks"]]}
            for a in axes
        ],
        "lines": [{key: line[key] for key in ("trial", "places", "figure", "rank")} for line in lines],
    }
    return tag(
        "figure",
        tag("div", picture, class_="scroll", tabindex="0", role="group", aria_label="Parallel coordinates"),
        tag("p", class_="brushed fine", role="status"),
        data_of(told, class_="parallel"),
        class_="parallel",
    )


def thinned(lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return at most `MOST_LINES` trials, ranked anew from 1 without gaps."""
    ordered = sorted(lines, key=lambda line: line["rank"])
    if len(ordered) > MOST_LINES:
        half = MOST_LINES // 2
        rest = ordered[half:]
        ordered = ordered[:half] + [rest[i * len(rest) // half] for i in range(half)]
    return [{**line, "rank": rank} for rank, line in enumerate(ordered, 1)]


def _line(
    line: Mapping[str, Any], xs: Sequence[float], up: Scale, scale: Scale, figure: str, count: int
) -> Markup:
    heights = [None if share is None else up(share) for share in line["places"]]
    inside = None if line["figure"] is None else min(max(line["figure"], scale.low), scale.high)
    heights.append(None if inside is None else scale(inside))
    text, drawing = "", False
    for x, y in zip(xs, heights, strict=True):
        if y is not None:
            text += f"{'L' if drawing else 'M'}{x} {y:g}"
        drawing = y is not None
    depth = round(100 * (line["rank"] - 1) / (count - 1)) if count > 1 else 0
    said = f"trial {line['trial']}: {figure} {compact(line['figure'])}"
    return tag(
        "path",
        tag("title", said),
        d=text,
        class_="trial",
        style=f"--depth:{depth}%",
        data_trial=line["trial"],
    )


def _ticks(axis: Mapping[str, Any]) -> list[tuple[float, str]]:
    up = Scale(0.0, 1.0, _HEIGHT - _FOOT, _TOP)
    return [(up(tick["place"]), _said(tick)) for tick in axis["ticks"]]


def _said(tick: Mapping[str, Any]) -> str:
    value = tick["value"]
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    text = short(value) if number else str(value)
    return text if len(text) <= 14 else f"{text[:13]}…"


def short(value: float) -> str:
    """Write a number on an axis with at most three digits.

    Examples
    --------
    >>> short(0.0011737), short(512), short(2.5561)
    ('0.00117', '512', '2.56')
    """
    return compact(float(f"{value:.3g}"))


def _axis(x: float, place: int, name: str, marks: Sequence[tuple[float, str]]) -> Markup:
    parts = [
        tag("line", x1=x, x2=x, y1=_TOP, y2=_HEIGHT - _FOOT, class_="axis"),
        tag("text", name, x=x, y=14 if place % 2 else 30, class_="name"),
    ]
    for y, said in marks:
        parts.append(tag("line", x1=x - 4, x2=x, y1=y, y2=y, class_="axis"))
        parts.append(tag("text", said, x=x - 7, y=y + 4, class_="tick small", text_anchor="end"))
    return tag("g", parts)
