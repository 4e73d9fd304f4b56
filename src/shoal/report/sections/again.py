"""How to do it again: the command, the same in Python, and what has to be alike for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shoal.report.facts import Facts
from shoal.report.markup import Markup, joined, tag
from shoal.report.sections.opening import key_facts
from shoal.report.sheet import Section, section


def again(facts: Facts) -> Section | None:
    """Return how to make the same network once more."""
    entries = _origins(facts.provenance)
    return section(
        "How to do it again",
        code_block("On the command line", facts.command),
        code_block("In Python", facts.python),
        tag("h3", "What has to be alike") if entries and (facts.command or facts.python) else None,
        key_facts(entries) if entries else None,
        short="Do it again",
    )


def code_block(heading: str, text: str) -> Markup | None:
    """Return lines to be copied; None where there are none."""
    if not text:
        return None
    return joined(tag("h3", heading), tag("pre", tag("code", text), tabindex="0"))


def _origins(provenance: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return what has to be alike for the same network to come out, in the order in which it matters."""
    data, platform = provenance.get("data", {}), provenance.get("platform", {})
    entries = [
        ("Fingerprint of the table", data.get("fingerprint")),
        ("Seed", provenance.get("seed")),
        ("Date", provenance.get("date")),
        ("Machine", ", ".join(str(value) for value in platform.values() if value)),
        *provenance.get("versions", {}).items(),
    ]
    return [(name, value) for name, value in entries if value not in (None, "")]
