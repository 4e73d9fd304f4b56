"""What raw outputs say: values, quantiles and probabilities, for NumPy's arrays and for JAX's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from shoal.errors import SettingError
from shoal.nets.ordinal import log_probabilities

_LOWEST_LOG_VARIANCE = np.log(1e-6)  # as in the loss


def probabilities(head: str, outputs: np.ndarray) -> np.ndarray:
    """Turn raw outputs ``(rows, outputs)`` into probabilities, in float64.

    sigmoid gives two columns (negative, positive); softmax and ordinal one per class; multilabel one per
    label.

    Examples
    --------
    >>> probabilities("sigmoid", np.array([[0.0]]))
    array([[0.5, 0.5]])
    """
    head, outputs = by_class(head, outputs)
    if head == "softmax":
        shifted = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return shifted / shifted.sum(axis=1, keepdims=True)
    if head in ("sigmoid", "multilabel"):
        positive = _sigmoid(outputs)
        return np.hstack([1.0 - positive, positive]) if head == "sigmoid" else positive
    raise ValueError(f"The {head} head predicts values, not probabilities.")


def by_class(head: str, outputs: np.ndarray) -> tuple[str, np.ndarray]:
    """Return a head and its logits, in float64; the ordinal head becomes a softmax, a logit for each class.

    Examples
    --------
    >>> head, logits = by_class("ordinal", np.array([[0.0, np.log(3.0)]]))
    >>> head, np.exp(logits).round(6)
    ('softmax', array([[0.5 , 0.25, 0.25]]))
    """
    outputs = np.asarray(outputs, np.float64)
    return ("softmax", log_probabilities(outputs, np)) if head == "ordinal" else (head, outputs)


def values(head: str, outputs: Any, levels: Any = (0.5,), xp: Any = np) -> Any:
    """Return the predicted value of each quantity: (rows, outputs) -> (rows, quantities).

    The mean (linear, gaussian), the rate (poisson), or the quantile whose level is nearest to one half;
    where two are as near, as of (0.1, 0.9), the middle between them.

    Parameters
    ----------
    head : str
        Of a regression.
    outputs : (rows, outputs) array
    levels : (levels,) array
        Of the quantiles head.
    xp : module
        `numpy` or `jax.numpy`.

    Examples
    --------
    >>> values("quantiles", np.array([[3.0, 1.0, 2.0]]), (0.1, 0.5, 0.9))
    array([[2.]])
    """
    if head == "poisson":
        return xp.exp(outputs)
    if head == "gaussian":
        return xp.split(outputs, 2, axis=-1)[0]
    if head == "quantiles":
        return _middle(quantiles(outputs, levels, xp), xp.asarray(levels), xp)
    return outputs


def _middle(found: Any, levels: Any, xp: Any) -> Any:
    """Return the mean of the quantiles that are nearest to the median: of one, or of two around it."""
    away = xp.abs(levels - 0.5)
    nearest = away <= xp.min(away) + 1e-6  # 0.1 and 0.9 are not equally far away in floating point
    taken = xp.where(nearest[None, None, :], found, xp.zeros_like(found))
    return xp.sum(taken, axis=-1) / xp.sum(nearest).astype(found.dtype)


def quantiles(outputs: Any, levels: Sequence[float] | Any, xp: Any = np) -> Any:
    """Return the quantiles of each quantity, (rows, quantities, levels), in rising order.

    Nothing in the loss keeps the quantiles of a row from crossing; sorted, each is at least as good as
    before (Chernozhukov et al., arXiv 0704.3649).
    """
    return xp.sort(outputs.reshape(len(outputs), -1, len(levels)), axis=-1)


def deviations(head: str, outputs: np.ndarray) -> np.ndarray:
    """Return the standard deviation of each quantity, (rows, quantities), as the gaussian head sees it.

    Raises
    ------
    SettingError
        If the head says nothing of it.
    """
    if head != "gaussian":
        raise SettingError(
            f"Expected a network with the head 'gaussian', which predicts a standard deviation. Got '{head}'."
        )
    log_variance = np.split(np.asarray(outputs, np.float64), 2, axis=-1)[1]
    return np.exp(0.5 * np.maximum(log_variance, _LOWEST_LOG_VARIANCE))


def _sigmoid(z: np.ndarray) -> np.ndarray:
    small = np.exp(-np.abs(z))  # never overflows
    return np.where(z >= 0, 1.0 / (1.0 + small), small / (1.0 + small))
