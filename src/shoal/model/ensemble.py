"""An ensemble: networks of other seeds whose answers are averaged (Hansen and Salamon 1990).

What is averaged is what the network says, not its weights: probabilities of classes, values of quantities.
By Jensen's inequality the average is never worse than its members are on average in log loss and squared
error, whatever the members are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from shoal.history.record import History


@dataclass(frozen=True, eq=False)
class EnsembleMember:
    """One of the further networks of an ensemble.

    Attributes
    ----------
    params, state : dict of str to array
        Its weights and running statistics, under the names of the first network.
    history : History
        What happened in each epoch of its training.
    seed : int
        Drew its initial weights, the order of its rows and its dropout.
    """

    params: dict[str, np.ndarray]
    state: dict[str, np.ndarray]
    history: History = field(default_factory=History)
    seed: int = 0


def combined(head: str, outputs: Sequence[np.ndarray]) -> np.ndarray:
    """Return the raw outputs that stand for the average of what the members say.

    Parameters
    ----------
    head : str
        Name in `shoal.nets.heads.HEADS`.
    outputs : sequence of (rows, outputs) arrays
        The raw outputs of every member.

    Returns
    -------
    float64 array (rows, outputs)
        Softmax: ``log(mean p)``. Sigmoid and labels: ``log(mean p) - log(mean (1 - p))``. Log-rates:
        ``log(mean rate)``. Else the mean of the values.

    Examples
    --------
    >>> certain, unsure = np.array([[np.log(9.0)]]), np.array([[0.0]])  # 0.9 and 0.5
    >>> combined("sigmoid", [certain, unsure])  # 0.7
    array([[0.847...]])
    """
    if len(outputs) == 1:
        return outputs[0]
    stacked = np.stack([np.asarray(one, np.float64) for one in outputs])  # (members, rows, outputs)
    if head == "softmax":
        return _log_mean(stacked - _log_sum(stacked, axis=2, keepdims=True))
    if head in ("sigmoid", "multilabel"):
        return _log_mean(-np.logaddexp(0.0, -stacked)) - _log_mean(-np.logaddexp(0.0, stacked))
    return stacked.mean(axis=0)


def _log_mean(logs: np.ndarray) -> np.ndarray:
    """Return the logarithm of the mean over members of what `logs` are the logarithms of."""
    return _log_sum(logs, axis=0) - np.log(len(logs))


def _log_sum(logs: np.ndarray, axis: int, keepdims: bool = False) -> np.ndarray:
    return np.logaddexp.reduce(logs, axis=axis, keepdims=keepdims)
