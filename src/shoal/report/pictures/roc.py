"""What each threshold leads to: the ROC curve, the precision-recall curve, and the cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shoal.history.wording import compact
from shoal.report.curves import BOTTOM, HEIGHT, LEFT, RIGHT, WIDTH, Scale
from shoal.report.markup import Markup, tag
from shoal.report.pictures.paper import axes, figure, line, picture

_TOP = 30
MOST_CURVES = 4


def roc_picture(curves: Sequence[Mapping[str, Any]]) -> Markup:
    """Draw ROC curves: the share of the class that is found over the share of others called so by mistake.

    Parameters
    ----------
    curves : sequence of mapping
        At most four, as ``ThresholdCurve.to_json`` of `shoal.history.thresholds` gives them.

    Examples
    --------
    >>> rates = {"false_positive_rate": [0.0, 0.0, 1.0], "true_positive_rate": [0.0, 0.8, 1.0]}
    >>> more = {"of": "yes", "roc_auc": 0.9, "average_precision": 0.8, "precision": [1, 1, 0.5], "share": 0.5}
    >>> "yes: area 0.9" in roc_picture([{**rates, **more}])
    True
    """
    return _curves(
        "ROC",
        curves,
        ("false_positive_rate", "true_positive_rate"),
        ("share of the others called so", "share of the class found"),
        "roc_auc",
        [((0.0, 0.0), (1.0, 1.0))],
    )


def precision_recall_picture(curves: Sequence[Mapping[str, Any]]) -> Markup:
    """Draw precision over recall; dotted lines are what calling rows at random would reach."""
    return _curves(
        "Precision and recall",
        curves,
        ("true_positive_rate", "precision"),
        ("recall: share of the class found", "precision: share of those called so that are"),
        "average_precision",
        [((0.0, one["share"]), (1.0, one["share"])) for one in curves[:1]],
    )


def _curves(title: str, curves, names: tuple[str, str], words: tuple[str, str], area: str, chance) -> Markup:
    shown = list(curves)[:MOST_CURVES]
    across, up = Scale(0.0, 1.0, LEFT, WIDTH - RIGHT), Scale(0.0, 1.0, HEIGHT - BOTTOM, _TOP)
    lines = [
        line(
            [(across(x), up(y)) for x, y in zip(one[names[0]], one[names[1]], strict=True)], f"curve line-{i}"
        )
        for i, one in enumerate(shown)
    ]
    guesses = [
        tag("line", x1=across(a[0]), y1=up(a[1]), x2=across(b[0]), y2=up(b[1]), class_="best")
        for a, b in chance
    ]
    told = "; ".join(f"{one['of']}: area {compact(one[area])}" for one in shown)
    drawn = picture(title, told, (WIDTH, HEIGHT), axes(across, up, words, (compact, compact)), guesses, lines)
    entries = [(f"{one['of']}: area {compact(one[area])}", f"curve line-{i}") for i, one in enumerate(shown)]
    return figure(title, drawn, [*entries, ("guessing", "best")])


def cost_picture(found: Mapping[str, Any]) -> Markup:
    """Draw the mean cost of a row over the threshold, with the cheapest one and its interval.

    Parameters
    ----------
    found : mapping
        As ``ThresholdChoice.to_json`` of `shoal.history.thresholds` gives it.
    """
    points = [(x, y) for x, y in found["costs"] if x <= 1.0]
    costs = [y for _, y in points]
    across = Scale(0.0, 1.0, LEFT, WIDTH - RIGHT)
    up = Scale(0.0, 1.05 * max(costs) or 1.0, HEIGHT - BOTTOM, _TOP)
    low, high = across(min(found["low"], 1.0)), across(min(found["high"], 1.0))
    at = across(min(found["threshold"], 1.0))
    band = tag(
        "rect",
        x=low,
        y=_TOP,
        width=max(high - low, 1),
        height=up.start - _TOP,
        fill="var(--line-0)",
        opacity=0.12,
    )
    course = [(across(x), up(y)) for x, y in points]
    told = (
        f"Calling a row {found['of']} from {compact(found['threshold'])} on costs {compact(found['cost'])} "
        f"a row; from one half on {compact(found['cost_at_half'])}."
    )
    drawn = picture(
        f"Cost by threshold of {found['of']}",
        told,
        (WIDTH, HEIGHT),
        axes(
            across,
            up,
            (f"called {found['of']} from this probability on", "mean cost of a row"),
            (compact, compact),
        ),
        band,
        line(course, "curve line-0"),
        tag("line", x1=at, x2=at, y1=_TOP, y2=up.start, class_="best"),
    )
    note = (
        f"{told} A false alarm costs {found['false_positive']:g}, a miss {found['false_negative']:g}. "
        f"Calibrated probabilities would be cut at {compact(found['theory'])}."
    )
    return figure(
        "What a threshold costs",
        drawn,
        [("mean cost of a row", "curve line-0"), ("cheapest, with its 95 % interval", "best")],
        note,
    )
