"""What a search is about: the problem, what may vary, and how networks are judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shoal import data
from shoal.fitting.defaults import Facts
from shoal.fitting.problem import Problem
from shoal.settings import Settings
from shoal.sweep.runs import Key, Run
from shoal.sweep.scoring import Scorers
from shoal.sweep.space import Space
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
    """

    problem: Problem
    space: Space
    base: Settings
    folds: tuple[data.Split, ...]
    seeds: tuple[int, ...]
    scorers: Scorers

    @property
    def facts(self) -> Facts:
        """What the defaults of a setting depend on."""
        return Facts(len(self.problem), self.problem.task, False, self.problem.image)

    def settings(self, values: Mapping[str, Any]) -> Settings:
        """Return the settings of a trial."""
        return settings_with(self.base, self.space.settings(values, self.base.given()))

    def keys(self, trial: int) -> list[Key]:
        """Return what tells the networks of a trial apart, in the order of `runs`."""
        return [(trial, fold, seed) for seed in self.seeds for fold in range(len(self.folds))]

    def runs(self, ask: Ask, states: Mapping[Key, Any]) -> list[Run]:
        """Return the networks of an ask, folds of a seed together."""
        settings, source = self.settings(ask.values), ask.trial if ask.parent is None else ask.parent
        return [
            Run(ask.trial, settings, fold, seed, ask.epochs, states.get((source, fold, seed)))
            for _, fold, seed in self.keys(ask.trial)
        ]


def settings_with(base: Settings, varied: Mapping[str, Any]) -> Settings:
    """Return settings with others in their place, checked as if a person had given them."""
    return Settings(**{**base.given(), **varied}).checked()
