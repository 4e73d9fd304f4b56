"""The loss of knowing nothing: what one constant prediction for every row would cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from shoal.train.view import Batchable

_ROUND = 1e-12  # keeps the logarithm of a class that is not there finite


def baseline_losses(loss: Any, train: Batchable, valid: Batchable | None) -> dict[str, float]:
    """Return ``baseline_loss`` and, with validation rows, ``val_baseline_loss``; nothing for other losses.

    The constant is the best one for the training rows: the shares of the classes, the mean, the median.

    Parameters
    ----------
    loss : str or mapping
        As resolved.
    train, valid : Batchable
    """
    kind = loss.get("kind") if isinstance(loss, Mapping) else loss
    judge = _JUDGES.get(str(kind))
    if judge is None:
        return {}
    found = {"baseline_loss": judge(train, train)}
    if valid is not None and len(valid):
        found["val_baseline_loss"] = judge(train, valid)
    return {name: float(value) for name, value in found.items()}


def _cross_entropy(train: Batchable, rows: Batchable) -> float:
    known, asked = (np.asarray(some.target).reshape(-1).astype(int) for some in (train, rows))
    shares = np.bincount(known, weights=train.weight, minlength=int(asked.max()) + 1)
    shares = shares / shares.sum()
    return _mean(-np.log(np.maximum(shares[asked], _ROUND)), rows)


def _binary(train: Batchable, rows: Batchable) -> float:
    known, asked = (np.asarray(some.target, float).reshape(len(some), -1) for some in (train, rows))
    share = np.average(known, axis=0, weights=train.weight).clip(_ROUND, 1 - _ROUND)
    return _mean(-(asked * np.log(share) + (1 - asked) * np.log(1 - share)).mean(axis=1), rows)


def _squared(train: Batchable, rows: Batchable) -> float:
    center = np.average(train.target, axis=0, weights=train.weight)
    return _mean(np.square(rows.target - center).mean(axis=1), rows)


def _half_squared(train: Batchable, rows: Batchable) -> float:
    return 0.5 * _squared(train, rows)


def _absolute(train: Batchable, rows: Batchable) -> float:
    return _mean(np.abs(rows.target - np.median(train.target, axis=0)).mean(axis=1), rows)


def _mean(values: np.ndarray, rows: Batchable) -> float:
    return float(np.average(values, weights=rows.weight))


_JUDGES = {
    "cross_entropy": _cross_entropy,
    "binary_cross_entropy": _binary,
    "squared_error": _squared,
    "half_squared_error": _half_squared,
    "absolute_error": _absolute,
}
