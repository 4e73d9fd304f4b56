"""Finding a learning rate: a range test with several seeds at once, then trials around what it shows."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from shoal import data
from shoal.errors import SettingError
from shoal.fitting.judging import held_out
from shoal.fitting.prepare import Prepared, prepare, recipe_of, spec_of
from shoal.fitting.problem import Problem
from shoal.fitting.transfer import start_of
from shoal.history.rate_finding import RateFinding
from shoal.model.model import Model
from shoal.rules import Number, check
from shoal.settings import Settings
from shoal.train.events import Event, SeekingRate
from shoal.train.optimizers import OPTIMIZERS
from shoal.train.population import Member
from shoal.train.rate_finder import smoothed, steepest, sweep, usable, valley
from shoal.train.rate_trials import Trials, rounded, trials
from shoal.train.view import Batchable, View

LOWEST, HIGHEST, STEPS = 1e-7, 10.0, 100
"""Ends and length of the range test, as fastai's."""
_LEAST_STEPS = 10
SEEDS = tuple(range(5))
_AUTO_SEEDS = 3  # that search for learning_rate='auto'
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
    _refuse_line_search(members[0])
    rates = np.geomspace(lowest, highest, steps)
    # A rate is what the setting is to be; networks take it times what base_batch_size makes of it.
    scale = members[0].recipe.learning_rate / ready.settings.learning_rate
    losses = sweep(members, [ready.view], rates * scale)
    smooth = smoothed(losses)
    points = {
        name: np.array([point(*usable(rates, row)) for row in smooth])
        for name, point in (("steepest", steepest), ("valley", valley))
    }
    middle = {name: rounded(float(np.median(values))) for name, values in points.items()}
    tried, each = None, points["valley"]
    if try_out:
        besides = list(middle.values()) if compare else ()
        tried = trials(*_judged(problem, ready, members), middle["valley"], besides, scale)
        each = np.append(tried.best_of_each(), tried.best())
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


def _refuse_line_search(member: Member) -> None:
    settings = {**OPTIMIZERS[member.recipe.optimizer].defaults, **dict(member.recipe.optimizer_settings)}
    if settings.get("search_steps", 0) > 0:
        raise SettingError(
            f"The optimizer '{member.recipe.optimizer}' searches the length of each step itself, so there is "
            "no learning rate to find: leave learning_rate at 'default'."
        )


def _members(ready: Prepared, seeds: Sequence[int], start: Mapping[str, Any] | None) -> list[Member]:
    spec = spec_of(ready)
    if start is None:  # or from the weights of a saved network, as far as its layers fit
        taken = start_of(ready.settings, spec, ready.target, seeds)
        start = taken and taken.weights
    weights = [None] * len(seeds)
    if start is not None:
        nets = [start, *start.get("others", ())]
        firsts = [{name: net[name] for name in ("params", "running")} for net in nets]
        weights = [firsts[i % len(firsts)] for i in range(len(seeds))]
    return [
        Member(spec, recipe_of(ready), 0, seed, start=first)
        for seed, first in zip(seeds, weights, strict=True)
    ]


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


def rates_found(
    problem: Problem,
    settings: Sequence[Settings],
    *,
    valid: Problem | None = None,
    folds: Sequence[data.Split] | None = None,
    starts: Sequence[Mapping[str, Any] | None] | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> list[RateFinding | None]:
    """Find the rate of every network with ``learning_rate="auto"``; None for the others.

    It is found once for each recipe and part of the data, with seeds of its own, so that a network's rate
    depends neither on its seed nor on its neighbours. The parameters are those of `shoal.pipeline.fit`.
    """
    seeking = {repr(replace(one, seed=0)) for one in settings if one.learning_rate == "auto"}
    if seeking and on_event is not None:
        on_event(SeekingRate(len(seeking)))
    known: dict[tuple, RateFinding] = {}
    found: list[RateFinding | None] = []
    for i, one in enumerate(settings):
        if one.learning_rate != "auto":
            found.append(None)
            continue
        split, start = folds[i] if folds else None, _weights_of(starts[i] if starts else None)
        plain = replace(one, learning_rate="default", seed=0)
        name = (repr(plain), id(split) if folds else None, i if start else None)
        if name not in known:
            told = {"valid": valid, "split": split, "start": start}
            known[name] = find_rate(problem, plain, seeds=SEEDS[:_AUTO_SEEDS], compare=False, **told)
        found.append(known[name])
    return found


def decided(settings: Sequence[Settings], found: Sequence[RateFinding | None]) -> list[Settings]:
    """Return the settings with the rates that were found."""
    return [
        one if rate is None else replace(one, learning_rate=rate.suggestion)
        for one, rate in zip(settings, found, strict=True)
    ]


def noted(model: Model, found: RateFinding | None) -> Model:
    """Return the model with what was found in its history's notes and in its provenance."""
    if found is None:
        return model
    model.history.notes.append(found.in_words())
    told = {name: value for name, value in found.to_json().items() if name not in ("rates", "losses")}
    return replace(model, provenance={**model.provenance, "learning_rate": told})


def _weights_of(start: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return weights to search from; a run that goes on was begun with the rate of its first weights."""
    return None if start is None or "epoch" in start else start


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
