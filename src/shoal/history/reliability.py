"""Whether stated probabilities come true: confidence beside the share that was right, in bins."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from shoal.history.classification import ECE_BINS
from shoal.history.metrics import ece, log_loss


def reliability(truth: ArrayLike, proba: ArrayLike, weight: ArrayLike | None = None) -> dict[str, Any]:
    """Return the data of a reliability diagram (Guo et al. 2017, arXiv 1706.04599).

    The largest probability of a row is its confidence. Rows are put into 15 equal bins of confidence;
    in each, mean confidence and share right should agree. For several labels each label of each row
    counts as an answer, with the confidence ``max(p, 1 - p)``.

    Parameters
    ----------
    truth : array (rows,) of class numbers, or (rows, labels) of 0 and 1
    proba : array (rows, classes) or (rows, labels)
    weight : array (rows,), optional
        Row weights; 2 counts as the row twice, 0 as absent.

    Returns
    -------
    dict
        ``"ece"`` and ``"log_loss"`` as `shoal.history.METRICS` has them, ``"rows"``, and ``"bins"``: a list,
        for each bin that is not empty, of ``{"low", "high", "rows", "weight", "confidence", "accuracy"}``.

    Examples
    --------
    >>> found = reliability([0, 1, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.1, 0.9], [0.9, 0.1]])
    >>> [(b["rows"], round(b["confidence"], 2), round(b["accuracy"], 2)) for b in found["bins"]]
    [(1, 0.8, 1.0), (3, 0.9, 0.67)]
    >>> round(found["ece"], 3)
    0.225
    """
    true, chances = np.asarray(truth), np.asarray(proba, np.float64)
    weights = np.ones(len(true)) if weight is None else np.asarray(weight, np.float64)
    kept = weights > 0
    figures = {"ece": ece(true, chances, weights), "log_loss": log_loss(true, chances, weights)}
    confidence, right = _answers(true[kept], chances[kept])
    heavy = np.repeat(weights[kept], len(confidence) // max(int(kept.sum()), 1))
    return {**figures, "rows": int(kept.sum()), "bins": _bins(confidence, right, heavy)}


def _answers(truth: np.ndarray, proba: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the confidence of each answer, and whether it is right."""
    if truth.ndim == 2:
        return np.maximum(proba, 1.0 - proba).ravel(), ((proba > 0.5) == (truth == 1)).ravel()
    return proba.max(axis=1), proba.argmax(axis=1) == truth


def _bins(confidence: np.ndarray, right: np.ndarray, weight: np.ndarray) -> list[dict[str, Any]]:
    place = np.clip(np.ceil(confidence * ECE_BINS) - 1, 0, ECE_BINS - 1).astype(np.int64)
    found = []
    for number in np.unique(place):
        inside = place == number
        heavy = weight[inside]
        found.append(
            {
                "low": float(number / ECE_BINS),
                "high": float((number + 1) / ECE_BINS),
                "rows": int(inside.sum()),
                "weight": float(heavy.sum()),
                "confidence": float(np.average(confidence[inside], weights=heavy)),
                "accuracy": float(np.average(right[inside], weights=heavy)),
            }
        )
    return found
