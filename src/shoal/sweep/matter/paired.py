"""Is one setting better than another? Differences over the same folds and seeds, and what they prove.

Two settings are trained on the same folds from the same seeds, so what a fold does to both cancels in the
difference of their scores. What remains is tested by the corrected resampled t test.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from shoal.errors import InputError
from shoal.rules import Number, check


@dataclass(frozen=True)
class Difference:
    """A mean paired difference with its interval and its test.

    Attributes
    ----------
    mean, low, high : float
        The mean difference and the bounds of its interval; bounds are NaN with fewer than two units.
    error : float
        The corrected standard error of the mean.
    p : float
        Two-sided p value of "there is no difference"; NaN with fewer than two units.
    degrees : int
        Degrees of freedom: units less one.
    level : float
        The share of such intervals that hold the true difference.
    """

    mean: float
    low: float
    high: float
    error: float
    p: float
    degrees: int
    level: float = 0.95

    @property
    def probability(self) -> float:
        """How probable it is that the true difference is above zero (the correlated Bayesian t test).

        With a flat prior the true difference follows the very t distribution of the test (Corani and
        Benavoli, 2015), so this is ``1 - p / 2`` above zero and ``p / 2`` below.
        """
        return 1 - self.p / 2 if self.mean > 0 else self.p / 2 if self.mean < 0 else 0.5


def paired_difference(
    first: ArrayLike,
    second: ArrayLike,
    *,
    folds: int = 1,
    seeds: int | None = None,
    test_to_train: float | None = None,
    level: float = 0.95,
) -> Difference:
    r"""Return how much higher `first` scores than `second` over the same folds and seeds.

    The seeds of a fold are averaged first, for runs that share their rows are no independent evidence about
    rows. The :math:`J` differences that remain, one of each fold, have the variance :math:`s^2`, and training
    sets of cross-validation overlap, so that they err together. Nadeau and Bengio's correction makes up for
    it:

    .. math:: t = \bar d \,/ \sqrt{(1/J + n_{test}/n_{train})\, s^2},\qquad J - 1 \text{ degrees of freedom.}

    With one fold the seeds are the units and nothing overlaps: the answer is then about the chance of
    training alone, not about the rows.

    Parameters
    ----------
    first, second : array_like, shape (folds * seeds,)
        Scores, the seeds of a fold side by side; NaN where nothing came of a run.
    folds, seeds : int
        How many there are of each; `seeds` is found from the length when it is not given.
    test_to_train : float, optional
        Rows tested over rows trained on in a fold; ``1 / (folds - 1)``, that of k-fold cross-validation, by
        default.
    level : float
        The share of such intervals that hold the true difference.

    Raises
    ------
    InputError
        When the arrays differ in length or do not consist of folds times seeds.

    References
    ----------
    Nadeau and Bengio, *Inference for the generalization error*, Machine Learning 52 (2003).
    Bouckaert and Frank, *Evaluating the replicability of significance tests*, PAKDD 2004.

    Examples
    --------
    >>> found = paired_difference([0.91, 0.93, 0.95], [0.90, 0.90, 0.93], folds=3)
    >>> round(found.mean, 3), round(found.error, 4), found.degrees
    (0.02, 0.0091, 2)
    >>> round(found.p, 3)
    0.16
    """
    one, two = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if one.shape != two.shape or one.ndim != 1:
        raise InputError(
            "Paired scores must be two arrays of one length; they came with the shapes "
            f"{one.shape} and {two.shape}. Give the scores of both over the same folds and seeds."
        )
    units = units_of(one - two, folds, seeds)
    return t_test(units, overlap(folds, test_to_train), level)


def units_of(parts: np.ndarray, folds: int, seeds: int | None = None) -> np.ndarray:
    """Return what counts as one observation each: means of the folds, or the seeds where there is one fold.

    Parameters
    ----------
    parts : np.ndarray, shape (..., folds * seeds)
        The seeds of a fold side by side.
    folds : int
    seeds : int, optional

    Returns
    -------
    np.ndarray, shape (..., folds) or, of one fold, (..., seeds)
        NaN for a fold of which nothing came.
    """
    check("units_of", "folds", folds, Number(low=1, integer=True))
    length = parts.shape[-1]
    if length != folds * (length // folds if seeds is None else seeds) or length == 0:
        raise InputError(
            f"The scores of a trial must be folds times seeds: {folds} x {seeds or 'seeds'}; {length} came. "
            f"Give every fold and seed a score, NaN where nothing came of it."
        )
    if folds == 1:
        return parts
    cells = parts.reshape(*parts.shape[:-1], folds, -1)
    there = np.isfinite(cells)
    count = there.sum(-1)
    total = np.where(there, cells, 0.0).sum(-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def overlap(folds: int, test_to_train: float | None = None) -> float:
    """Return Nadeau and Bengio's term: rows tested over rows trained on; 0 with one fold: no overlap."""
    if folds == 1:
        return 0.0
    if test_to_train is None:
        return 1 / (folds - 1)
    check("paired_difference", "test_to_train", test_to_train, Number(low=0.0, low_open=True))
    return test_to_train


def t_test(units: np.ndarray, ratio: float, level: float = 0.95) -> Difference:
    """Test independent differences, (units,), against zero; gaps are left out.

    Parameters
    ----------
    units : np.ndarray
        As `units_of` returns them.
    ratio : float
        As `overlap` returns it.
    level : float
    """
    check("paired_difference", "level", level, Number(low=0.0, high=1.0, low_open=True, high_open=True))
    there = units[np.isfinite(units)]
    count = len(there)
    mean = float(there.mean()) if count else math.nan
    if count < 2:
        return Difference(mean, math.nan, math.nan, math.nan, math.nan, 0, level)
    error = math.sqrt(1 / count + ratio) * float(there.std(ddof=1))
    if error <= 1e-12 * abs(mean):  # rounding: every fold says the same
        error = 0.0
    half = t_quantile(0.5 + level / 2, count - 1) * error
    return Difference(
        mean, mean - half, mean + half, error, two_sided(mean, error, count - 1), count - 1, level
    )


def two_sided(mean: float, error: float, degrees: float) -> float:
    """Return the p value of a t statistic; of a difference without spread, 0, and 1 where it is zero too."""
    from scipy.special import stdtr  # JAX and scikit-learn bring it along

    if error == 0:
        return 1.0 if mean == 0 else 0.0
    return float(2 * stdtr(degrees, -abs(mean) / error))


def t_quantile(share: float, degrees: float) -> float:
    """Return the quantile of Student's t distribution."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, share))
