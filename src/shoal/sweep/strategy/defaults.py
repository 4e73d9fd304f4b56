"""Options that were not given: batch sizes above all, which depend on the plan and on nothing else."""

from __future__ import annotations

import math
from typing import Any

TILE = 8
"""Networks of one shape are cheap in multiples of eight: they are trained as one program, side by side."""

_WHOLE = 256
"""A batch of a strategy that learns nothing: as large as memory allows comfortably. A grid of the usual
size is one batch then, so that settings which differ only in their number of epochs share a training."""

_RUNGS = 81
"""A first rung shorter than 1/81 of the training (four divisions by three) says too little about its end."""


def affordable(seconds: float | None, budget: float | None) -> float | None:
    """Return how many whole trainings the budget of time allows, if that can be told."""
    if seconds is None or budget is None:
        return None
    return budget / seconds if seconds > 0 else math.inf


def defaults(kind: str, trials: int | None, max_epochs: int, whole: float | None) -> dict[str, Any]:
    """Return the options of a strategy where nothing else is said.

    Parameters
    ----------
    kind : str
        Name in `shoal.sweep.strategy.table.KINDS`.
    trials : int or None
    max_epochs : int
    whole : float or None
        Whole trainings that the budget of time allows.

    Examples
    --------
    >>> defaults("gp", 40, 100, None)
    {'batch': 8, 'startup': 16}
    >>> defaults("random", None, 100, 100.0)
    {'batch': 8}
    """
    expected = _expected(trials, whole)
    return {
        "manual": lambda: {"start": None, "points": 5},
        "grid": lambda: {"points": None, "batch": _wide(expected, trials)},
        "random": lambda: {"batch": _wide(expected, trials)},
        "halving": lambda: {"settings": 81, "factor": 3, "min_epochs": None},
        "hyperband": lambda: {"factor": 3, "min_epochs": max(1, max_epochs // _RUNGS)},
        "tpe": lambda: _model(expected),
        "gp": lambda: _model(expected),
        "genetic": lambda: _genetic(expected),
        "pbt": lambda: _pbt(expected, max_epochs),
    }[kind]()


def _expected(trials: int | None, whole: float | None) -> float | None:
    """Return how many whole trainings there will be: as many as wanted, or as there is time for."""
    known = [one for one in (trials, whole) if one is not None]
    return min(known) if known else None


def _wide(expected: float | None, trials: int | None) -> int:
    """Return a large batch; an eighth of what there is time for where only time ends the search."""
    if expected is None or trials == expected:
        return _WHOLE
    return _tiles(expected / 8, TILE, _WHOLE)


def _model(expected: float | None) -> dict[str, Any]:
    """Return batches of a strategy that learns from one to the next: about eight of them, or more.

    Larger batches fill the cores, smaller ones learn sooner. The first is at least two tiles: less than that
    teaches a model nothing.
    """
    batch = 2 * TILE if expected is None else _tiles(expected / 8, TILE, 4 * TILE)
    return {"batch": batch, "startup": max(2 * TILE, batch)}


def _genetic(expected: float | None) -> dict[str, Any]:
    """Return populations for about eight generations: small ones forget, large ones do not get far."""
    population = 3 * TILE if expected is None else _tiles(expected / 8, TILE, 8 * TILE)
    return {"population": population, "mutation": None, "tournament": 3, "elite": 0.5}


def _pbt(expected: float | None, max_epochs: int) -> dict[str, Any]:
    """Return populations of equal size, 64 at most, and ten comparisons; the paper has 20 to 80 networks."""
    population = 4 * TILE
    if expected is not None and not math.isinf(expected):
        waves = math.ceil(expected / (8 * TILE))
        population = max(2, math.ceil(expected / waves)) if waves else 2
    return {"population": population, "every": math.ceil(max_epochs / 10), "quantile": 0.2, "resample": 0.25}


def _tiles(number: float, least: int, most: int) -> int:
    if math.isinf(number):
        return most
    return int(min(max(TILE * (number // TILE), least), most))
