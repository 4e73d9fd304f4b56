"""How well numbers are predicted, for many row weightings at once.

``truth`` and ``values`` have shape (rows, outputs), ``weights`` (draws, rows); every function
gives one value per draw, shape (draws,), the plain mean over the outputs.
"""

from __future__ import annotations

import numpy as np

from shoal.history.classification import weighted_mean


def rmse(truth: np.ndarray, values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Root of the mean squared error, in the units of the target."""
    return np.sqrt(weighted_mean((values - truth) ** 2, weights)).mean(axis=1)


def mae(truth: np.ndarray, values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean absolute error, in the units of the target."""
    return weighted_mean(np.abs(values - truth), weights).mean(axis=1)


def mape(truth: np.ndarray, values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean absolute error as a share of the true value (0.1 is 10 %); very large where the truth
    is 0, which is then divided by 2.2e-16."""
    size = np.maximum(np.abs(truth), np.finfo(np.float64).eps)
    return weighted_mean(np.abs(values - truth) / size, weights).mean(axis=1)


def r2(truth: np.ndarray, values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Share of the variance explained: 1 is perfect, 0 is no better than the mean. NaN for fewer
    than two rows; a constant truth gives 1 where it is met exactly and 0 otherwise."""
    left = weights @ (values - truth) ** 2
    spread = np.stack([_spread(column, weights) for column in truth.T], axis=1)
    share = 1.0 - np.divide(left, spread, out=np.zeros_like(left), where=spread > 0)
    share = np.where(spread > 0, share, (left == 0).astype(np.float64))
    enough = (weights > 0).sum(axis=1) > 1
    return np.where(enough, share.mean(axis=1), np.nan)


def _spread(truth: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted sum of squared distances from the weighted mean: (rows,) -> (draws,)."""
    mean = weighted_mean(truth, weights)
    present = weights > 0
    high = np.where(present, truth, -np.inf).max(axis=1)
    low = np.where(present, truth, np.inf).min(axis=1)
    squares = (weights * (truth - mean[:, None]) ** 2).sum(axis=1)
    # The mean of equal numbers may round: a constant has exactly no spread.
    return np.where(high > low, squares, 0.0)
