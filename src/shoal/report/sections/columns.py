"""What was read: the columns of the table, and which rows served for what."""

from __future__ import annotations

from shoal.report.facts import Facts
from shoal.report.markup import tag
from shoal.report.sheet import Section, section
from shoal.report.tables import Column, table

FOLD_COLUMNS_FROM = 40
"""A table of more columns than this is folded away behind a click."""


def columns(facts: Facts) -> Section | None:
    """Return the columns as they were read."""
    if not facts.columns:
        return None
    noticed = any(column.notice for column in facts.columns)
    heads = ["Column", "Read as", Column("Missing", "number"), Column("Distinct", "number")]
    rows = [
        [
            column.name,
            str(column.kind) if column.used else f"{column.kind}, not used",
            f"{column.missing:,}",
            f"{column.distinct:,}",
            *([column.notice] if noticed else []),
        ]
        for column in facts.columns
    ]
    shown = table(
        [*heads, *(["Notice"] if noticed else [])],
        rows,
        caption="Columns of the table",
        sortable=True,
        class_="columns",
        marks=[{} if column.used else {"class_": "unused"} for column in facts.columns],
    )
    if len(rows) > FOLD_COLUMNS_FROM:
        shown = tag("details", tag("summary", f"Show all {len(rows)} columns"), shown)
    used = sum(column.used for column in facts.columns)
    counted = f"{used} of {len(facts.columns)} columns are used."
    notices = [tag("li", notice) for notice in facts.notices]
    return section(
        "What it read",
        tag("p", counted),
        shown,
        tag("ul", notices) if notices else None,
        short="Data",
    )
