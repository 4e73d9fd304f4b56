"""What may vary in a search: domains, dimensions, conditions, ties, constraints, and how they are written.

The names are loaded when they are first used. Nothing here wakes JAX but the checks against the settings of
shoal (`checking`), which know what each setting may be.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shoal.sweep.space.default import default_space
    from shoal.sweep.space.distributions import Beta, Normal
    from shoal.sweep.space.domain import Choice, Domain, Fixed
    from shoal.sweep.space.links import Condition, Constraint, Tie
    from shoal.sweep.space.ranges import Range
    from shoal.sweep.space.reading import as_space
    from shoal.sweep.space.scipy_laws import Frozen
    from shoal.sweep.space.space import Dimension, Space
    from shoal.sweep.space.sweep_file import SweepFile, read_sweep
    from shoal.sweep.space.words import (
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

_HOMES = {
    "Beta": "distributions",
    "Choice": "domain",
    "Condition": "links",
    "Constraint": "links",
    "Dimension": "space",
    "Domain": "domain",
    "Fixed": "domain",
    "Frozen": "scipy_laws",
    "Normal": "distributions",
    "Range": "ranges",
    "Space": "space",
    "SweepFile": "sweep_file",
    "Tie": "links",
    "as_space": "reading",
    "beta": "words",
    "choice": "words",
    "default_space": "default",
    "grid": "words",
    "intrange": "words",
    "lognormal": "words",
    "loguniform": "words",
    "normal": "words",
    "read_sweep": "sweep_file",
    "tie": "words",
    "uniform": "words",
    "when": "words",
}

__all__ = [
    "Beta",
    "Choice",
    "Condition",
    "Constraint",
    "Dimension",
    "Domain",
    "Fixed",
    "Frozen",
    "Normal",
    "Range",
    "Space",
    "SweepFile",
    "Tie",
    "as_space",
    "beta",
    "choice",
    "default_space",
    "grid",
    "intrange",
    "lognormal",
    "loguniform",
    "normal",
    "read_sweep",
    "tie",
    "uniform",
    "when",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'shoal.sweep.space' has no attribute '{name}'")
    value = getattr(import_module(f"shoal.sweep.space.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
