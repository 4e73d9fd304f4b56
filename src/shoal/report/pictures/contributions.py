"""What moved an answer: columns as bars, to the right what raised it and to the left what lowered it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shoal.history.wording import compact
from shoal.report.bars import Bar, bars
from shoal.report.markup import Markup
from shoal.report.pictures.paper import figure

MOST = 15


def contributions_picture(found: Mapping[str, Any]) -> Markup:
    """Draw the contributions of columns to the answer of one row.

    Parameters
    ----------
    found : mapping
        As ``Explanation.to_json`` of `shoal.lens.explaining.row` gives it.

    Examples
    --------
    >>> parts = [{"column": "age", "value": "3", "usual": "7", "amount": -0.2, "slope": -0.1}]
    >>> found = {"row": 4, "of": "price", "answer": 1.0, "baseline": 1.2, "compared_with": "the rest"}
    >>> "age = 3" in contributions_picture({**found, "contributions": parts})
    True
    """
    parts = found["contributions"]
    shown = [
        Bar(f"{one['column']} = {one['value']}", one["amount"], style=int(one["amount"] < 0))
        for one in parts[:MOST]
    ]
    rest = sum(one["amount"] for one in parts[MOST:])
    if len(parts) > MOST:
        shown.append(Bar(f"{len(parts) - MOST} other columns", rest, style=int(rest < 0)))
    title = f"What moved the {found['of']} of row {found['row']}"
    note = (
        f"From {compact(found['baseline'])} for {found['compared_with']} to {compact(found['answer'])}; "
        "the bars add up to the difference."
    )
    return figure(title, bars(title, shown, f"change of the {found['of']}"), note=note)


def importances_picture(found: Mapping[str, Any]) -> Markup:
    """Draw what a figure loses when each column is shuffled.

    Parameters
    ----------
    found : mapping
        As ``Importances.to_json`` of `shoal.lens.explaining.importance` gives it.
    """
    shown = [Bar(one["name"], one["mean"], one["low"], one["high"]) for one in found["columns"][:MOST]]
    metric = found["metric"].replace("_", " ")
    title = "What each column is worth"
    note = f"{found['rows']:,} rows, {found['repeats']} shuffles; whiskers are 95 % intervals over shuffles."
    return figure(title, bars(title, shown, f"loss of {metric}"), note=note)
