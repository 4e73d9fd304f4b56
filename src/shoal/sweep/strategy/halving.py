"""Successive halving: many settings for a few epochs, the best part of them for more, and so on."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace

from shoal.sweep.strategy.asking import Batches
from shoal.sweep.strategy.contract import Ask, Told
from shoal.sweep.strategy.rungs import Rung, rungs
from shoal.sweep.strategy.trials import Task, Trials, ranked


def batches(task: Task) -> Batches:
    """Let one bracket of all trials climb its rungs; without a number of trials, one bracket after another.

    Survivors go on from where they stood; nothing is trained twice. The scores compared are means over folds
    and seeds, so that a setting is stopped in all of its folds or in none.

    References
    ----------
    Jamieson and Talwalkar 2016, "Non-stochastic best arm identification and hyperparameter optimization",
    AISTATS.
    """
    trials, options = task.begin(), task.options
    while count := trials.room(options["settings"] if task.trials is None else task.trials):
        plan = rungs(count, task.max_epochs, options["factor"], options["min_epochs"])
        if not (yield from climb(trials, plan)):
            return


def climb(trials: Trials, plan: Sequence[Rung]) -> Generator[list[Ask], Sequence[Told], bool]:
    """Draw settings and train them rung by rung; return whether the space held any that were not tried.

    A setting that came to nothing never goes on, even where that leaves fewer than planned.
    """
    alive = [trials.take(values) for values in trials.random(plan[0].settings)]
    drawn = bool(alive)
    for rung, following in zip(plan, [*plan[1:], Rung(0, 0)], strict=True):
        if not alive:
            break
        told = yield [replace(ask, epochs=rung.epochs) for ask in alive]
        best = sorted(ranked(told)[: following.settings])
        alive = [alive[i] for i in best]
    return drawn
