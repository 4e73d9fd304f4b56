"""Which columns the network leans on: what is lost when one is shuffled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shoal.report.facts import Facts
from shoal.report.markup import tag
from shoal.report.pictures.contributions import importances_picture
from shoal.report.sheet import Section, section


def importances(facts: Facts) -> Section | None:
    """Return the importances of the columns; None where nobody measured them."""
    found = facts.importances
    if not found:
        return None
    if not found["columns"]:
        return _unmeasured(found) if found.get("of") else None
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
    return section(
        "What it leans on",
        tag("p", said + learnt + _screened(found)),
        importances_picture(found),
        short="Importances",
    )


def _screened(found: Mapping[str, Any]) -> str:
    measured, of = len(found["columns"]), found.get("of", 0)
    if of <= measured:
        return ""
    return f" Of {of:,} columns, the {measured} that moved its loss most in a first look are measured."


def _unmeasured(found: Mapping[str, Any]) -> Section | None:
    told = (
        f"What each of {found['of']:,} columns is worth was not measured, because it lasts long; "
        "'shoal explain RUN TABLE --importance' does it."
    )
    return section("What it leans on", tag("p", told), short="Importances")
