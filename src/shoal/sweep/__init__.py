"""Search: many settings, folds and seeds trained together, and what they teach.

`space` says what may vary, `strategy` what to try next, `store` keeps what came out, `matter` says what
mattered. The names are loaded when they are first used, so that importing this wakes nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shoal.sweep.space import (
        Space,
        as_space,
        beta,
        choice,
        grid,
        intrange,
        lognormal,
        loguniform,
        normal,
        tie,
        uniform,
        when,
    )

_HOMES = dict.fromkeys(
    (
        "Space",
        "as_space",
        "beta",
        "choice",
        "grid",
        "intrange",
        "lognormal",
        "loguniform",
        "normal",
        "tie",
        "uniform",
        "when",
    ),
    "shoal.sweep.space",
)

__all__ = [
    "Space",
    "as_space",
    "beta",
    "choice",
    "grid",
    "intrange",
    "lognormal",
    "loguniform",
    "normal",
    "tie",
    "uniform",
    "when",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'shoal.sweep' has no attribute '{name}'")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
