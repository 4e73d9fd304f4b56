"""A genetic algorithm: good settings are crossed and mutated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from shoal.sweep.strategy.asking import Batches
from shoal.sweep.strategy.cube import point_of, settings_at, steps_away
from shoal.sweep.strategy.trials import Task, Trials, score_of

_ATTEMPTS = 30
"""Children that break a constraint, or were born before, are bred again so often; then one is drawn."""

_STEP = 0.1
"""Standard deviation of a mutation: a tenth of a dimension's quantiles, so that children are near parents."""


@dataclass(frozen=True)
class Individual:
    """A point of the unit cube and its score.

    The point has a gene for every dimension, those that a condition switches off included: they are carried
    along unseen, and come out where a descendant switches them on.
    """

    genes: np.ndarray
    score: float


def batches(task: Task) -> Batches:
    """Breed one population after another.

    Parents are chosen by tournament, crossed dimension by dimension, and mutated in the unit cube (a step
    along an ordered dimension, a new draw for one without order). The best `elite` of the parents stay
    among the parents of the next generation, with the score that they have; they are not trained again.

    References
    ----------
    Holland 1975, "Adaptation in natural and artificial systems"; Eiben and Smith 2015, "Introduction to
    evolutionary computing", chapters 3 to 5 (tournaments, uniform crossover, elitism).
    """
    trials, options = task.begin(), task.options
    size, elite = options["population"], options["elite"]
    parents: list[Individual] = []
    born = trials.random(size)
    while born:
        points = [point_of(task.space, values, trials.rng.random(len(task.space.names))) for values in born]
        told = yield [trials.take(values) for values in born]
        children = [Individual(p, score_of(one)) for p, one in zip(points, told, strict=True)]
        kept = _best(parents, int(np.ceil(elite * len(parents))))
        parents = _best(kept + children, size)
        born = _generation(trials, parents, trials.room(size), options)


def _generation(trials: Trials, parents, count: int, options) -> list[dict[str, Any]]:
    born: dict[str, dict[str, Any]] = {}
    for _ in range(count):
        values = _child(trials, parents, born, options)
        if values is not None:
            born[trials.space.key(values)] = values
    missing = count - len(born)
    if missing:
        drawn = trials.space.sample(trials.rng, missing, unseen=trials.seen | set(born))
        born |= {trials.space.key(values): values for values in drawn}
    return list(born.values())


def _child(trials: Trials, parents, born, options) -> dict[str, Any] | None:
    """Return settings that are new, or None if breeding finds none."""
    rng, space = trials.rng, trials.space
    chance = options["mutation"] or 1.0 / max(1, len(space.names))
    for _ in range(_ATTEMPTS):
        mother, father = (_winner(rng, parents, options["tournament"]) for _ in range(2))
        genes = np.where(rng.random(len(mother)) < 0.5, mother, father)
        values = settings_at(trials, steps_away(space, genes, _STEP, chance, rng))
        if values is not None and space.key(values) not in born:
            return values
    return None


def _winner(rng: np.random.Generator, parents: list[Individual], size: int) -> np.ndarray:
    """Return the genes of the best of a few parents drawn at random."""
    drawn = rng.choice(len(parents), size=min(size, len(parents)), replace=False)
    return parents[min(drawn)].genes  # they are sorted by score


def _best(individuals: list[Individual], count: int) -> list[Individual]:
    return sorted(individuals, key=lambda one: -one.score)[:count]
