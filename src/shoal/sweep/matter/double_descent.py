"""Does the error fall, rise to a peak and fall again as networks grow? Double descent, with evidence."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from shoal.errors import InputError
from shoal.history.wording import compact
from shoal.sweep.matter.evidence import mean_of
from shoal.sweep.matter.paired import t_test

FEWEST_SIZES, FEWEST_SEEDS = 5, 3
_FITTED = 0.05  # of the greatest training error: the training rows are as good as fitted
_NEAR = 3.0  # a peak within this factor of the threshold is near it
_CHANCE = 0.05


@dataclass(frozen=True)
class DoubleDescent:
    """Whether there is a peak between two valleys.

    Attributes
    ----------
    found : bool or None
        None where it cannot be told.
    words : str
        The same in a sentence.
    peak, before, after : float
        The sizes of the peak and of the lowest errors before and after it; NaN where not found.
    rise, fall : float
        How far the error rises to the peak and falls behind it.
    p : float
        The p value of there being both, corrected for the search for a peak.
    threshold : float
        The smallest size whose networks as good as fit their training rows; NaN where not known.
    """

    found: bool | None
    words: str
    peak: float = math.nan
    before: float = math.nan
    after: float = math.nan
    rise: float = math.nan
    fall: float = math.nan
    p: float = math.nan
    threshold: float = math.nan


def double_descent(
    sizes: ArrayLike, errors: ArrayLike, train_errors: ArrayLike | None = None
) -> DoubleDescent:
    """Return whether the error has a peak between two valleys as the size grows.

    Each size between the first and the last may be the peak. It is held against the lowest mean error before
    it and behind it, by paired t tests over the seeds; both have to be beyond chance, so the greater p value
    counts, and because the peak was looked for it is multiplied by the number of sizes looked at
    (Bonferroni). A peak belongs to double descent where networks begin to fit their training rows; with the
    training errors this is checked.

    Parameters
    ----------
    sizes : array_like, shape (sizes,)
        Widths, depths, rows or epochs; in any order.
    errors : array_like, shape (sizes, seeds)
        Test errors, lower is better; the same seeds for all sizes. Seeds with a gap are left out.
    train_errors : array_like, shape (sizes, seeds), optional

    Raises
    ------
    InputError
        When there is not one row of errors for each size.

    References
    ----------
    Belkin et al., *Reconciling modern machine-learning practice and the classical bias-variance trade-off*,
    PNAS 116 (2019). Nakkiran et al., *Deep double descent*, ICLR 2020.

    Examples
    --------
    >>> noise = np.array([[0.0, 0.01, -0.01, 0.005]])
    >>> curve = np.array([[0.5], [0.3], [0.6], [0.9], [0.4], [0.2]])
    >>> found = double_descent([2, 4, 8, 16, 32, 64], curve + noise * [[1], [2], [1], [3], [1], [2]])
    >>> found.found, found.peak, found.before, found.after
    (True, 16.0, 4.0, 64.0)
    >>> double_descent([2, 4, 8, 16, 32], np.linspace(1, 0, 5)[:, None] + noise).words
    'no double descent seen: the error is lowest at the largest size, 32, and no peak before is beyond chance'
    """
    x, test = _curves(sizes, errors, "errors")
    threshold = math.nan
    if train_errors is not None:
        threshold = _threshold(*_curves(sizes, train_errors, "train_errors"))
    test = test[:, np.isfinite(test).all(0)]
    if len(x) < FEWEST_SIZES or test.shape[1] < FEWEST_SEEDS:
        words = f"cannot tell: it takes {FEWEST_SIZES} sizes and {FEWEST_SEEDS} seeds without gaps at least, "
        words += f"and {len(x)} and {test.shape[1]} came"
        return DoubleDescent(None, words, threshold=threshold)
    p, peak, before, after = min(_tried(test, i) for i in range(1, len(x) - 1))
    p = min(1.0, p * (len(x) - 2))
    mean = test.mean(1)
    if p > _CHANCE:
        return DoubleDescent(False, _none(x, mean), p=p, threshold=threshold)
    rise, fall = float(mean[peak] - mean[before]), float(mean[peak] - mean[after])
    words = (
        f"double descent: the error rises from {compact(mean[before])} at {compact(x[before])} to a peak of "
        f"{compact(mean[peak])} at {compact(x[peak])} and falls to {compact(mean[after])} at "
        f"{compact(x[after])} (p = {max(p, 0.001):.1g}{' or less' * (p < 0.001)}){_near(x[peak], threshold)}"
    )
    places = (float(x[peak]), float(x[before]), float(x[after]))
    return DoubleDescent(True, words, *places, rise, fall, p, threshold)


def _curves(sizes: ArrayLike, errors: ArrayLike, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Sizes and errors, in the order of the sizes."""
    x, y = np.asarray(sizes, dtype=float), np.asarray(errors, dtype=float)
    y = y[:, None] if y.ndim == 1 else y
    if x.ndim != 1 or y.ndim != 2 or len(x) != len(y):
        raise InputError(
            f"'{name}' must have the shape (sizes, seeds), a row for each of the sizes; {y.shape} came with "
            f"sizes of the shape {x.shape}."
        )
    order = np.argsort(x, kind="stable")
    return x[order], y[order]


def _tried(test: np.ndarray, peak: int) -> tuple[float, int, int, int]:
    """The p value of a peak at one place, with the valleys on both sides."""
    mean = test.mean(1)
    before = int(mean[:peak].argmin())
    after = peak + 1 + int(mean[peak + 1 :].argmin())
    p = max(_higher(test[peak] - test[valley]) for valley in (before, after))
    return p, peak, before, after


def _higher(differences: np.ndarray) -> float:
    """The one-sided p value of a mean above zero."""
    found = t_test(differences, 0.0)
    return found.p / 2 if found.mean > 0 else 1 - found.p / 2


def _threshold(x: np.ndarray, train: np.ndarray) -> float:
    mean = mean_of(train)
    if not np.isfinite(mean).any():
        return math.nan
    fitted = np.flatnonzero(mean <= _FITTED * np.nanmax(mean))
    return float(x[fitted[0]]) if len(fitted) else math.nan


def _near(peak: float, threshold: float) -> str:
    if math.isnan(threshold):
        return ""
    begins = f"networks begin to fit their training rows at {compact(threshold)}"
    near = threshold / _NEAR <= peak <= threshold * _NEAR
    return f"; {begins}, near the peak" if near else f"; but {begins}, far from the peak"


def _none(x: np.ndarray, mean: np.ndarray) -> str:
    best = int(mean.argmin())
    where = {0: "the smallest size, ", len(x) - 1: "the largest size, "}.get(best, "")
    peak = (
        "no peak before is beyond chance"
        if best == len(x) - 1
        else "no peak with a fall behind it is beyond chance"
    )
    return f"no double descent seen: the error is lowest at {where}{compact(x[best])}, and {peak}"
