"""The weighted distribution of one column: every different value once, in order, with its weight.

All that is learnt from numbers is computed from this form. Sorting and merging make it the same,
bit for bit, for a row of weight 2 and for that row twice, for a row of weight 0 and for no row, and
for any order of the rows; so the means, spreads and quantiles are the same too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Distribution:
    """Different values in rising order and the weight of each.

    Attributes
    ----------
    values : float64 of shape (values,)
        Without repeats, without missing ones.
    weights : float64 of shape (values,)
        All above zero.
    """

    values: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, weight: np.ndarray | None = None) -> Distribution:
        """Return the distribution of values, of shape (rows,), that are not NaN and weigh more than 0.

        Examples
        --------
        >>> found = Distribution.of(np.array([3.0, 1.0, np.nan, 3.0]))
        >>> found.values.tolist(), found.weights.tolist()
        ([1.0, 3.0], [1.0, 2.0])
        """
        values = np.asarray(values, dtype=np.float64)
        if weight is None:
            ordered = np.sort(values)
            ordered = ordered[: np.searchsorted(ordered, np.nan)]
            starts = _starts(ordered)
            return cls(ordered[starts], np.diff(starts, append=len(ordered)).astype(np.float64))
        kept = ~np.isnan(values) & (weight > 0)
        order = np.argsort(values[kept], kind="stable")
        ordered, heavy = values[kept][order], np.asarray(weight, dtype=np.float64)[kept][order]
        starts = _starts(ordered)
        return cls(ordered[starts], np.add.reduceat(heavy, starts) if len(starts) else heavy)

    @property
    def total(self) -> float:
        """The sum of the weights."""
        return float(self.weights.sum())

    @property
    def empty(self) -> bool:
        """Whether there is no value at all."""
        return not len(self.values)

    def mean(self) -> float:
        """Return the weighted mean; a single value is its own mean exactly."""
        first = float(self.values[0])
        return first + float((self.weights * (self.values - first)).sum()) / self.total

    def deviation(self) -> float:
        """Return the weighted standard deviation (of the population, divisor: the sum of the weights)."""
        distance = self.values - self.mean()
        largest = float(np.abs(distance).max())
        if largest == 0:
            return 0.0
        # Dividing first keeps the squares of very large and very small values in range.
        return largest * float(np.sqrt((self.weights * (distance / largest) ** 2).sum() / self.total))

    def quantiles(self, shares: np.ndarray) -> np.ndarray:
        """Return weighted quantiles by the averaged inverted distribution function.

        Where a share falls exactly between two values, it is their mean, as the median of an even
        number of rows is.

        Examples
        --------
        >>> Distribution.of(np.array([1.0, 2.0, 3.0, 4.0])).quantiles(np.array([0.25, 0.5])).tolist()
        [1.5, 2.5]
        """
        reached = np.cumsum(self.weights)
        wanted = np.asarray(shares, dtype=np.float64) * reached[-1]
        slack = 1e-12 * reached[-1]
        low = np.searchsorted(reached, wanted - slack).clip(max=len(reached) - 1)
        high = np.searchsorted(reached, wanted + slack, side="right").clip(max=len(reached) - 1)
        return 0.5 * self.values[low] + 0.5 * self.values[high]

    def median(self) -> float:
        """Return the weighted median."""
        return float(self.quantiles(np.array([0.5]))[0])

    def ranks(self) -> np.ndarray:
        """Return the share of weight below each value plus half of its own, strictly between 0 and 1."""
        return (np.cumsum(self.weights) - 0.5 * self.weights) / self.total


def _starts(ordered: np.ndarray) -> np.ndarray:
    """Return where each new value begins."""
    if not len(ordered):
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
