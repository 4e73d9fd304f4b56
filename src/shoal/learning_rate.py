"""Finding a learning rate: a range test with several seeds at once, then trials around what it shows."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from shoal import data
from shoal.errors import SettingError
from shoal.judging import held_out
from shoal.prepare import Prepared, prepare, recipe_of, spec_of
from shoal.problem import Problem
from shoal.rate_finding import RateFinding
from shoal.rules import Number, check
from shoal.settings import Settings
from shoal.train.population import Member
from shoal.train.rate_finder import smoothed, steepest, sweep, usable, valley
from shoal.train.rate_trials import Trials, rounded, trials
from shoal.train.view import Batchable, View

LOWEST, HIGHEST, STEPS = 1e-7, 10.0, 100
"""Ends and length of the range test, as fastai's."""
_LEAST_STEPS = 10
SEEDS = tuple(range(5))
MOST_ROWS = 20_000
"""Training rows of a trial, and twice its validation rows; of a larger table as many are drawn."""


def find_rate(
    problem: Problem,
    settings: Settings,
    *,
    seeds: Sequence[int] = SEEDS,
    valid: Problem | None = None,
    split: data.Split | None = None,
    start: Mapping[str, Any] | None = None,
    lowest: float = LOWEST,
    highest: float = HIGHEST,
    steps: int = STEPS,
    try_out: bool = True,
    compare: bool = True,
) -> RateFinding:
    """Find the learning rate for a recipe on a problem; everything else of the recipe is as it is.

    Parameters
    ----------
    problem : Problem
    settings : Settings
        As given; its learning rate plays no part.
    seeds : sequence of int
        Initial weights, orders of rows and dropout of the networks that search; the split is that of the
        settings.
    valid, split
        As for `shoal.pipeline.fit`.
    start : mapping, optional
        ``"params"`` and ``"running"`` of a network that is to be trained on.
    lowest, highest : float
    steps : int
        Ends and length of the range test.
    try_out : bool
        Whether to train with rates around the valley; without, the valley itself is suggested.
    compare : bool
        Whether to train with the steepest and the valley point too.
    """
    started = time.perf_counter()
    ready = prepare(problem, replace(settings, learning_rate="default"), valid=valid, split=split)
    members = _members(ready, seeds, start)
    rates = np.geomspace(lowest, highest, steps)
    losses = sweep(members, [ready.view], rates)
    smooth = smoothed(losses)
    points = {
        name: np.array([point(*usable(rates, row)) for row in smooth])
        for name, point in (("steepest", steepest), ("valley", valley))
    }
    middle = {name: rounded(float(np.median(values))) for name, values in points.items()}
    tried, each = None, points["valley"]
    if try_out:
        besides = list(middle.values()) if compare else ()
        tried = trials(*_judged(problem, ready, members), middle["valley"], besides)
        each = tried.best_of_each()
    return RateFinding(
        suggestion=tried.best() if tried else middle["valley"],
        interval=_ends(each),
        **middle,
        **{f"{name}_interval": _ends(values) for name, values in points.items()},
        rates=rates,
        losses=smooth,
        batch_losses=losses,
        seeds=tuple(seeds),
        **_tried(tried, len(seeds)),
        seconds=time.perf_counter() - started,
    )


def _members(ready: Prepared, seeds: Sequence[int], start: Mapping[str, Any] | None) -> list[Member]:
    weights = None if start is None else {name: start[name] for name in ("params", "running")}
    return [Member(spec_of(ready), recipe_of(ready), 0, seed, start=weights) for seed in seeds]


def _judged(problem: Problem, ready: Prepared, members: Sequence[Member]) -> tuple[list[Member], list[View]]:
    """Give each member rows that judge it: those of the settings, or another part of the rows for each."""
    if ready.view.valid is not None and len(ready.view.valid):
        return list(members), [_drawn(ready.view)]
    rows = ready.split.train
    parts = held_out(problem.take(rows), ready.settings)
    views = [_drawn(_part(ready.view, part)) for part in parts] or [
        replace(ready.view, valid=ready.view.train)
    ]
    return [replace(member, view=i % len(views)) for i, member in enumerate(members)], views


def _part(view: View, part: data.Split) -> View:
    """Return a view of some rows, judged on the others, with as many steps as the whole."""
    return View(view.train.take(part.train), view.train.take(part.test), whole=view.whole or len(view.train))


def _drawn(view: View) -> View:
    """Return a view of at most `MOST_ROWS` rows."""
    assert view.valid is not None
    if max(len(view.train), 2 * len(view.valid)) <= MOST_ROWS:
        return view
    return View(_some(view.train, MOST_ROWS), _some(view.valid, MOST_ROWS // 2))


def _some(rows: Batchable, most: int) -> Batchable:
    if len(rows) <= most:
        return rows
    return rows.take(np.sort(np.random.default_rng(0).permutation(len(rows))[:most]))


def _ends(values: np.ndarray) -> tuple[float, float]:
    return rounded(float(values.min())), rounded(float(values.max()))


def _tried(found: Trials | None, seeds: int) -> dict[str, Any]:
    if found is None:
        return {"trial_rates": np.zeros(0), "trial_losses": np.zeros((seeds, 0))}
    return {"trial_rates": found.rates, "trial_losses": found.losses, "trainings": found.trainings}


def refuse_wrong_range(owner: str, lowest: float, highest: float, steps: int) -> None:
    """Refuse a range test that is none.

    Raises
    ------
    SettingError
        If a number is out of its range, or the rate would not rise.
    """
    check(owner, "lowest", lowest, Number(0, low_open=True))
    check(owner, "highest", highest, Number(0, low_open=True))
    check(owner, "steps", steps, Number(_LEAST_STEPS, integer=True))
    if not lowest < highest:
        raise SettingError(
            f"Expected lowest < highest for the range test. Received: lowest={lowest:g}, highest={highest:g}."
        )
