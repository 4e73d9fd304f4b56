"""All trials in one picture, and all their curves in another."""

from __future__ import annotations

from shoal.report.many_curves import many_curves
from shoal.report.markup import tag
from shoal.report.parallel import parallel
from shoal.report.sheet import Section, section
from shoal.report.sweep_facts import SweepFacts


def trials(facts: SweepFacts) -> Section | None:
    """Return parallel coordinates of the trials."""
    found = facts.pictures.get("parallel")
    if not found or not found["axes"]:
        return None
    said = (
        f"A line for each of {facts.where}, from the best (yellow) to the worst (violet); the best end on "
        "top of the last axis. Drag along an axis, or move its brush with the arrow keys, to keep the trials "
        "that pass there."
    )
    drawn = parallel(found, facts.figure, facts.lower_is_better)
    return section("Every trial", tag("p", said), drawn, short="Trials") if drawn else None


def learning(facts: SweepFacts) -> Section | None:
    """Return the curves of all networks."""
    drawn = many_curves(facts.curve_title, facts.curves)
    if not drawn:
        return None
    return section("How they learnt", tag("div", drawn, class_="charts"), short="Curves")
