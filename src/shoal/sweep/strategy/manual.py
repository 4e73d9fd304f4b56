"""Coordinate search, the manual way: one setting after another is tried at all its values and decided."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from shoal.errors import SettingError
from shoal.rules import refuse_unknown
from shoal.sweep.space import Space
from shoal.sweep.strategy.asking import Batches
from shoal.sweep.strategy.cube import point_of
from shoal.sweep.strategy.trials import Task, Trials, score_of


def batches(task: Task) -> Batches:
    """Return the batches of a search from the settings in ``start``, or refuse these.

    Raises
    ------
    SettingError
        If ``start`` names dimensions that the space lacks, or values that it does not allow.
    """
    given = task.options["start"]
    if given is not None and not isinstance(given, Mapping):
        raise SettingError(f"Expected start to be a mapping of settings to begin with. Got {given!r}.")
    refuse_unknown("the space", given or {}, task.space.names)
    return _search(task, start_of(task.space, given or {}))


def _search(task: Task, best: dict[str, Any]) -> Batches:
    """Vary one dimension at a time, keep its best value, go on to the next, until no value is better.

    Cheap and easy to follow, and it shows what each setting does; but it cannot see that two settings are
    better changed together.

    Notes
    -----
    Also known as coordinate descent or one factor at a time. A range is tried at `points` values spread
    evenly over its quantiles.
    """
    trials = task.begin()
    score, count = -math.inf, len(task.space.dimensions)
    turn = unchanged = 0
    while unchanged < count and trials.room(1):
        line = _along(trials, best, turn % count, task.options["points"], first=score == -math.inf)
        room = trials.room(len(line))
        done = int(room == len(line))  # else more is to be tried along this dimension
        turn, unchanged, line = turn + done, unchanged + done, line[:room]
        if not line:
            continue
        told = yield [trials.take(values) for values in line]
        top = max(range(len(told)), key=lambda i: score_of(told[i]))
        if score_of(told[top]) > score:
            score, best = score_of(told[top]), line[top]
            unchanged = done  # along this dimension nothing is left to try


def start_of(space: Space, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings to start from: where not given, the middle of a range, the first of a choice."""
    point = [0.5 if one.domain.ordered else 0.0 for one in space.dimensions]
    for i, one in enumerate(space.dimensions):
        if one.name in given:
            point[i] = one.domain.to_unit(given[one.name])
    values = space.from_unit(np.array(point))
    return values if values is not None else space.sample(np.random.default_rng(0), 1)[0]


def _along(
    trials: Trials, values: dict[str, Any], place: int, points: int, *, first: bool
) -> list[dict[str, Any]]:
    """Return the settings that differ in one dimension only and were not tried; first of all, the start."""
    space = trials.space
    domain = space.dimensions[place].domain
    base = point_of(space, values)
    found = {space.key(values): values} if first and trials.is_new(values) else {}
    for value in domain.grid(None if domain.size is not None and domain.size <= points else points):
        point = base.copy()
        point[place] = domain.to_unit(value)
        other = space.from_unit(point)
        if other is not None and trials.is_new(other):
            found.setdefault(space.key(other), other)
    return list(found.values())
