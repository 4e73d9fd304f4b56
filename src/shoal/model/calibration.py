"""Temperature scaling: one number that makes a network's probabilities as sure as they should be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from shoal.errors import InputError
from shoal.history.reliability import reliability
from shoal.nets.heads import probabilities

_Slope = Callable[[float], tuple[float, float]]

COLDEST, HOTTEST = 0.01, 100.0
"""Bounds of the temperature: of rows that are right no more often than by chance, none is high enough; of
rows that are all right, none is low enough, so they say nothing of how sure to be."""

FEWEST = 10  # rows that a temperature is fitted to: its error is already about a third with these
PARTS = 5  # of these rows, to see what the temperature does to rows that it was not fitted to

_ROUNDS = 200  # halvings at most; Newton's steps need about ten
_EXACT = 1e-12  # relative change at which the search ends


def fit_temperature(
    head: str, outputs: np.ndarray, truth: np.ndarray, weight: np.ndarray | None = None
) -> float:
    """Return the temperature with which these rows are likeliest.

    Probabilities are made of ``z / T`` in place of the logits ``z``. The mean of ``-log p(true)`` is convex
    in ``1 / T``, so its slope has one zero, which is found by Newton's steps between bounds that close in.
    Which class is the likeliest does not change.

    Parameters
    ----------
    head : str
        softmax, sigmoid or multilabel; `shoal.nets.heads.by_class` makes the outputs of ordered classes
        those of softmax.
    outputs : array (rows, outputs)
        Logits.
    truth : array
        Class numbers (rows,) or (rows, 1), or 0/1 of shape (rows, labels).
    weight : array (rows,), optional
        Row weights; 2 counts as the row twice, 0 as absent.

    Returns
    -------
    float
        In [`COLDEST`, `HOTTEST`]; 1.0 where an output is not finite, no row has weight, or all rows are so
        right that they are likeliest at the lower bound: the first wrong row would pay for it dearly.

    References
    ----------
    Guo et al., "On calibration of modern neural networks" (2017), arXiv 1706.04599.

    Examples
    --------
    >>> outputs = np.array([[2.0]] * 4)  # 88 % sure, and right three times out of four
    >>> round(fit_temperature("sigmoid", outputs, np.array([1, 1, 1, 0])), 4)
    1.8205
    """
    outputs = np.asarray(outputs, np.float64)
    heavy = np.ones(len(outputs)) if weight is None else np.asarray(weight, np.float64)
    kept = heavy > 0
    if not kept.any() or not np.isfinite(outputs[kept]).all():
        return 1.0
    share = heavy[kept] / heavy[kept].sum()
    return 1.0 / _zero(_slope_of(head, outputs[kept], np.asarray(truth)[kept], share))


def cross_fitted(
    head: str, outputs: np.ndarray, truth: np.ndarray, weight: np.ndarray | None, part: np.ndarray
) -> np.ndarray:
    """Return for each row the temperature that the rows of the other parts ask for.

    What such temperatures do to a part is what one fitted to all rows will do to new rows.

    Parameters
    ----------
    head, outputs, truth, weight
        As for `fit_temperature`.
    part : int array (rows,)
        The part of each row.

    Returns
    -------
    float64 array (rows,)
    """
    found = np.ones(len(outputs))
    for number in np.unique(part):
        others = part != number
        heavy = None if weight is None else weight[others]
        found[~others] = fit_temperature(head, outputs[others], truth[others], heavy)
    return found


def before_and_after(
    head: str,
    outputs: np.ndarray,
    truth: np.ndarray,
    weight: np.ndarray | None,
    temperature: float | np.ndarray,
) -> dict[str, Any]:
    """Return the reliability of these rows without and with temperatures: one, or one for each row.

    Returns
    -------
    dict
        ``"before"`` and ``"after"``, each as `shoal.history.reliability.reliability` gives it.
    """
    classes = (truth[:, 0] if head == "sigmoid" and truth.ndim == 2 else truth).astype(np.int64)
    scale = np.broadcast_to(np.asarray(temperature, np.float64), (len(outputs),))[:, None]
    made = {"before": outputs, "after": outputs / scale}
    return {name: reliability(classes, probabilities(head, z), weight) for name, z in made.items()}


def calibration_of(
    head: str,
    outputs: np.ndarray,
    truth: np.ndarray,
    weight: np.ndarray | None = None,
    *,
    part: np.ndarray | None = None,
    fitted_on: str = "rows handed in",
) -> dict[str, Any]:
    """Fit a temperature, and tell what it does to rows that it was not fitted to.

    Parameters
    ----------
    head, outputs, truth, weight
        As for `fit_temperature`.
    part : int array (rows,), optional
        The part of each row, for `cross_fitted`; five at random where it is not given.
    fitted_on : str
        What the rows are, for people.

    Returns
    -------
    dict
        ``"temperature"``, ``"fitted_on"``, ``"measured_on"``, ``"rows"``, ``"before"`` and ``"after"``.

    Raises
    ------
    InputError
        If there are fewer than `FEWEST` rows.
    """
    rows = len(outputs) if weight is None else int((weight > 0).sum())
    if rows < FEWEST:
        raise InputError(f"Expected at least {FEWEST} rows to calibrate with. Got {rows}.")
    if part is None:
        part = np.random.default_rng(0).permutation(np.arange(len(outputs)) % PARTS)
    found = cross_fitted(head, outputs, truth, weight, part)
    return {
        "temperature": fit_temperature(head, outputs, truth, weight),
        "fitted_on": fitted_on,
        "measured_on": "the same rows, each by a temperature fitted to the others",
        "rows": rows,
        **before_and_after(head, outputs, truth, weight, found),
    }


def _slope_of(head: str, outputs: np.ndarray, truth: np.ndarray, share: np.ndarray) -> _Slope:
    """Return first and second derivative of the mean loss by ``1 / T``."""
    kinds = {"softmax": _of_classes, "sigmoid": _of_labels, "multilabel": _of_labels}
    if head not in kinds:
        raise ValueError(f"The {head} head predicts values, not probabilities.")
    return kinds[head](outputs, truth, share)


def _of_classes(outputs: np.ndarray, truth: np.ndarray, share: np.ndarray) -> _Slope:
    hit = outputs[np.arange(len(outputs)), truth.astype(np.int64).reshape(len(outputs))]

    def slope_of(sharpness: float) -> tuple[float, float]:
        chance = probabilities("softmax", sharpness * outputs)
        mean = (chance * outputs).sum(axis=1)
        spread = (chance * np.square(outputs - mean[:, None])).sum(axis=1)
        return float(share @ (mean - hit)), float(share @ spread)

    return slope_of


def _of_labels(outputs: np.ndarray, truth: np.ndarray, share: np.ndarray) -> _Slope:
    on = truth.astype(np.float64).reshape(outputs.shape)

    def slope_of(sharpness: float) -> tuple[float, float]:
        chance = _logistic(sharpness * outputs)
        slope = (outputs * (chance - on)).mean(axis=1)
        bend = (np.square(outputs) * chance * (1.0 - chance)).mean(axis=1)
        return float(share @ slope), float(share @ bend)

    return slope_of


def _logistic(values: np.ndarray) -> np.ndarray:
    return probabilities("multilabel", values)


def _zero(slope_of: _Slope) -> float:
    """Return where a rising function is zero: Newton's steps, or halves where these leave the bounds.

    One that is below zero up to the upper bound has none that could be relied on: 1.
    """
    low, high = 1.0 / HOTTEST, 1.0 / COLDEST
    if slope_of(low)[0] >= 0:
        return low
    if slope_of(high)[0] <= 0:
        return 1.0
    at = 1.0
    for _ in range(_ROUNDS):
        slope, bend = slope_of(at)
        low, high = (low, at) if slope > 0 else (at, high)
        step = at - slope / bend if bend > 0 else low
        following = step if low < step < high else np.sqrt(low * high)
        if abs(following - at) <= _EXACT * at:
            return float(following)
        at = float(following)
    return at
