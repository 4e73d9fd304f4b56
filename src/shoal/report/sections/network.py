"""The network drawn: units, links and how many numbers each layer learns."""

from __future__ import annotations

from shoal.report.facts import Facts
from shoal.report.markup import tag
from shoal.report.network_drawing import layers_of, network_drawing
from shoal.report.sheet import Section, section
from shoal.report.tables import Column, table


def network(facts: Facts) -> Section | None:
    """Return the drawing of the network; None where its description is not there."""
    if not facts.spec:
        return None
    used = [column.name for column in facts.columns if column.used]
    answers = facts.classes if facts.task in ("binary", "multiclass") else facts.targets
    layers = layers_of(facts.spec, facts.weights, used, [str(one) for one in answers])
    total = sum(layer.parameters for layer in layers)
    heads = ("Layer", Column("Units", "number"), Column("Parameters", "number"))
    rows = [[layer.words, f"{layer.units:,}", f"{layer.parameters:,}"] for layer in layers]
    return section(
        "The network",
        tag("p", f"{facts.network}; {total:,} numbers are learnt." if facts.network else None),
        tag(
            "div", network_drawing(layers), class_="scroll", tabindex="0", role="group", aria_label="Drawing"
        ),
        tag(
            "details",
            tag("summary", "Layer by layer"),
            table(heads, rows, caption="Layers", class_="tight narrow"),
        ),
        short="Network",
    )
