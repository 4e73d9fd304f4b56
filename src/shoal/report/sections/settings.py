"""The settings as they were resolved: those asked for first, all others behind a click."""

from __future__ import annotations

from shoal.report.facts import Facts
from shoal.report.markup import tag
from shoal.report.sections.findings import written
from shoal.report.sheet import Section, section
from shoal.report.tables import Column, table


def settings(facts: Facts) -> Section | None:
    """Return every setting as it was used."""
    if not facts.settings:
        return None
    asked = [[name, written(facts.settings.get(name, value))] for name, value in facts.given.items()]
    rows = [
        [name, written(value), "as asked" if name in facts.given else ""]
        for name, value in facts.settings.items()
    ]
    heads = (Column("Setting", "code"), Column("Value", "code"))
    every = table((*heads, ""), rows, caption="Every setting", class_="tight", sortable=True)
    return section(
        "Settings",
        tag("p", "Asked for; all others are defaults." if asked else "All are defaults."),
        table(heads, asked, caption="Settings that were asked for", class_="tight narrow") if asked else None,
        tag("details", tag("summary", f"Show all {len(rows)} settings"), every),
    )
