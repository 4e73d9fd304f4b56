"""Findings as cards: what is wrong, by which numbers, and which setting to turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shoal.report.markup import Markup, tag
from shoal.report.sheet import Section, section
from shoal.report.words import capital
from shoal.techniques import in_words

_SAID = {"error": "Error", "warning": "Warning", "note": "Note"}


def findings(found: Sequence[Any] | None) -> Section | None:
    """Return the findings, the gravest first; None where there are none, which stands above already.

    Parameters
    ----------
    found : sequence of Finding or None
        With ``code``, ``title``, ``severity``, ``evidence``, ``remedy``, ``where`` and ``change``.
    """
    if not found:
        return None
    order = list(_SAID)
    sorted_ = sorted(found, key=lambda one: order.index(one.severity))
    return section("Findings", tag("ol", [_card(one) for one in sorted_], class_="cards"))


def _card(one: Any) -> Markup:
    head = tag(
        "p",
        tag("span", _SAID[one.severity], class_="severity"),
        tag("span", one.code, class_="code"),
        tag("span", one.where, class_="where") if one.where else None,
        class_="card-head",
    )
    return tag(
        "li",
        head,
        tag("h3", capital(one.title.rstrip("."))),
        tag("p", one.evidence),
        tag("p", tag("strong", "Remedy. "), one.remedy, class_="remedy"),
        _change(one.change),
        class_=f"card {one.severity}",
    )


def _change(change: Any) -> Markup | None:
    if not change:
        return None
    typed = " ".join(f"--set {name}={written(value)}" for name, value in dict(change).items())
    return tag("p", tag("code", typed), class_="change")


def written(value: Any) -> str:
    """Write a setting as ``--set`` would read it.

    Examples
    --------
    >>> [written(value) for value in ([256, 128], [], True, None, {"kind": "tabm", "members": 16})]
    ['256,128', '()', 'true', 'none', 'tabm:members=16']
    """
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        if not value:
            return "()"
        return ",".join(written(item) for item in value)
    return in_words(value) if isinstance(value, Mapping) else str(value)
