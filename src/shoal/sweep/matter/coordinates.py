"""The settings of a search as a forest sees them: columns of numbers, and levels to average over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from shoal.sweep.space import Space
from shoal.sweep.space.plain import is_number, plain

MOST_LEVELS = 32
"""A finite domain up to this size has a level for each value; any other has this many equal shares."""


@dataclass(frozen=True, eq=False)
class Coordinate:
    """A dimension of the space that really varies.

    Attributes
    ----------
    place : int
        Its number in the space.
    name : str
        Its name; "name (2)" for the second dimension of a name.
    units : np.ndarray, shape (levels,)
        Where the levels lie in the unit interval of the dimension.
    shares : np.ndarray, shape (levels,)
        How likely each level is in the space; they add up to 1.
    labels : list
        The plain value of each level.
    ordered : bool
        Whether neighbouring levels are alike: one column of numbers. Otherwise a column of 0 and 1 for each
        level.
    finite : bool
        Whether the levels are all the values there are.
    """

    place: int
    name: str
    units: np.ndarray
    shares: np.ndarray
    labels: list[Any]
    ordered: bool
    finite: bool

    @property
    def columns(self) -> int:
        """How many columns it takes."""
        return 1 if self.ordered else len(self.units)

    @property
    def falling(self) -> bool:
        """Whether its numbers fall along the unit interval: a choice such as (3, 2, 1)."""
        first, last = self.labels[0], self.labels[-1]
        return self.ordered and is_number(first) and is_number(last) and first > last

    @property
    def points(self) -> np.ndarray:
        """The levels as columns, (levels, columns)."""
        return self.units[:, None] if self.ordered else np.eye(len(self.units))

    def levels_of(self, units: np.ndarray) -> np.ndarray:
        """Return the level of each place in the unit interval; 0 for NaN."""
        known = np.where(np.isfinite(units), units, 0.0)
        if self.finite:
            return np.abs(known[:, None] - self.units).argmin(1)
        return np.minimum((known * len(self.units)).astype(int), len(self.units) - 1)

    def encoded(self, units: np.ndarray) -> np.ndarray:
        """Return places of the unit interval as columns, (trials, columns)."""
        return units[:, None] if self.ordered else np.eye(len(self.units))[self.levels_of(units)]


def coordinates(space: Space) -> list[Coordinate]:
    """Return the dimensions that have more than one value.

    Examples
    --------
    >>> from shoal.sweep.space import as_space, choice, loguniform
    >>> space = as_space({"rate": loguniform(0.001, 0.1), "loss": choice("a", "b", weights=(3, 1))})
    >>> rate, loss = coordinates(space)
    >>> len(rate.units), loss.shares.tolist(), loss.labels
    (32, [0.75, 0.25], ['a', 'b'])
    """
    found = []
    for place, dimension in enumerate(space.dimensions):
        if dimension.domain.size == 1:
            continue
        before = space.names[:place].count(dimension.name)
        name = f"{dimension.name} ({before + 1})" if before else dimension.name
        found.append(_coordinate(place, name, dimension.domain))
    return found


def _coordinate(place: int, name: str, domain: Any) -> Coordinate:
    finite = domain.size is not None and domain.size <= MOST_LEVELS
    if finite:
        values = sorted(domain.grid(), key=domain.to_unit)
        units = np.array([domain.to_unit(value) for value in values])
        shares = _shares(units)
    else:
        units = (np.arange(MOST_LEVELS) + 0.5) / MOST_LEVELS
        values = [domain.from_unit(float(unit)) for unit in units]
        shares = np.full(MOST_LEVELS, 1 / MOST_LEVELS)
    labels = [plain(value) for value in values]
    return Coordinate(place, name, units, shares, labels, bool(domain.ordered), finite)


def _shares(units: np.ndarray) -> np.ndarray:
    """How wide the share of each value is, of which `units` are the middles."""
    upper = [0.0]
    for unit in units:
        upper.append(max(2 * unit - upper[-1], unit))
    widths = np.maximum(np.diff(upper), 1e-9)
    return widths / widths.sum()
