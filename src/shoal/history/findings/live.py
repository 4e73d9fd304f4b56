"""Findings while training still runs: each is told once, as soon as its rule can speak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shoal.history.findings.catalogue import RULES
from shoal.history.findings.evidence import Evidence
from shoal.history.findings.finding import Finding
from shoal.history.record import History


class LiveFindings:
    """Looks at a history that grows.

    Parameters
    ----------
    settings : mapping
        As far as they are known.
    facts : mapping, optional
        Of the table, as `Evidence` takes them; rules that need what is missing are silent.

    Examples
    --------
    >>> live = LiveFindings({"learning_rate": 3.0})
    >>> [one.code for one in live.new(History([{"epoch": 1, "loss": float("inf")}]))]
    ['S101']
    >>> live.new(History([{"epoch": 1, "loss": float("inf")}]))
    []
    """

    def __init__(self, settings: Mapping[str, Any], facts: Mapping[str, Any] | None = None) -> None:
        self._told: set[str] = set()
        self.know(settings, facts or {})

    def know(self, settings: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        """Take what has become known of the network that trains from here on."""
        self._settings, self._facts = dict(settings), {**facts, "running": True}

    def new(self, history: History) -> list[Finding]:
        """Return what has not been told before."""
        evidence = Evidence(history, self._settings, self._facts)
        rules = [rule for code, rule in RULES.items() if rule.live and code not in self._told]
        found = [one for one in (rule.function(evidence) for rule in rules) if one is not None]
        self._told.update(one.code for one in found)
        return found
