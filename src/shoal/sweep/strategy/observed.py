"""Scores made fit for a model: outliers drawn in, and how noisy a mean over folds and seeds is."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from shoal.sweep.strategy.contract import Told


def winsorized(scores: Sequence[float]) -> np.ndarray:
    """Return scores with the hopeless ones drawn in.

    A learning rate far too high gives an R² of minus a million; a model of such scores sees nothing else.
    No score lies further below the median than twice the way from the median up to the best one. What came
    to nothing is put where the worst one then lies.

    Examples
    --------
    >>> winsorized([0.8, 0.9, 0.7, -1e6, -np.inf]).round(3).tolist()
    [0.8, 0.9, 0.7, 0.5, 0.5]
    """
    values = np.asarray(scores, dtype=float)
    alive = values[np.isfinite(values)]
    median, best = float(np.median(alive)), float(alive.max())
    lowest = median - 2.0 * (best - median) if best > median else float(alive.min())
    return np.maximum(np.where(np.isfinite(values), values, max(lowest, float(alive.min()))), lowest)


def noise_variances(told: Sequence[Told]) -> np.ndarray:
    r"""Return the variance of each mean score, as far as folds and seeds tell.

    Where all trials have the same parts (the same folds, the same seeds), a hard fold is hard for all and
    says nothing about noise; so the variance is that of what remains after the effects of trial and
    part are taken out, :math:`\sum_{tp} (s_{tp} - \bar s_t - \bar s_p + \bar s)^2 / ((T-1)(P-1)) / P`, the
    same for all. Where they have not, it is the squared spread over the number of parts, or zero.

    Returns
    -------
    array, shape (trials,)
    """
    lengths = {len(one.parts) for one in told if one.parts}
    full = [one.parts for one in told if one.parts and np.isfinite(one.parts).all()]
    if len(lengths) == 1 and max(lengths) > 1 and len(full) > 1:
        return np.full(len(told), _residual_variance(np.array(full, dtype=float)))
    return np.array([_own_variance(one) for one in told])


def _residual_variance(parts: np.ndarray) -> float:
    trials, count = parts.shape
    rest = parts - parts.mean(axis=1, keepdims=True) - parts.mean(axis=0) + parts.mean()
    # the median over trials: one that diverged in a single fold must not make all others look noisy
    each = (rest**2).sum(axis=1) * trials / ((trials - 1) * (count - 1))
    return float(np.median(each)) / count


def _own_variance(one: Told) -> float:
    if one.spread is None or math.isnan(one.spread):
        return 0.0
    return one.spread**2 / max(1, len(one.parts))
