"""The trials of a search from the best on, as a table that can be sorted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shoal.history.wording import compact
from shoal.report.markup import Markup, joined, tag
from shoal.report.sections.findings import written
from shoal.report.sheet import Section, section
from shoal.report.sweep_facts import SweepFacts
from shoal.report.tables import Column, table
from shoal.report.words import capital

FIRST, MOST = 15, 300


def leaderboard(facts: SweepFacts) -> Section | None:
    """Return the trials that can be compared."""
    if not facts.trials:
        return None
    others = list(facts.trials[0]["others"])
    settings = telling([trial["values"] for trial in facts.trials])
    heads = [
        Column("Trial", "number"),
        Column(capital(facts.figure), "number"),
        Column("±", "number"),
        *(Column(capital(name), "number") for name in others),
        *(_column(name, facts.trials) for name in settings),
        Column("Epochs", "number"),
    ]
    rows = [_row(trial, others, settings) for trial in facts.trials[:MOST]]
    marks = [{"data_trial": trial["trial"]} for trial in facts.trials[:MOST]]
    spread = "± is the standard deviation over folds and seeds."
    more = f" The best {MOST} of {len(facts.trials):,} are listed." if len(facts.trials) > MOST else ""
    return section(
        "Leaderboard",
        tag("p", f"{spread}{more}", class_="fine"),
        _folded(heads, rows, marks),
        [tag("p", line) for line in facts.endings],
    )


def telling(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the settings that are not the same in all rows, in their order.

    Examples
    --------
    >>> telling([{"a": 1, "b": 2}, {"a": 1, "b": 3}])
    ['b']
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    found = [name for name in names if len({str(row.get(name)) for row in rows}) > 1]
    return found or names


def _folded(heads: Sequence[Column], rows: list[list[Any]], marks: list[dict[str, Any]]) -> Markup:
    first = table(
        heads,
        rows[:FIRST],
        caption="The best trials",
        sortable=True,
        class_="tight wide",
        marks=marks[:FIRST],
    )
    if len(rows) <= FIRST:
        return first
    every = table(heads, rows, caption="All trials", sortable=True, class_="tight wide", marks=marks)
    return joined(first, tag("details", tag("summary", f"Show {len(rows)} trials"), every))


def _column(name: str, trials: Sequence[Mapping[str, Any]]) -> Column:
    values = [trial["values"].get(name) for trial in trials]
    numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)
    return Column(name, "number" if numbers else "text")


def _row(trial: Mapping[str, Any], others: Sequence[str], settings: Sequence[str]) -> list[Any]:
    return [
        f"{trial['trial']:,}",
        compact(trial["figure"]),
        "" if trial["spread"] is None else f"{trial['spread']:.2g}",
        *(compact(trial["others"][name]) for name in others),
        *(value_said(trial["values"].get(name)) for name in settings),
        f"{trial['epochs']:,}",
    ]


def value_said(value: Any) -> str:
    """Write a setting with no more digits than mean something.

    Examples
    --------
    >>> value_said(0.13796491), value_said([16, 8])
    ('0.138', '16,8')
    """
    if isinstance(value, float):
        return compact(value)
    return "" if value is None else written(value)
