"""How well classes are predicted, for many row weightings at once.

Every function here takes ``truth``, ``prediction`` and ``weights`` of shape (draws, rows), and
gives one value per draw, shape (draws,). One draw is the plain metric; a bootstrap interval is
the same function with a thousand draws. ``truth`` holds class numbers (rows,), or for several
labels 0/1 per label (rows, labels). A value that is not defined (ROC AUC where only one class is
present) is NaN.
"""

from __future__ import annotations

import numpy as np

ECE_BINS = 15  # as in the experiments of arXiv 1706.04599


def accuracy(truth: np.ndarray, predicted: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Share of rows whose class is right; with several labels, all of them right."""
    hit = truth == predicted
    return weighted_mean(hit if hit.ndim == 1 else hit.all(axis=1), weights)


def balanced_accuracy(truth: np.ndarray, predicted: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean over the classes present in the truth of the share of their rows that is right."""
    present, group = np.unique(truth, return_inverse=True)
    support = group_sums(weights, group, len(present))
    right = group_sums(weights * (truth == predicted), group, len(present))
    return mean_where(right, support, support > 0)


def f1_macro(truth: np.ndarray, predicted: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean over the classes present in truth or prediction of the harmonic mean of precision and
    recall, ``2 TP / (2 TP + FP + FN)``."""
    rows = len(truth)
    present, group = np.unique(np.concatenate([truth, predicted]), return_inverse=True)
    true, guess = group[:rows], group[rows:]
    right = group_sums(weights * (true == guess), true, len(present))
    both = group_sums(weights, true, len(present)) + group_sums(weights, guess, len(present))
    return mean_where(2.0 * right, both, both > 0)


def log_loss(truth: np.ndarray, proba: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean of ``-log p(true class)``, p clipped to [2.2e-16, 1 - 2.2e-16]; with several labels,
    the mean over the labels."""
    tiny = np.finfo(np.float64).eps
    chance = np.where(truth == 1, proba, 1.0 - proba) if truth.ndim == 2 else _of(truth, proba)
    loss = -np.log(np.clip(chance, tiny, 1.0 - tiny))
    return weighted_mean(loss if loss.ndim == 1 else loss.mean(axis=1), weights)


def brier(truth: np.ndarray, proba: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean squared distance of the probabilities from the truth: ``(p - y)^2`` of the second class
    for two classes (and per label, averaged), the sum over the classes for more."""
    if truth.ndim == 2:
        return weighted_mean(((proba - truth) ** 2).mean(axis=1), weights)
    if proba.shape[1] == 2:
        return weighted_mean((proba[:, 1] - truth) ** 2, weights)
    # sum_c (p_c - [c is true])^2, without building the one-hot table
    squares = (proba**2).sum(axis=1) - 2.0 * _of(truth, proba) + 1.0
    return weighted_mean(squares, weights)


def roc_auc(truth: np.ndarray, proba: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Chance that a random row of a class scores above a random row of another, ties counting
    half; for more than two classes the mean over the classes, each against the rest, and for
    several labels the mean over the labels. Classes without rows on both sides are left out."""
    if truth.ndim == 2:
        pairs = [(truth[:, label] == 1, proba[:, label]) for label in range(truth.shape[1])]
    elif proba.shape[1] == 2:
        pairs = [(truth == 1, proba[:, 1])]
    else:
        pairs = [(truth == number, proba[:, number]) for number in np.unique(truth)]
    areas = np.stack([_area(positive, score, weights) for positive, score in pairs])
    return mean_where(np.nan_to_num(areas.T), np.ones_like(areas.T), ~np.isnan(areas.T))


def ece(truth: np.ndarray, proba: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Expected calibration error: the distance between confidence (largest probability) and share
    right in each of 15 equal bins of confidence, averaged over the rows (arXiv 1706.04599)."""
    if truth.ndim == 2:
        columns = [
            _ece(np.maximum(p, 1.0 - p), (p > 0.5) == (t == 1), weights)
            for p, t in zip(proba.T, truth.T, strict=True)
        ]
        return np.mean(columns, axis=0)
    return _ece(proba.max(axis=1), proba.argmax(axis=1) == truth, weights)


def weighted_mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted mean over rows: values (rows, ...), weights (draws, rows)."""
    total = weights.sum(axis=1)
    # matmul, not tensordot of a boolean: a mean of 0/1 must count in floats
    sums = weights @ values.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return sums / (total if sums.ndim == 1 else total[:, None])


def group_sums(values: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    """Return the sums over the rows of each group: (draws, rows) -> (draws, groups)."""
    order = np.argsort(group, kind="stable")
    counts = np.bincount(group, minlength=groups)
    filled = np.flatnonzero(counts)
    starts = np.concatenate([[0], np.cumsum(counts[filled])[:-1]]).astype(np.int64)
    sums = np.zeros((len(values), groups))
    sums[:, filled] = np.add.reduceat(values[:, order], starts, axis=1)
    return sums


def mean_where(above: np.ndarray, below: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the mean over the last axis of ``above / below`` where `counts`; NaN where none."""
    ratio = np.divide(above, below, out=np.zeros_like(above), where=counts)
    with np.errstate(invalid="ignore", divide="ignore"):
        return ratio.sum(axis=-1) / counts.sum(axis=-1)


def _of(truth: np.ndarray, proba: np.ndarray) -> np.ndarray:
    return proba[np.arange(len(truth)), truth]


def _area(positive: np.ndarray, score: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Area under one ROC curve, by counting won pairs among tied groups of scores."""
    _, group = np.unique(score, return_inverse=True)
    groups = int(group.max()) + 1
    won_by = group_sums(weights * positive, group, groups)
    lost_by = group_sums(weights * ~positive, group, groups)
    below = np.cumsum(lost_by, axis=1) - 0.5 * lost_by
    pairs = won_by.sum(axis=1) * lost_by.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(pairs > 0, (won_by * below).sum(axis=1) / pairs, np.nan)


def _ece(confidence: np.ndarray, hit: np.ndarray, weights: np.ndarray) -> np.ndarray:
    # Bins are open below and closed above, (k/15, (k+1)/15], as in the paper.
    bins = np.clip(np.ceil(confidence * ECE_BINS) - 1, 0, ECE_BINS - 1).astype(np.int64)
    gaps = np.abs(group_sums(weights * (hit - confidence), bins, ECE_BINS))
    with np.errstate(invalid="ignore", divide="ignore"):
        return gaps.sum(axis=1) / weights.sum(axis=1)
