"""Population-based training: networks are compared while they train, and the worst go on from the best."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np

from shoal.errors import SettingError
from shoal.sweep.space import Space
from shoal.sweep.strategy.asking import Batches
from shoal.sweep.strategy.contract import Ask, Told
from shoal.sweep.strategy.cube import point_of
from shoal.sweep.strategy.trials import Task, Trials, ranked

PERTURBED = (
    *("learning_rate", "weight_decay", "momentum", "rho", "beta_1", "beta_2", "epsilon"),
    *("l1", "l2", "bias_l1", "bias_l2", "activity_l1", "activity_l2", "clip_norm", "clip_value"),
    *("dropout", "input_dropout", "label_smoothing", "huber_delta"),
)
"""Settings that may change in the middle of a training: numbers that a compiled program takes as data."""

PERTURBED_OF = ("optimizer", "schedule", "loss", "constraint", "averaging", "augment")
"""Settings whose dotted numbers ("optimizer.beta_2") may change too; not their kinds."""

_FACTORS = (0.8, 1.2)
_ATTEMPTS = 30


def may_change(space: Space) -> tuple[list[str], list[str]]:
    """Return the dimensions that are perturbed while networks train, and those that are not."""
    changed, kept = [], []
    for one in space.dimensions:
        owner, _, number = one.name.partition(".")
        named = one.name in PERTURBED or (owner in PERTURBED_OF and number not in ("", "kind"))
        numeric = all(isinstance(end, Real) and not isinstance(end, bool) for end in one.domain.ends())
        if one.domain.size == 1:
            continue
        (changed if named and numeric else kept).append(one.name)
    return changed, kept


def remark(task: Task) -> str:
    """Return what is perturbed and what is not, in words, or refuse a space that leaves nothing.

    Raises
    ------
    SettingError
        If no dimension may change in the middle of a training.
    """
    changed, kept = may_change(task.space)
    if not changed:
        raise SettingError(
            "Expected population-based training to be given a number that may change while a network trains, "
            f"such as learning_rate, weight_decay or dropout. Got {', '.join(kept) or 'nothing that varies'};"
            " use method='hyperband' for these."
        )
    rest = f"; {', '.join(kept)} stay as they were drawn, since a network in training cannot change them"
    return f"{', '.join(changed)} change while the networks train" + (rest if kept else "")


def batches(task: Task) -> Batches:
    """Train populations; every few epochs the worst take over weights and settings of the best.

    Exploit: a network of the lowest `quantile`, or one that came to nothing, goes on from the state of a
    random one of the highest. Explore: its settings are those of that network, each number that may change
    drawn anew with the chance `resample`, or multiplied by 0.8 or 1.2. What decides the shape of a network
    is inherited with the weights.

    References
    ----------
    Jaderberg et al. 2017, "Population based training of neural networks", arXiv 1711.09846.
    """
    trials = task.begin()
    while members := trials.random(task.options["population"]):
        yield from _population(trials, members, task)


def _population(
    trials: Trials, members: list[dict[str, Any]], task: Task
) -> Generator[list[Ask], Sequence[Told], None]:
    every = task.options["every"]
    ends = [*range(every, task.max_epochs, every), task.max_epochs]
    asks = [trials.take(values, ends[0]) for values in members]
    for following in [*ends[1:], None]:
        told = yield asks
        if following is None or not ranked(told):
            return
        asks = _next(trials, asks, told, following, task.options)


def _next(trials: Trials, asks: list[Ask], told: Sequence[Told], epochs: int, options) -> list[Ask]:
    """Return the population of the next epochs, in the same places."""
    order = ranked(told)
    count = min(math.ceil(options["quantile"] * len(asks)), len(asks) // 2)
    best = order[: max(count, 1)]
    going_on = set(order[: len(asks) - count])
    return [
        replace(ask, epochs=epochs, parent=None)
        if i in going_on
        else _exploit(trials, asks[best[trials.rng.integers(len(best))]], epochs, options["resample"])
        for i, ask in enumerate(asks)
    ]


def _exploit(trials: Trials, winner: Ask, epochs: int, resample: float) -> Ask:
    values = explored(trials.space, winner.values, resample, trials.rng)
    return trials.child(values, epochs, winner.trial)


def explored(
    space: Space, values: dict[str, Any], resample: float, rng: np.random.Generator
) -> dict[str, Any]:
    """Return settings with the numbers that may change perturbed, within their domains and constraints."""
    changed, place = set(may_change(space)[0]), np.asarray(space.to_unit(values), dtype=float)
    moving = [i for i, one in enumerate(space.dimensions) if one.name in changed and not np.isnan(place[i])]
    for _ in range(_ATTEMPTS):
        point = point_of(space, values)
        for i in moving:
            one = space.dimensions[i]
            point[i] = _perturbed(one.domain, values[one.name], point[i], resample, rng)
        found = space.from_unit(point)
        if found is not None:
            # What does not move stays to the last bit: a shape has to, and nothing else should drift.
            still = {one.name for i, one in enumerate(space.dimensions) if i not in moving}
            return {name: values[name] if name in still & values.keys() else found[name] for name in found}
    return dict(values)


def _perturbed(domain, value: Any, unit: float, resample: float, rng: np.random.Generator) -> float:
    """Return the quantile of a number after exploring."""
    anew, factor = rng.random(), _FACTORS[rng.integers(2)]
    if rng.random() < resample:
        return anew
    if domain.size is not None:  # of a few values, a neighbour: a fifth more may be the same value again
        return float(np.clip(unit + (1.0 if factor > 1 else -1.0) / domain.size, 0.0, 1.0))
    low, high = sorted(domain.ends()[:: len(domain.ends()) - 1])
    return domain.to_unit(min(max(value * factor, low), high))
