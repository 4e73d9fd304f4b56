"""Which columns the network leans on: what is lost when one is shuffled."""

from __future__ import annotations

from shoal.report.facts import Facts
from shoal.report.markup import tag
from shoal.report.pictures.contributions import importances_picture
from shoal.report.sheet import Section, section


def importances(facts: Facts) -> Section | None:
    """Return the importances of the columns; None where nobody measured them."""
    found = facts.importances
    if not found or not found["columns"]:
        return None
    on = found["on"]
    said = (
        f"How much worse it does on {on} when a column is shuffled, so that it tells nothing any more. "
        "Columns that say the same stand in for each other: each alone looks small."
    )
    learnt = (
        " It learnt from these rows, so this says what it uses, not what helps on new ones."
        if on == "training rows"
        else ""
    )
    picture = importances_picture(found)
    return section("What it leans on", tag("p", said + learnt), picture, short="Importances")
