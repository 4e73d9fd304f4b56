"""What went wrong in a search: how many trials came to nothing, and what their settings have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from shoal.history.findings import Finding
from shoal.history.findings.among import Separation, separating
from shoal.sweep.trials import Trial


def findings_of(trials: Iterable[Trial]) -> list[Finding]:
    """Return the findings about the trials of a search.

    Parameters
    ----------
    trials : iterable of Trial

    Examples
    --------
    >>> rates = [0.001, 0.01, 0.1, 0.3, 0.5, 0.9]
    >>> nan = float("nan")
    >>> found = [
    ...     Trial(i, {"learning_rate": r}, {"r2": (nan if r > 0.2 else 0.5,)}, "r2")
    ...     for i, r in enumerate(rates)
    ... ]
    >>> findings_of(found)[0].evidence
    '3 of 6 trials diverged: all had learning_rate above 0.2.'
    """
    known = list(trials)
    failed = [trial for trial in known if trial.score is None]
    if not failed:
        return []
    sound = [one.values for one in known if one.score is not None]
    common = separating([one.values for one in failed], sound)
    said = f": {common.in_words()}" if common else ""
    return [
        Finding(
            "S501",
            "trials diverged",
            "warning",
            f"{len(failed)} of {len(known)} trials diverged{said}.",
            _remedy(common),
            f"{len(failed)} trials",
            {"failed": float(len(failed)), "trials": float(len(known)), **_figures(common)},
        )
    ]


def _remedy(common: Separation | None) -> str:
    if common is None:
        return "Search learning_rate only as high as trials come to something, or set clip_norm=1.0."
    if common.side == "among":
        return f"Leave {common.setting} as it is there out of the space."
    end = "up to" if common.side == "above" else "from"
    return f"Search {common.setting} {end} {common.value:g}."


def _figures(common: Separation | None) -> dict[str, float]:
    if common is None:
        return {}
    found: dict[str, Any] = {"caught": common.failed, "caught_sound": common.sound, "index": common.index}
    if common.side != "among":
        found["threshold"] = common.value
    return {name: float(value) for name, value in found.items()}


def told(found: Sequence[Finding]) -> list[str]:
    """Return findings as sentences."""
    return [f"{one.evidence} {one.remedy}" for one in found]
