"""Bayesian search by Optuna's tree-structured Parzen estimators; no other file asks Optuna for settings."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.samplers import TPESampler
from optuna.trial import Trial, TrialState

from shoal.sweep.space import Space, Tie
from shoal.sweep.space.links import follow, takes_part
from shoal.sweep.strategy.asking import Batches
from shoal.sweep.strategy.contract import Told
from shoal.sweep.strategy.trials import Task, Trials, score_of

_ATTEMPTS = 10
"""Settings that break a constraint, or were tried, are asked for again so often; then one is drawn."""


def batches(task: Task) -> Batches:
    """Ask a study in memory, and tell it.

    Every dimension is a parameter of the study in its own quantiles, an unordered choice by the place of its
    value; so scales, steps and distributions are those of the space. Dimensions that a condition switches off
    are not suggested. The trials of a batch that have no score yet count as bad ones (the constant
    liar), which keeps the batch from being all alike.

    References
    ----------
    Bergstra, Bardenet, Bengio and Kegl 2011, "Algorithms for hyper-parameter optimization"; Watanabe 2023,
    arXiv 2304.11127; Akiba et al. 2019, "Optuna", arXiv 1907.10902.
    """
    trials, options = task.begin(), task.options
    study = Study(task.space, task.seed, options["startup"])
    count = options["startup"]
    while drawn := study.ask(trials, trials.room(count)):
        told = yield [trials.take(values) for values in drawn]
        study.tell(told)
        count = options["batch"]


class Study:
    """A study of Optuna that speaks of a space.

    Parameters
    ----------
    space : Space
    seed : int
    startup : int
        Trials drawn at random before the estimators are asked.
    """

    def __init__(self, space: Space, seed: int, startup: int):
        self.space = space
        self.parameters = parameters(space)
        with _quiet():
            sampler = TPESampler(
                n_startup_trials=startup,
                seed=seed % 2**32,
                multivariate=True,  # what goes well together is learnt together
                group=bool(space.conditions),  # and apart for every set of dimensions that take part
                constant_liar=True,
            )
            self.study = optuna.create_study(sampler=sampler, direction="maximize")
        self._open: list[Trial] = []

    def ask(self, trials: Trials, count: int) -> list[dict[str, Any]]:
        """Return up to `count` settings that were not tried."""
        found: dict[str, dict[str, Any]] = {}
        with _quiet():
            for _ in range(count):
                values = self._suggested(trials, found)
                if values is None:
                    break
                found[self.space.key(values)] = values
        return list(found.values())

    def tell(self, told: Sequence[Told]) -> None:
        """Tell the study; what came to nothing is a pruned trial to it, worse than every complete one."""
        with _quiet():
            for trial, one in zip(self._open, told, strict=True):
                score = score_of(one)
                if score > -math.inf:
                    self.study.tell(trial, score)
                else:
                    self.study.tell(trial, state=TrialState.PRUNED)
        self._open = []

    def _suggested(self, trials: Trials, found: dict[str, Any]) -> dict[str, Any] | None:
        """Return new settings, or None in a space that is exhausted; their trial is open then."""
        for _ in range(_ATTEMPTS):
            trial = self.study.ask()
            values = self._walk(trial)
            if values is not None and trials.is_new(values) and self.space.key(values) not in found:
                self._open.append(trial)
                return values
            self.study.tell(trial, state=TrialState.FAIL)  # which the estimators do not look at
        return self._drawn(trials, found)

    def _walk(self, trial: Trial) -> dict[str, Any] | None:
        """Return the settings that a trial suggests, each part after what it depends on."""
        space = self.space
        values: dict[str, Any] = {}
        for node, part, conditions in space.parts:
            if not takes_part(part.name, conditions, values):
                continue
            if isinstance(part, Tie):
                follow(part, values)
            else:
                values[part.name] = _value(space, node, _suggest(trial, *self.parameters[node]))
        return space.out(values) if space.broken(values) is None else None

    def _drawn(self, trials: Trials, found: dict[str, Any]) -> dict[str, Any] | None:
        """Return random new settings, made known to the study as if it had suggested them."""
        drawn = self.space.sample(trials.rng, 1, unseen=trials.seen | set(found))
        if not drawn:
            return None
        place = self.space.to_unit(drawn[0])
        active = [node for node in range(len(place)) if not math.isnan(place[node])]
        self.study.enqueue_trial(
            {self.parameters[node][0]: self._parameter(node, float(place[node])) for node in active}
        )
        trial = self.study.ask()
        for node in active:
            _suggest(trial, *self.parameters[node])
        self._open.append(trial)
        return drawn[0]

    def _parameter(self, node: int, unit: float) -> float | int:
        if isinstance(self.parameters[node][1], FloatDistribution):
            return unit
        domain = self.space.dimensions[node].domain
        return domain.grid().index(domain.from_unit(unit))


def parameters(space: Space) -> list[tuple[str, BaseDistribution]]:
    """Return name and distribution of each dimension's parameter; a name that comes again gets a number."""
    found: list[tuple[str, BaseDistribution]] = []
    for node, one in enumerate(space.dimensions):
        again = space.names.index(one.name) != node
        name = f"{one.name} ({node})" if again else one.name
        count = None if one.domain.ordered else one.domain.size
        whole = FloatDistribution(0.0, 1.0)
        found.append((name, whole if count is None else CategoricalDistribution(tuple(range(count)))))
    return found


def _value(space: Space, node: int, suggested: float | int) -> Any:
    domain = space.dimensions[node].domain
    if domain.size is not None and not domain.ordered:
        return domain.grid()[int(suggested)]
    return domain.from_unit(float(suggested))


def _suggest(trial: Trial, name: str, distribution: BaseDistribution) -> float | int:
    if isinstance(distribution, CategoricalDistribution):
        places = tuple(range(len(distribution.choices)))
        return trial.suggest_categorical(name, places)
    return trial.suggest_float(name, 0.0, 1.0)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Optuna from logging each trial, and from warning of what is experimental to it."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(level)
