"""Random search: settings drawn independently, and none twice where the space is finite."""

from __future__ import annotations

from shoal.sweep.strategy.asking import Batches
from shoal.sweep.strategy.trials import Task


def batches(task: Task) -> Batches:
    """Draw every setting from the distributions of the space.

    With few of many dimensions that matter, as is usual, it covers each of these better than a grid of the
    same size, since no value comes twice.

    References
    ----------
    Bergstra and Bengio 2012, "Random search for hyper-parameter optimization", JMLR 13.
    """
    trials = task.begin()
    while drawn := trials.random(task.options["batch"]):
        yield [trials.take(values) for values in drawn]
