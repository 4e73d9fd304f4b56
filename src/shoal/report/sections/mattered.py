"""Which settings mattered, how each one acts, and what to try next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shoal.report.bars import Bar, bars
from shoal.report.markup import tag
from shoal.report.sheet import Section, section
from shoal.report.slice_drawing import slice_drawing
from shoal.report.sweep_facts import SweepFacts

_MOST_PAIRS = 5


def mattered(facts: SweepFacts) -> Section | None:
    """Return the importances of the settings, with intervals."""
    found = facts.pictures.get("importances")
    if not found:
        return None
    if found["reason"]:
        return section("What mattered", tag("p", found["reason"]))
    pairs = [one for one in found["interactions"] if one["seen"]][:_MOST_PAIRS]
    shown = [_bar(one) for one in (*found["settings"], *pairs)]
    unseen = [one["name"] for one in found["settings"] if not one["seen"]]
    said = f"Shares of the differences between {facts.where} that a setting explains, with 95 % intervals."
    none = f" No effect was seen of {', '.join(unseen)}." if unseen else ""
    picture = bars("Importance of the settings", shown, "% of the differences")
    return section("What mattered", tag("p", said, none), tag("figure", picture))


def _bar(one: Mapping[str, Any]) -> Bar:
    value, low, high = (100 * one[key] for key in ("share", "low", "high"))
    return Bar(one["name"], value, low, high, style=0 if one["seen"] else 2)


def one_by_one(facts: SweepFacts) -> Section | None:
    """Return how the score goes with each setting."""
    found = facts.pictures.get("slices") or []
    if not found:
        return None
    said = (
        f"The {facts.figure} over one setting, the others averaged, with a band of 95 %; each dot is a "
        "trial. A few bad trials may lie outside."
    )
    drawn = [slice_drawing(one, facts.figure, facts.lower_is_better) for one in found]
    return section(
        "One setting at a time", tag("p", said), tag("div", drawn, class_="charts"), short="Slices"
    )


def next_steps(facts: SweepFacts) -> Section | None:
    """Return what to try next."""
    if not facts.next_steps:
        return None
    return section(
        "What to try next", tag("ul", [tag("li", step) for step in facts.next_steps]), short="Next"
    )
