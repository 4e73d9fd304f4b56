"""Which columns the network leans on: what is lost when one is shuffled."""

from __future__ import annotations

from shoal.report.bars import Bar, bars
from shoal.report.facts import Facts
from shoal.report.markup import tag
from shoal.report.sheet import Section, section

MOST = 20


def importances(facts: Facts) -> Section | None:
    """Return the importances of the columns; None where nobody measured them."""
    found = facts.importances
    if not found:
        return None
    ordered = sorted(found, key=lambda one: -one["value"])
    shown = [Bar(one["name"], one["value"], one.get("low"), one.get("high")) for one in ordered[:MOST]]
    rest = f" The {MOST} largest of {len(ordered)} are shown." if len(ordered) > MOST else ""
    said = (
        "How much worse it does on the test rows when a column is shuffled, so that it tells nothing any "
        f"more.{rest} Columns that say the same stand in for each other: each alone looks small."
    )
    axis = facts.importances_of or "loss of the figure"
    return section(
        "What it leans on",
        tag("p", said),
        tag("figure", bars("Importance of the columns", shown, axis)),
        short="Importances",
    )
