"""The weights on the way: training in pauses, from one start with each of some optimizers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from shoal.errors import SettingError
from shoal.fitting.prepare import Prepared, prepare_all, recipe_of, spec_of
from shoal.fitting.problem import Problem
from shoal.fitting.transfer import start_of
from shoal.nets import network
from shoal.settings import Settings
from shoal.train.events import Finished
from shoal.train.loop import train
from shoal.train.population import Member
from shoal.train.results import NetResult
from shoal.train.view import View

PAUSES = 40
"""So many places of a path are seen; a pause costs some milliseconds."""


@dataclass(frozen=True, eq=False)
class TrainedPath:
    """Weights on the way of one training.

    Parameters
    ----------
    name : str
    epochs : tuple of int
    weights : tuple of mapping
        One for each of these epochs; the first are those before training.
    """

    name: str
    epochs: tuple[int, ...]
    weights: tuple[dict[str, np.ndarray], ...]


def trained_paths(
    problem: Problem, settings: Settings, optimizers: Sequence[str] = ()
) -> tuple[TrainedPath, ...]:
    """Train anew in pauses, with the optimizer of the settings or with each of some others.

    All start from the same weights and see the rows in the same order; a pause changes no bit of what is
    learnt.

    Parameters
    ----------
    problem : Problem
        The rows of the training.
    settings : Settings
    optimizers : sequence of str
        "sgd", or with a learning rate "sgd=0.1"; without one it takes the default of the optimizer.

    Raises
    ------
    SettingError
        If an optimizer is unknown or its rate is no number above 0.
    """
    alone = replace(settings, ensemble=Settings().ensemble, record="losses")
    asked = [_with_optimizer(alone, words) for words in optimizers] or [alone]
    ready, views = prepare_all(problem, asked, None, None)
    return tuple(_path(one, views, view) for one, view in ready)


def _with_optimizer(settings: Settings, words: str) -> Settings:
    name, _, rate = words.partition("=")
    given = {**settings.to_json(), "optimizer": name.strip(), "learning_rate": "auto"}
    if rate:
        try:
            given["learning_rate"] = float(rate)
        except ValueError:
            raise SettingError(
                f"Expected a learning rate behind '{name}=', as sgd=0.1. Got '{rate}'."
            ) from None
    return Settings.of(given)


def _path(ready: Prepared, views: list[View], view: int) -> TrainedPath:
    spec, settings = spec_of(ready), ready.settings
    recipe = recipe_of(ready)
    start = start_of(settings, spec, ready.target, (settings.seed,))
    member = Member(spec, recipe, view, settings.seed, start=start and start.weights)
    first = start.weights["params"] if start else network.init(spec, settings.seed, recipe.precision)[0]
    epochs, weights = [0], [dict(first)]
    going = member
    for until in _pauses(recipe.epochs):
        done = _trained_until(replace(going, until=until), views)
        epochs.append(done.epochs)
        weights.append(dict(done.state["params"]))
        if done.code != "paused":
            break
        going = replace(member, start=done.state)
    return TrainedPath(f"{recipe.optimizer} at {recipe.learning_rate:g}", tuple(epochs), tuple(weights))


def _trained_until(member: Member, views: list[View]) -> NetResult:
    *_, last = train([member], views, exact=True)
    assert isinstance(last, Finished)
    return last.results[0]


def _pauses(epochs: int) -> list[int]:
    """Return the epochs after which training pauses: all of them, or `PAUSES` spread evenly."""
    return np.unique(np.linspace(1, epochs, min(epochs, PAUSES)).round().astype(int)).tolist()
