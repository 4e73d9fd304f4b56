"""Hyperband: successive halving in several brackets, from many settings stopped soon to few never stopped."""

from __future__ import annotations

from shoal.sweep.strategy.asking import Batches
from shoal.sweep.strategy.halving import climb
from shoal.sweep.strategy.rungs import bracket, brackets, shares
from shoal.sweep.strategy.trials import Task


def batches(task: Task) -> Batches:
    """Go through the brackets one after another, the boldest first.

    Halving alone must guess how soon a loser can be told; Hyperband tries every answer. A number of trials is
    divided among the brackets of one pass in the paper's proportions; without one, whole passes follow
    each other. Brackets are not merged into one batch: the boldest finds a good setting in a small part of
    the epochs of a pass, and a search may be ended at any time.

    References
    ----------
    Li, Jamieson, DeSalvo, Rostamizadeh and Talwalkar 2018, "Hyperband: a novel bandit-based approach to
    hyperparameter optimization", JMLR 18.
    """
    trials, factor = task.begin(), task.options["factor"]
    table = brackets(task.max_epochs, factor, task.options["min_epochs"])
    whole = [rungs[0].settings for rungs in table]
    while count := trials.room(sum(whole) if task.trials is None else task.trials):
        for size, rungs in zip(shares(whole, count), table, strict=True):
            plan = bracket(size, len(rungs) - 1, task.max_epochs, factor)
            if size and not (yield from climb(trials, plan)):
                return
