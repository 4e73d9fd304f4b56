"""The learning-rate finder for estimators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shoal.fitting.learning_rate import HIGHEST, LOWEST, STEPS, find_rate, refuse_wrong_range
from shoal.history.rate_finding import RateFinding
from shoal.lens.asked import asked
from shoal.rules import Number, check


def lr_find(
    net: Any,
    X: Any,
    y: Any,
    sample_weight: Any = None,
    *,
    X_val: Any = None,
    y_val: Any = None,
    sample_weight_val: Any = None,
    seeds: int | Sequence[int] = 5,
    lowest: float = LOWEST,
    highest: float = HIGHEST,
    steps: int = STEPS,
    try_out: bool = True,
) -> RateFinding:
    """Find a learning rate for an estimator, which stays as it is.

    First a range test (Smith, arXiv 1506.01186): the rate rises with every batch,
    ``r_i = lowest (highest / lowest)^(i / (steps - 1))``, until the smoothed loss exceeds four times its
    lowest value. It shows the *steepest* and the *valley* point of fastai's finder. Then trials: the rates
    ``valley * 2^k``, k = -2 ... 5, train for a quarter of the epochs, the best of them and its neighbours to
    the end; the *suggestion* is the rate that ends with the lowest validation loss. All seeds of a round are
    one shoal. Where the settings keep no validation rows, each seed is judged on another fifth of the rows.

    Parameters
    ----------
    net : NetClassifier or NetRegressor
        Gives the recipe; only its ``learning_rate`` plays no part. Neither its parameters nor what it has
        learnt are changed.
    X, y, sample_weight, X_val, y_val, sample_weight_val
        As for ``net.fit``.
    seeds : int or sequence of int
        How many networks search, with other initial weights and orders of rows; they are counted from
        ``net.random_state``. Every answer comes with the lowest and highest of theirs.
    lowest, highest : float
        Ends of the range test.
    steps : int
        Its length, in batches.
    try_out : bool
        Whether to have trials, which cost as much as six trainings for each seed. Without them the suggestion
        is the valley point, after a few seconds.

    Returns
    -------
    RateFinding

    Raises
    ------
    ValueError
        If a parameter or the data cannot be used.
    TrainingError
        If training diverges at every rate.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from shoal import NetClassifier, lr_find
    >>> X, y = load_iris(return_X_y=True)
    >>> found = lr_find(NetClassifier(hidden=(8,), epochs=12), X, y, seeds=2)
    >>> found.interval[0] <= found.suggestion <= found.interval[1]
    True
    >>> found.losses.shape
    (2, 100)
    """
    refuse_wrong_range("lr_find", lowest, highest, steps)
    wanted = asked(net, X, y, sample_weight, X_val, y_val, sample_weight_val, owner="lr_find")
    return find_rate(
        wanted.problem,
        wanted.settings,
        seeds=seeds_from(wanted.settings.seed, seeds, "lr_find"),
        valid=wanted.valid,
        start=wanted.start,
        lowest=lowest,
        highest=highest,
        steps=steps,
        try_out=try_out,
    )


def seeds_from(first: int, seeds: int | Sequence[int], owner: str) -> tuple[int, ...]:
    """Return the seeds themselves, or so many counted from the first.

    Examples
    --------
    >>> seeds_from(7, 3, "lr_find"), seeds_from(7, [1, 2], "lr_find")
    ((7, 8, 9), (1, 2))
    """
    if isinstance(seeds, Sequence) and len(seeds) and not isinstance(seeds, str):
        return tuple(int(seed) for seed in seeds)
    check(owner, "seeds", seeds, Number(1, integer=True))
    return tuple(first + i for i in range(int(seeds)))  # type: ignore[arg-type]
