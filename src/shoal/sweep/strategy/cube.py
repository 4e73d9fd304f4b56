"""Settings as points of the unit cube, where every dimension is alike to whoever moves them."""

from __future__ import annotations

from typing import Any

import numpy as np

from shoal.sweep.space import Space
from shoal.sweep.strategy.trials import Trials


def point_of(space: Space, values: dict[str, Any], fill: np.ndarray | float = 0.5) -> np.ndarray:
    """Return settings as a point, with `fill` for the dimensions that they leave out."""
    point = np.asarray(space.to_unit(values), dtype=float)
    return np.where(np.isnan(point), fill, point)


def reflected(point: np.ndarray) -> np.ndarray:
    """Return a point with what stepped over an edge of the cube folded back.

    Cutting it off instead would pile settings up at the ends of every range.

    Examples
    --------
    >>> reflected(np.array([-0.2, 0.5, 1.1])).tolist()
    [0.2, 0.5, 0.9]
    """
    folded = np.mod(point, 2.0)
    return np.where(folded > 1.0, 2.0 - folded, folded)


def steps_away(space: Space, point: np.ndarray, size: float, chance: float, rng: np.random.Generator):
    """Return a point near another one: each dimension is moved with some chance, one of them surely.

    Parameters
    ----------
    space : Space
    point : array, shape (dimensions,)
    size : float
        Standard deviation of a step along an ordered dimension; one without order is drawn anew.
    chance : float
    rng : numpy.random.Generator

    Returns
    -------
    array, shape (dimensions,)
    """
    count = len(point)
    moved = rng.random(count) < chance
    moved[rng.integers(count)] = True
    near = reflected(point + size * rng.standard_normal(count))
    anew = rng.random(count)
    ordered = np.array([one.domain.ordered for one in space.dimensions])
    return np.where(moved, np.where(ordered, near, anew), point)


def settings_at(trials: Trials, point: np.ndarray) -> dict[str, Any] | None:
    """Return the settings at a point if a constraint allows them and they were not tried."""
    values = trials.space.from_unit(point)
    return values if values is not None and trials.is_new(values) else None
