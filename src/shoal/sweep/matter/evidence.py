"""What a search has seen: the trials' values and their scores, fold by fold and seed by seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from shoal.errors import InputError
from shoal.sweep.matter.paired import overlap, units_of
from shoal.sweep.space import Space


@dataclass(frozen=True, eq=False)
class Evidence:
    """The trials of a search with their scores; higher is better.

    Parameters
    ----------
    space : Space
        What varied.
    values : sequence of dict
        The values of each trial.
    parts : array_like, shape (trials, folds * seeds)
        Scores, the seeds of a fold side by side; NaN for a run that came to nothing.
    folds, seeds : int
    costs : sequence of float, optional
        What each trial costs, in whatever is scarce: seconds, or weights. Used to name the cheapest of
        equals.
    test_to_train : float, optional
        Rows tested over rows trained on in a fold; ``1 / (folds - 1)`` by default.

    Raises
    ------
    InputError
        When the scores are not one row for each trial and one column for each fold and seed.

    Examples
    --------
    >>> from shoal.sweep.space import as_space
    >>> space = as_space({"hidden": [(64,), (128,)]})
    >>> seen = Evidence(space, [{"hidden": [64]}, {"hidden": [128]}], [[0.8, 0.9], [0.9, 0.96]], 2, 1)
    >>> seen.means.round(2).tolist(), seen.ranks.tolist()
    ([0.85, 0.93], [2, 1])
    """

    space: Space
    values: Sequence[Mapping[str, Any]]
    parts: ArrayLike
    folds: int
    seeds: int
    costs: Sequence[float] | np.ndarray | None = None
    test_to_train: float | None = None

    def __post_init__(self):
        object.__setattr__(self, "values", tuple(dict(one) for one in self.values))
        expected = (len(self.values), self.folds * self.seeds)
        if self.scores.shape != expected:
            raise InputError(
                f"Scores must have the shape (trials, folds * seeds), {expected}; {self.scores.shape} came. "
                "Put NaN where nothing came of a run."
            )
        if self.costs is not None and len(self.costs) != len(self.values):
            raise InputError(
                f"Costs must be one number for each of the {len(self.values)} trials; {len(self.costs)} came."
            )

    @cached_property
    def scores(self) -> np.ndarray:
        """The parts as floats, (trials, folds * seeds); NaN where not finite."""
        parts = np.asarray(self.parts, dtype=float)
        return np.where(np.isfinite(parts), parts, np.nan)

    @cached_property
    def units(self) -> np.ndarray:
        """One observation each: means of the folds, or the seeds where there is one fold, (trials, units)."""
        return units_of(self.scores, self.folds, self.seeds)

    @property
    def overlap(self) -> float:
        """Nadeau and Bengio's term for the overlap of training sets."""
        return overlap(self.folds, self.test_to_train)

    @cached_property
    def complete(self) -> np.ndarray:
        """Whether all runs of a trial came to something, (trials,)."""
        return np.all(np.isfinite(self.scores), axis=1)

    @cached_property
    def means(self) -> np.ndarray:
        """The mean score of each trial over the runs that came to something, (trials,); NaN of none."""
        return mean_of(self.scores)

    @cached_property
    def spreads(self) -> np.ndarray:
        """The standard deviation of each trial over its units, (trials,); NaN of fewer than two."""
        count = np.isfinite(self.units).sum(1)
        squares = np.nansum((self.units - mean_of(self.units)[:, None]) ** 2, axis=1)
        return np.where(count > 1, np.sqrt(squares / np.maximum(count - 1, 1)), np.nan)

    @cached_property
    def order(self) -> np.ndarray:
        """The trials from best to worst.

        Those with all their runs come first; then, for a mean that leaves out failures flatters, those with
        some; then those of which nothing came. Of equals the earlier comes first.
        """
        some = np.isfinite(self.means)
        return np.lexsort((np.where(some, -self.means, 0.0), ~self.complete, ~some))

    @cached_property
    def ranks(self) -> np.ndarray:
        """The place of each trial, 1 for the best, (trials,)."""
        ranks = np.empty(len(self.values), dtype=int)
        ranks[self.order] = np.arange(1, len(ranks) + 1)
        return ranks

    @cached_property
    def unit_cube(self) -> np.ndarray:
        """The place of each trial in the unit cube of the space, (trials, dimensions); NaN where inactive."""
        places = [self.space.to_unit(one) for one in self.values]
        return np.array(places).reshape(len(self.values), len(self.space.dimensions))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        parts = [[None if np.isnan(x) else float(x) for x in row] for row in self.scores]
        found: dict[str, Any] = {"space": self.space.to_json(), "values": list(self.values), "parts": parts}
        found |= {"folds": self.folds, "seeds": self.seeds}
        if self.costs is not None:
            found["costs"] = [float(cost) for cost in self.costs]
        return found if self.test_to_train is None else {**found, "test_to_train": self.test_to_train}

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Evidence:
        """Return the evidence that `to_json` wrote."""
        parts = np.array(written["parts"], dtype=float).reshape(len(written["values"]), -1)
        given = {**written, "space": Space.from_json(written["space"]), "parts": parts}
        return cls(**given)


def mean_of(parts: np.ndarray) -> np.ndarray:
    """Return the mean of each row without its gaps; NaN where there is nothing else."""
    there = np.isfinite(parts)
    count = there.sum(1)
    return np.where(count > 0, np.where(there, parts, 0.0).sum(1) / np.maximum(count, 1), np.nan)
