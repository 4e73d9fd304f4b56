"""Searches without networks: spaces, objectives, and a loop that asks a strategy and tells it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from shoal.sweep.space import Choice, Condition, Constraint, Dimension, Range, Space
from shoal.sweep.strategy import Ask, Strategy, Told, strategy

EPOCHS = 27

LINE = Space((Dimension("learning_rate", Range(1e-4, 1.0, scale="log")),))

FINITE = Space(
    (
        Dimension("hidden", Choice(((64,), (128, 128), (32,)))),
        Dimension("dropout", Range(0.0, 0.3, step=0.1)),
    )
)

MIXED = Space(
    (
        Dimension("optimizer", Choice(("adam", "sgd", "rmsprop"))),
        Dimension("learning_rate", Range(1e-4, 1.0, scale="log")),
        Dimension("momentum", Range(0.0, 0.99)),
        Dimension("beta_1", Range(0.5, 0.99)),
        Dimension("hidden", Choice(((64,), (128, 128), (32,)))),
    ),
    conditions=(Condition("momentum", "optimizer == 'sgd'"), Condition("beta_1", "optimizer == 'adam'")),
    constraints=(Constraint("learning_rate < 0.5"),),
)

BRANIN = Space((Dimension("x", Range(-5.0, 10.0)), Dimension("y", Range(0.0, 15.0))))


def branin(values: dict[str, Any]) -> float:
    """Return minus the Branin function, which is highest at three points, with -0.397887."""
    x, y = values["x"], values["y"]
    parabola = y - 5.1 / (4 * np.pi**2) * x**2 + 5 / np.pi * x - 6
    return -(parabola**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x) + 10)


def conditional(values: dict[str, Any]) -> float:
    """Return a score of a `MIXED` setting: highest, 0, for sgd with its own rate and momentum."""
    base = {"sgd": 0.0, "adam": -0.3, "rmsprop": -0.6}[values["optimizer"]]
    rate = -((math.log10(values["learning_rate"]) + 2.2) ** 2)
    inner = 4 * (values.get("momentum", 0.3) - 0.3) ** 2 + (values.get("beta_1", 0.8) - 0.8) ** 2
    return base + rate - inner - 0.1 * (values["hidden"] != [128, 128])


def told_of(ask: Ask, objective: Callable[[dict[str, Any]], float | None]) -> Told:
    """Return what comes of a trial: the more epochs, the nearer to its final score."""
    epochs = ask.epochs or EPOCHS
    final = objective(ask.values)
    score = None if final is None else final - 1.0 / epochs
    parts = () if score is None else (score - 0.01, score + 0.01)
    return Told(ask.trial, score, epochs, None if score is None else 0.01, parts)


def begun(method: Any, space: Space = MIXED, *, trials: int | None = 20, seed: int = 0) -> Strategy:
    """Return a strategy with few epochs."""
    return strategy(method, space, trials=trials, max_epochs=EPOCHS, seed=seed)


def searched(
    search: Strategy, objective: Callable[[dict[str, Any]], float | None], batches: int = 100
) -> list[tuple[list[Ask], list[Told]]]:
    """Ask and tell to the end, or so often; return the log."""
    log = []
    while len(log) < batches and (asks := search.ask()):
        told = [told_of(ask, objective) for ask in asks]
        search.tell(told)
        log.append((asks, told))
    return log


def trials_of(log: Sequence[tuple[list[Ask], list[Told]]]) -> dict[int, Ask]:
    """Return each trial as it was asked for first."""
    found: dict[int, Ask] = {}
    for asks, _ in log:
        for ask in asks:
            found.setdefault(ask.trial, ask)
    return found


def best(log: Sequence[tuple[list[Ask], list[Told]]], objective: Callable[[dict[str, Any]], float]) -> float:
    """Return the highest final score among all settings tried."""
    return max(objective(ask.values) for ask in trials_of(log).values())
