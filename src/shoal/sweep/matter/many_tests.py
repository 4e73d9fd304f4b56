"""Several tests at once: the more one asks, the more chance answers. Holm's correction.

Of twenty techniques that do nothing, one is expected to "help" at the usual 5 %. Holm's step-down procedure
keeps the chance of any false verdict at 5 %, whatever the tests have to do with each other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def holm(p_values: ArrayLike) -> np.ndarray:
    r"""Return p values corrected by Holm's step-down procedure; NaN stays NaN and counts for nothing.

    With the p values in rising order, :math:`\tilde p_{(i)} = \max_{j \le i} \min(1, (m - j + 1)\, p_{(j)})`.

    Parameters
    ----------
    p_values : array_like, shape (tests,)

    Returns
    -------
    np.ndarray, shape (tests,)

    References
    ----------
    Holm, *A simple sequentially rejective multiple test procedure*, Scandinavian Journal of Statistics 6
    (1979).

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=float)
    corrected = np.full(p.shape, np.nan)
    order = _rising(p)
    factors = len(order) - np.arange(len(order))
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(factors * p[order]))
    return corrected


def holm_levels(p_values: ArrayLike, level: float = 0.95) -> np.ndarray:
    r"""Return the level at which each interval agrees with Holm's verdict on its test.

    The i-th smallest p value is held against :math:`\alpha / (m - i + 1)`, until the first that fails; all
    later ones share its bound. An interval at one less that bound leaves out zero exactly when Holm rejects.

    Examples
    --------
    >>> holm_levels([0.001, 0.5, 0.6]).round(4).tolist()
    [0.9833, 0.975, 0.975]
    """
    p = np.asarray(p_values, dtype=float)
    levels = np.full(p.shape, level)
    order = _rising(p)
    bounds = (1 - level) / (len(order) - np.arange(len(order)))
    failed = np.flatnonzero(p[order] > bounds)
    if len(failed):
        bounds[failed[0] :] = bounds[failed[0]]
    levels[order] = 1 - bounds
    return levels


def _rising(p: np.ndarray) -> np.ndarray:
    """Where the p values lie that are numbers, smallest first."""
    order = np.argsort(p, kind="stable")  # NaN sorts last
    return order[: int(np.isfinite(p).sum())]
