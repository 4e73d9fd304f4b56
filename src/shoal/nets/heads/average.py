"""Raw outputs that stand for the average of what the members of an ensemble say."""

from __future__ import annotations

from typing import Any

import numpy as np

from shoal.nets.heads.table import HEADS


def averaged(head: str, outputs: Any, axis: int, xp: Any = np) -> Any:
    """Return the outputs of an ensemble, in the meaning of its head.

    Softmax: ``log(mean p)``. Logits of yes and no, cumulative ones of ordered classes too:
    ``log(mean p) - log(mean (1 - p))``. Log-rates: ``log(mean rate)``. Gaussian: mean and variance of the
    mixture, ``mean(m)`` and ``mean(var) + var(m)``. Else the mean of the values; of quantiles, that of each
    level.

    Parameters
    ----------
    head : str
        Name in `shoal.nets.heads.HEADS`.
    outputs : array
        Raw outputs of the members, which lie along `axis`; the last axis holds the outputs.
    axis : int
    xp : module
        `numpy` or `jax.numpy`.

    Examples
    --------
    >>> averaged("poisson", np.log(np.array([[[1.0]], [[3.0]]])), axis=0)
    array([[0.693...]])
    """
    rule = HEADS[head].average
    if rule == "softmax":
        return _log_mean(outputs - _log_sum(outputs, -1, xp), axis, xp)
    if rule == "sigmoid":
        on, off = (-xp.logaddexp(-sign * outputs, 0.0) for sign in (1.0, -1.0))
        return _log_mean(on, axis, xp) - _log_mean(off, axis, xp)
    if rule == "rate":
        return _log_mean(outputs, axis, xp)
    if rule == "moments":
        mean, log_variance = xp.split(outputs, 2, axis=-1)
        variance = xp.mean(xp.exp(log_variance), axis=axis) + xp.var(mean, axis=axis)
        return xp.concatenate([xp.mean(mean, axis=axis), xp.log(variance)], axis=-1)
    return xp.mean(outputs, axis=axis)


def _log_mean(logs: Any, axis: int, xp: Any) -> Any:
    """Return the logarithm of the mean along `axis` of what `logs` are the logarithms of."""
    return xp.squeeze(_log_sum(logs, axis, xp), axis) - float(np.log(logs.shape[axis]))


def _log_sum(logs: Any, axis: int, xp: Any) -> Any:
    highest = xp.max(logs, axis=axis, keepdims=True)
    return highest + xp.log(xp.sum(xp.exp(logs - highest), axis=axis, keepdims=True))
