"""What was looked at closer, and kept in the run folder: one row through the network, the loss around it."""

from __future__ import annotations

from shoal.history.wording import compact
from shoal.report.facts import Facts
from shoal.report.markup import tag
from shoal.report.pictures.computation_graph import computation_graph
from shoal.report.pictures.landscape import landscape_picture
from shoal.report.sheet import Section, section


def one_row(facts: Facts) -> Section | None:
    """Return one row forward and backward; None where ``shoal backprop`` did not look."""
    found = facts.row
    if not found:
        return None
    told = (
        f"Row {found['row']:,} of the table: it is {found['target']}, the network says {found['said']}; the "
        f"loss is {compact(found['loss'])}. Each box has a unit's value on the way forward (net input, then "
        "value) and, below, the gradient of the loss on the way back. Where all units are shown, what comes "
        "back along the lines to the right of a box adds up to its gradient."
    )
    drawn = computation_graph(found["graph"], f"Row {found['row']:,} forward and backward")
    frame = {
        "class_": "scroll",
        "tabindex": "0",
        "role": "group",
        "aria_label": "One row through the network",
    }
    readable = tag("div", drawn, style="min-width: 46rem")  # on a narrow screen it is scrolled, not shrunk
    return section(
        "One row through the network", tag("p", told), tag("div", readable, **frame), short="One row"
    )


def landscape(facts: Facts) -> Section | None:
    """Return the loss around the network; None where ``shoal landscape`` did not look."""
    if not facts.landscape:
        return None
    drawn = landscape_picture(facts.landscape)
    return section("The loss around the network", tag("div", drawn, class_="charts"), short="Landscape")
