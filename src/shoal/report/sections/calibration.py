"""Whether the network is as sure as it should be, before and after calibration."""

from __future__ import annotations

from shoal.history.wording import compact
from shoal.report.facts import Facts
from shoal.report.markup import tag
from shoal.report.reliability import reliability_diagram
from shoal.report.sheet import Section, section


def calibration(facts: Facts) -> Section | None:
    """Return the reliability before and after; None where nothing was calibrated."""
    found = (facts.judged or {}).get("calibration")
    if not found:
        return None
    told = (
        f"The probabilities are calibrated: the logits are divided by a temperature of "
        f"{compact(found['temperature'])}, fitted on {found['rows']:,} {found['fitted_on']}. The diagram "
        f"shows {found['measured_on']}."
    )
    return section(
        "Calibration",
        tag("p", told),
        tag("div", reliability_diagram(found), class_="charts"),
    )
