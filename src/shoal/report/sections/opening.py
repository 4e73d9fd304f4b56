"""The top of a run's page: what is predicted, how good that is, and what deserves a look first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shoal.history.wording import listed
from shoal.report.facts import Facts
from shoal.report.markup import Markup, joined, tag
from shoal.report.words import caution, headline, title


def opening(facts: Facts) -> Markup:
    """Return the summary of a run in plain words."""
    return joined(
        tag("p", title(facts), class_="kicker"),
        tag("h1", headline(facts)),
        tag("p", caution(facts), class_="caution") if caution(facts) else None,
        _attention(facts.findings),
        key_facts(_entries(facts)),
    )


def key_facts(entries: Sequence[tuple[str, Any]]) -> Markup:
    """Return names and values as a list that runs along the line."""
    found = [tag("div", tag("dt", name), tag("dd", value)) for name, value in entries]
    return tag("dl", found, class_="facts")


def _attention(findings: Sequence[Any] | None) -> Markup | None:
    """Say how many findings there are, and what the gravest one is."""
    order = ("error", "warning")
    grave = sorted(
        (one for one in findings or () if one.severity in order), key=lambda one: order.index(one.severity)
    )
    if findings is None:
        return None
    if not grave:
        notes = f"; {_counted(len(findings))} below." if findings else "."
        return tag("p", f"Nothing in the record of its training looks wrong{notes}", class_="verdict")
    first = grave[0]
    more = f", and {len(grave) - 1} more" if len(grave) > 1 else ""
    link = tag("a", f"{first.title.rstrip('.')}{more}", href="#findings")
    return tag("p", "Worth a look: ", link, ".", class_=f"verdict {first.severity}")


def _counted(notes: int) -> str:
    return "a note stands" if notes == 1 else f"{notes} notes stand"


def _entries(facts: Facts) -> list[tuple[str, Any]]:
    entries = [*([("Task", facts.task)] if facts.task else []), ("Target", listed(facts.targets))]
    if facts.classes and facts.task in ("binary", "multiclass"):
        entries.append((f"{len(facts.classes)} classes", listed(facts.classes)))
    if facts.rows:
        entries.append(("Rows", f"{sum(facts.rows.values()):,}"))
    if facts.network:
        entries.append(("Network", facts.network))
    return entries
