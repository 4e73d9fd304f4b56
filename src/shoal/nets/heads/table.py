"""The heads by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from shoal.errors import SettingError


def _one_each(targets: int, levels: int) -> int:
    return targets


@dataclass(frozen=True)
class HeadKind:
    """A head: the task that it serves, the loss used unless another is named, and how it is judged.

    Parameters
    ----------
    task, loss : str
    metric : {"accuracy", "rmse"}
        What is watched on validation rows.
    average : {"mean", "softmax", "sigmoid", "rate", "moments"}
        What ensembles average: outputs as they are, probabilities of classes, probabilities behind each
        logit, rates, or mean and variance.
    units : callable
        ``(targets, levels) -> units`` of the head; `targets` are classes, labels or quantities.
    start : str
        Initializer of its kernel. Outputs that become exponents start at zero: the first rate is the mean of
        the training rows, the first variance theirs.
    """

    task: str
    loss: str
    metric: str
    average: Literal["mean", "softmax", "sigmoid", "rate", "moments"] = "mean"
    units: Callable[[int, int], int] = _one_each
    start: str = "glorot_uniform"


HEADS: dict[str, HeadKind] = {
    "linear": HeadKind("regression", "squared_error", "rmse"),
    "quantiles": HeadKind("regression", "quantile", "rmse", units=lambda targets, levels: targets * levels),
    "poisson": HeadKind("regression", "poisson", "rmse", "rate", start="zeros"),
    "gaussian": HeadKind(
        "regression", "gaussian", "rmse", "moments", lambda targets, levels: 2 * targets, "zeros"
    ),
    "sigmoid": HeadKind("binary", "binary_cross_entropy", "accuracy", "sigmoid"),
    "softmax": HeadKind("multiclass", "cross_entropy", "accuracy", "softmax"),
    "ordinal": HeadKind(
        "multiclass", "ordinal", "accuracy", "sigmoid", units=lambda targets, levels: targets - 1
    ),
    "multilabel": HeadKind("multilabel", "binary_cross_entropy", "accuracy", "sigmoid"),
}
"""Name -> head.

==========  ===========================================================================================
linear      one standardised value for each quantity
quantiles   one standardised value for each quantity and level, those of a quantity side by side
poisson     the logarithm of the rate of each quantity, relative to the mean of the training rows
gaussian    the standardised means of all quantities, then the logarithms of their variances
sigmoid     the logit of the second of two classes
softmax     one logit for each class
ordinal     for each class but the last the logit that a row is of it or of one before (`shoal.nets.ordinal`)
multilabel  one logit for each label
==========  ===========================================================================================
"""

HEAD_OF_TASK = {HEADS[name].task: name for name in ("linear", "sigmoid", "softmax", "multilabel")}
"""Task -> the head that it takes unless another is named."""


def refuse_outputs(head: str, outputs: int) -> None:
    """Refuse a number of outputs that the head cannot have.

    Raises
    ------
    SettingError
        If the classes of softmax are fewer than two, or those of the ordinal head fewer than three.
    """
    fewest = {"softmax": 2, "ordinal": 2}.get(head, 1)
    if outputs >= fewest and (head != "gaussian" or outputs % 2 == 0):
        return
    expected = {
        "softmax": "at least two classes for the softmax head",
        "ordinal": "at least three classes, two thresholds, for the ordinal head (two are simply binary)",
        "gaussian": "a mean and a variance of each quantity for the gaussian head",
    }.get(head, f"at least one output for the {head} head")
    raise SettingError(f"Expected {expected}. Received: outputs={outputs}.")
