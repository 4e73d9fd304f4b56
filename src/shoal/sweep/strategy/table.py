"""All strategies in one table: what each is called, takes, and is good for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType

from shoal.rules import Number, Rule
from shoal.sweep.strategy.asking import Batches
from shoal.sweep.strategy.trials import Task

_COUNT = Number(1, integer=True)
_BATCH: dict[str, Rule | None] = {"batch": _COUNT}
_MODEL: dict[str, Rule | None] = {"batch": _COUNT, "startup": _COUNT}
_FACTOR: dict[str, Rule | None] = {
    "factor": Number(1, low_open=True),
    "min_epochs": Number(1, integer=True, none=True),
}


@dataclass(frozen=True)
class Kind:
    """One strategy.

    Parameters
    ----------
    name : str
    title : str
        Its name in words.
    suits : str
        When to take it.
    module : str
        Where its ``batches(task)`` lives, and its ``remark(task)`` if it has something to say; imported when
        it is used, so that naming it wakes nothing.
    options : dict
        What may be given, with the rule of each; None is checked where it is used.
    whole : bool
        Whether it asks for whole trainings, which early termination can cut short.
    seeded : bool
        Whether another seed gives another search.
    """

    name: str
    title: str
    suits: str
    module: str
    options: dict[str, Rule | None] = field(default_factory=dict)
    whole: bool = True
    seeded: bool = True

    def begin(self, task: Task) -> Batches:
        """Return the generator of its batches."""
        begin: Callable[[Task], Batches] = self._home().batches
        return begin(task)

    def remark(self, task: Task) -> str:
        """Return what the strategy has to say about its task, if anything."""
        say: Callable[[Task], str] | None = getattr(self._home(), "remark", None)
        return "" if say is None else say(task)

    def _home(self) -> ModuleType:
        return import_module(f"shoal.sweep.strategy.{self.module}")


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "manual",
            "coordinate search",
            "a handful of settings that you want to understand one by one",
            "manual",
            {"start": None, "points": Number(2, integer=True)},
            seeded=False,
        ),
        Kind(
            "grid",
            "grid search",
            "few dimensions with few values, all of which you want to see",
            "grid",
            {"points": None, **_BATCH},
        ),
        Kind(
            "random",
            "random search",
            "a first look at many dimensions, and a yardstick for everything else",
            "random",
            _BATCH,
        ),
        Kind(
            "halving",
            "successive halving",
            "many settings of which most show early that they are bad",
            "halving",
            {"settings": _COUNT, **_FACTOR},
            whole=False,
        ),
        Kind(
            "hyperband",
            "Hyperband",
            "many settings, when it is not known how early a bad one shows",
            "hyperband",
            _FACTOR,
            whole=False,
        ),
        Kind(
            "tpe",
            "tree-structured Parzen estimators (Optuna)",
            "thirty to a thousand trials, conditions and choices among the dimensions",
            "optuna_tpe",
            _MODEL,
        ),
        Kind(
            "gp",
            "Gaussian process",
            "twenty to a hundred and fifty trials of up to some twenty dimensions",
            "gaussian_process",
            _MODEL,
        ),
        Kind(
            "genetic",
            "genetic algorithm",
            "hundreds of trials in a rugged space of many choices",
            "genetic",
            {
                "population": Number(2, integer=True),
                "mutation": Number(0, 1, low_open=True, none=True),
                "tournament": _COUNT,
                "elite": Number(0, 1),
            },
        ),
        Kind(
            "pbt",
            "population-based training",
            "settings that should change while a network trains, such as its learning rate",
            "population_based",
            {
                "population": Number(2, integer=True),
                "every": _COUNT,
                "quantile": Number(0, 0.5, low_open=True),
                "resample": Number(0, 1),
            },
            whole=False,
        ),
    )
}
"""The strategies by name. "bayes" and "auto" choose one of them."""
