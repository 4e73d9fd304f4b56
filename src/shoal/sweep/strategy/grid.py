"""Grid search: every combination of values."""

from __future__ import annotations

from typing import Any

from shoal.sweep.strategy.asking import Batches
from shoal.sweep.strategy.trials import Task


def batches(task: Task) -> Batches:
    """Return the batches of the grid with ``points`` values of each range, or refuse a range without.

    Raises
    ------
    SettingError
        If a range is to be divided and nothing says into how many values.
    """
    return _parts(task, task.space.grid(task.options["points"]))


def _parts(task: Task, settings: list[dict[str, Any]]) -> Batches:
    """Ask for the whole grid in its order, or for a random part of it if there are fewer trials.

    The first settings of a grid lie in one corner of it; a random part covers every value of each dimension.
    """
    trials = task.begin()
    left = list(range(len(settings)))
    if trials.room(len(left)) < len(left):
        left = trials.rng.permutation(len(left)).tolist()
    size = task.options["batch"]
    while count := trials.room(len(left)):
        part, left = sorted(left[:count]), left[count:]
        for first in range(0, count, size):
            yield [trials.take(settings[i]) for i in part[first : first + size]]
