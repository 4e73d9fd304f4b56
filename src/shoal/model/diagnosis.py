"""What the record of a model says was wrong with its training: findings from what the model file holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from shoal.history.findings import Evidence, Finding, find
from shoal.history.record import History


def evidence_of(history: History, provenance: Mapping[str, Any], scores: Mapping[str, Any]) -> Evidence:
    """Return what the rules look at.

    Parameters
    ----------
    history : History
    provenance : mapping
        Of the model; its ``"facts"`` say what was known of the table.
    scores : mapping
    """
    settings, facts = provenance.get("settings", {}), provenance.get("facts", {})
    return Evidence(history, settings.get("resolved", {}), {**facts, "scores": dict(scores)})


def diagnosis_of(
    history: History,
    provenance: Mapping[str, Any],
    scores: Mapping[str, Any],
    ignore: Collection[str] = (),
) -> list[Finding]:
    """Return the findings about a model's training, the worst first.

    Raises
    ------
    SettingError
        If a code to ignore is unknown.
    """
    return find(evidence_of(history, provenance, scores), ignore=ignore)
