"""The learning-rate range test: one step at each rate of a rising sequence, and what its losses suggest.

Smith, arXiv 1506.01186. All seeds of a sweep are one compiled program; the rates are data of it. Definitions
of smoothing, of the end and of the two points are those of fastai.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shoal.train.few_steps import SMOOTHING, few_steps
from shoal.train.population import Member
from shoal.train.view import View

STOP_FACTOR = 4.0
"""A sweep ends where the smoothed loss is above this multiple of its lowest value."""
_SKIPPED = 5  # of the last steps, where the loss already climbs


def sweep(members: Sequence[Member], views: Sequence[View], rates: np.ndarray) -> np.ndarray:
    """Return the loss of each batch under a rate that rises from step to step.

    Parameters
    ----------
    members, views, rates
        As for `shoal.train.few_steps.few_steps`.

    Returns
    -------
    losses : (members, steps) float64 array
        Of each batch before its step; NaN after the end of a network's sweep.
    """
    return few_steps(members, views, rates, STOP_FACTOR).losses


def smoothed(losses: np.ndarray) -> np.ndarray:
    """Return the exponential mean of the losses along the last axis, corrected for its start.

    ``m_i = 0.98 m_(i-1) + 0.02 l_i`` and ``s_i = m_i / (1 - 0.98^i)``.

    Examples
    --------
    >>> smoothed(np.array([1.0, 1.0, 1.0])).round(9).tolist()
    [1.0, 1.0, 1.0]
    """
    mean, out = np.zeros(losses.shape[:-1]), np.empty_like(losses)
    for i in range(losses.shape[-1]):
        mean = SMOOTHING * mean + (1.0 - SMOOTHING) * losses[..., i]
        out[..., i] = mean / (1.0 - SMOOTHING ** (i + 1))
    return out


def steepest(rates: np.ndarray, losses: np.ndarray) -> float:
    """Return the rate at which a smoothed loss falls fastest over the logarithm of the rate.

    Examples
    --------
    >>> steepest(np.array([1e-3, 1e-2, 1e-1]), np.array([1.0, 0.9, 0.2]))
    0.01
    """
    slopes = np.diff(losses) / np.diff(np.log(rates))
    return float(rates[int(np.argmin(slopes))]) if len(slopes) else float("nan")


def valley(rates: np.ndarray, losses: np.ndarray) -> float:
    """Return the middle of the longest descent of a smoothed loss.

    The longest falling subsequence is sought; the rate lies half-way along it.

    Examples
    --------
    >>> valley(np.array([1e-4, 1e-3, 1e-2, 1e-1, 1.0]), np.array([3.0, 2.0, 1.0, 4.0, 5.0]))
    0.001
    """
    lengths = np.ones(len(losses), np.int64)
    for i in range(1, len(losses)):
        longer = lengths[:i][losses[:i] > losses[i]]
        lengths[i] = 1 + (longer.max() if len(longer) else 0)
    end = int(np.argmax(lengths))
    start = max(end - int(lengths[end]), 0)
    third = (end - start) / 3
    return float(rates[start + int(third) + int(third / 2)])


def usable(rates: np.ndarray, losses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rates and smoothed losses of one sweep without its first tenth, its last steps and its gaps."""
    ran = int(np.isfinite(losses).sum())
    part = slice(len(rates) // 10, ran - _SKIPPED)
    if ran - _SKIPPED - len(rates) // 10 < 2:  # it ended at once: all there is
        part = slice(0, ran)
    return rates[part], losses[part]
