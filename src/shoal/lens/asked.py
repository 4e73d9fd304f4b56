"""What an estimator asks for, read off it without touching it."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from shoal.errors import InputError
from shoal.estimators.base import NetEstimator
from shoal.fitting.problem import Problem
from shoal.settings import Settings


@dataclass(frozen=True)
class Asked:
    """The problem that the data sets, and how the estimator would go about it.

    Parameters
    ----------
    problem : Problem
    settings : Settings
        Checked; nothing is decided yet.
    valid : Problem or None
    start : dict or None
        Weights that the estimator would go on from, where it is fitted and warm_start=True.
    """

    problem: Problem
    settings: Settings
    valid: Problem | None
    start: dict[str, Any] | None


def asked(
    net: Any,
    X: Any,
    y: Any,
    sample_weight: Any = None,
    X_val: Any = None,
    y_val: Any = None,
    sample_weight_val: Any = None,
    *,
    owner: str,
) -> Asked:
    """Return what ``net.fit`` would be about to train; the estimator stays as it is.

    Raises
    ------
    InputError
        If `net` is no estimator of shoal.
    ValueError
        As ``fit`` does.
    """
    if not isinstance(net, NetEstimator):
        raise InputError(
            f"{owner} expects a NetClassifier or a NetRegressor. Received: {type(net).__name__}; "
            "hand in the network itself, and the data as it reaches it."
        )
    double = copy.copy(net)
    double.random_state = copy.deepcopy(net.random_state)  # a generator would move on
    earlier = getattr(double, "model_", None) if double.warm_start else None
    settings = double._settings()
    if earlier is not None:
        settings = double._same_network(settings)
    problem = double._problem(X, y, sample_weight, earlier)
    valid = double._valid(problem, X_val, y_val, sample_weight_val)
    start = None if earlier is None else {"params": earlier.params, "running": earlier.state}
    return Asked(problem, settings, valid, start)
