"""The figures of rows that the network had not seen, each with its interval."""

from __future__ import annotations

from shoal.history.metrics import METRICS
from shoal.history.wording import with_bounds
from shoal.report.facts import Facts
from shoal.report.markup import tag
from shoal.report.sheet import Section, section
from shoal.report.tables import Column, table
from shoal.report.words import MEANINGS, capital


def figures(facts: Facts) -> Section | None:
    """Return the figures; None where nothing was judged."""
    if not facts.judged or not facts.judged.get("figures"):
        return None
    rows = []
    for name, found in facts.judged["figures"].items():
        value, bounds = with_bounds(found["value"], found["low"], found["high"])
        rows.append([titled(name), value, bounds, MEANINGS.get(name, "")])
    heads = (
        "Figure",
        Column("Value", "number"),
        Column("95\N{NO-BREAK SPACE}% interval", "number"),
        "What it says",
    )
    said = "The interval says how far a figure may be off because only these rows were tested."
    return section(
        f"Figures ({facts.method})",
        table(heads, rows, caption=f"Figures of {facts.method}", class_="figures"),
        tag("p", said, class_="fine"),
        short="Figures",
    )


def titled(name: str) -> str:
    """Return a metric's name as it starts a line."""
    return capital(METRICS[name].title if name in METRICS else name)
