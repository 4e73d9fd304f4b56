"""The checks of a recipe for estimators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shoal.lens.asked import asked
from shoal.lens.checks import checked_recipe
from shoal.lens.finding import seeds_from
from shoal.lens.verdict import CheckReport


def check_recipe(
    net: Any,
    X: Any,
    y: Any,
    sample_weight: Any = None,
    *,
    X_val: Any = None,
    y_val: Any = None,
    sample_weight_val: Any = None,
    seeds: int | Sequence[int] = 3,
) -> CheckReport:
    """Check the recipe of an estimator before it is trusted; the estimator stays as it is.

    The checks that Karpathy's "A Recipe for Training Neural Networks" (2019) does by hand: the loss at the
    start is what theory says; rows of a batch keep apart; every layer learns; losses are numbers; a
    learning rate of 0 changes nothing; batches hold more than one class; one batch can be learnt by heart;
    inputs beat zeros.

    Parameters
    ----------
    net : NetClassifier or NetRegressor
    X, y, sample_weight, X_val, y_val, sample_weight_val
        As for ``net.fit``.
    seeds : int or sequence of int
        How many networks are checked, all as one shoal; counted from ``net.random_state``.

    Returns
    -------
    CheckReport
        ``passed``, ``checks`` with what was expected, what came and what to do, ``to_frame()``.

    Raises
    ------
    ValueError
        If a parameter or the data cannot be used.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from shoal import NetClassifier, check_recipe
    >>> X, y = load_iris(return_X_y=True)
    >>> report = check_recipe(NetClassifier(hidden=(16,), random_state=0), X, y, seeds=2)
    >>> report.passed, report["loss at the start"].expected[:14]
    (True, '1.099 (log 3),')
    """
    wanted = asked(net, X, y, sample_weight, X_val, y_val, sample_weight_val, owner="check_recipe")
    numbers = seeds_from(wanted.settings.seed, seeds, "check_recipe")
    return checked_recipe(wanted.problem, wanted.settings, seeds=numbers, valid=wanted.valid)
