"""What a search is about: the problem, what may vary, and how networks are judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from shoal import data
from shoal.fitting.defaults import Facts
from shoal.fitting.problem import Problem
from shoal.settings import Settings
from shoal.sweep.pipelines import Front
from shoal.sweep.runs import Key, Run
from shoal.sweep.scoring import Scorers
from shoal.sweep.space import Space
from shoal.sweep.space.nesting import nested
from shoal.sweep.strategy import Ask


@dataclass(frozen=True)
class Question:
    """What a search is about: the problem, what may vary, and how networks are judged.

    Parameters
    ----------
    problem : Problem
    space : Space
    base : Settings
        What does not vary, as given.
    folds : sequence of Split
    seeds : sequence of int
    scorers : Scorers
    front : Front, optional
        Transformers in front of the networks; `problem` is then what the first fold's networks learn from.
    """

    problem: Problem
    space: Space
    base: Settings
    folds: tuple[data.Split, ...]
    seeds: tuple[int, ...]
    scorers: Scorers
    front: Front | None = None

    @property
    def facts(self) -> Facts:
        """What the defaults of a setting depend on."""
        return Facts(len(self.problem), self.problem.task, False, self.problem.image)

    def settings(self, values: Mapping[str, Any]) -> Settings:
        """Return the settings of a trial."""
        return _over(self.given, self.varied(values)[0])

    def varied(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what varies of the network, as settings, and of the transformers before it."""
        params, prefix = self.space.params(values), self.front.prefix if self.front else ""
        own = {n.removeprefix(prefix): value for n, value in params.items() if n.startswith(prefix)}
        others = {name: value for name, value in params.items() if not name.startswith(prefix)}
        return nested(own, self.given), others

    @cached_property
    def given(self) -> dict[str, Any]:
        """What does not vary, as far as it differs from the defaults."""
        return self.base.given()

    def keys(self, trial: int) -> list[Key]:
        """Return what tells the networks of a trial apart, in the order of `runs`."""
        return [(trial, fold, seed) for seed in self.seeds for fold in range(len(self.folds))]

    def runs(self, ask: Ask, states: Mapping[Key, Any], ahead: bool = False) -> list[Run]:
        """Return the networks of an ask, folds of a seed together.

        Only to look `ahead`, no transformer is fitted: the first fold's table stands for all.
        """
        varied, params = self.varied(ask.values)
        settings, source = _over(self.given, varied), ask.trial if ask.parent is None else ask.parent
        front = None if ahead else self.front
        problems = [front.problem(params, i) if front else None for i in range(len(self.folds))]
        return [
            Run(ask.trial, settings, fold, seed, ask.epochs, states.get((source, fold, seed)), problems[fold])
            for _, fold, seed in self.keys(ask.trial)
        ]


def settings_with(base: Settings, varied: Mapping[str, Any]) -> Settings:
    """Return settings with others in their place, checked as if a person had given them."""
    return _over(base.given(), varied)


def _over(given: Mapping[str, Any], varied: Mapping[str, Any]) -> Settings:
    return Settings(**{**given, **varied}).checked()
