"""Output heads: what the last layer's raw outputs mean, and how they become predictions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class HeadKind:
    """A head: the task that it serves and the loss used unless another is named."""

    task: str
    loss: str
    metric: str


HEADS: dict[str, HeadKind] = {
    "linear": HeadKind("regression", "squared_error", "rmse"),
    "sigmoid": HeadKind("binary", "binary_cross_entropy", "accuracy"),
    "softmax": HeadKind("multiclass", "cross_entropy", "accuracy"),
    "multilabel": HeadKind("multilabel", "binary_cross_entropy", "accuracy"),
    "ordinal": HeadKind("multiclass", "ordinal", "accuracy"),
    "quantiles": HeadKind("regression", "quantile", "rmse"),
    "poisson": HeadKind("regression", "poisson", "rmse"),
    "gaussian": HeadKind("regression", "gaussian", "rmse"),
}
"""Name -> head. The raw outputs are standardised values (linear) or logits (all others)."""

HEAD_OF_TASK = {HEADS[name].task: name for name in ("linear", "sigmoid", "softmax", "multilabel")}
"""Task -> the head that it takes unless another is named."""


def probabilities(head: str, outputs: np.ndarray) -> np.ndarray:
    """Turn raw outputs ``(rows, outputs)`` into probabilities, in float64.

    sigmoid gives two columns (negative, positive); softmax one per class; multilabel one per label.

    Examples
    --------
    >>> probabilities("sigmoid", np.array([[0.0]]))
    array([[0.5, 0.5]])
    """
    outputs = np.asarray(outputs, np.float64)
    if head == "softmax":
        shifted = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return shifted / shifted.sum(axis=1, keepdims=True)
    if head in ("sigmoid", "multilabel"):
        positive = _sigmoid(outputs)
        return np.hstack([1.0 - positive, positive]) if head == "sigmoid" else positive
    raise ValueError(f"The {head} head predicts values, not probabilities.")


def _sigmoid(z: np.ndarray) -> np.ndarray:
    small = np.exp(-np.abs(z))  # never overflows
    return np.where(z >= 0, 1.0 / (1.0 + small), small / (1.0 + small))
