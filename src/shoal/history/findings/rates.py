"""Which learning rate to try instead, and what else can be turned."""

from __future__ import annotations

from typing import Any

from shoal.history.findings.evidence import Evidence
from shoal.history.findings.words import rate

_FAR = 3.0  # times: rates nearer to the usual one than this are not what is wrong
_STEP = 10.0  # the step by which rates are tried where nothing else is known


def lower(evidence: Evidence, step: float = _STEP) -> dict[str, Any]:
    """Return a lower learning rate: the usual one where the present one is far above it."""
    now, usual = evidence.number("learning_rate"), evidence.fact("usual", "learning_rate")
    if now is None:
        return {}
    if isinstance(usual, float) and now > _FAR * usual:
        return {"learning_rate": usual}
    return {"learning_rate": rate(now / step)}


def higher(evidence: Evidence, step: float = _STEP) -> dict[str, Any]:
    """Return a higher learning rate: the usual one where the present one is far below it."""
    now, usual = evidence.number("learning_rate"), evidence.fact("usual", "learning_rate")
    if now is None:
        return {}
    if isinstance(usual, float) and _FAR * now < usual:
        return {"learning_rate": usual}
    return {"learning_rate": rate(now * step)}


def is_low(evidence: Evidence) -> bool:
    """Return whether the learning rate is far below the usual one, or the usual one is not known."""
    now, usual = evidence.number("learning_rate"), evidence.fact("usual", "learning_rate")
    return now is not None and (not isinstance(usual, float) or _FAR * now < usual)
