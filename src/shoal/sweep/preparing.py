"""The problem made ready for every run: settings decided, rows kept aside within the fold, tables encoded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from shoal import data
from shoal.errors import SettingError
from shoal.fitting.calibrating import refuse_uncalibrated
from shoal.fitting.defaults import Facts, resolved
from shoal.fitting.epochs_by_folds import BY_FOLDS
from shoal.fitting.learning_rate import decided, rates_found
from shoal.fitting.prepare import Prepared, prepare_all
from shoal.fitting.problem import Problem
from shoal.settings import Settings
from shoal.sweep.runs import Run
from shoal.train.view import View


def prepared(
    problem: Problem, runs: Sequence[Run], folds: Sequence[data.Split]
) -> tuple[list[tuple[Prepared, int]], list[Settings], list[View]]:
    """Return what each run trains on, its settings as given, and the views of the data.

    Raises
    ------
    SettingError
        If settings ask for folds within the folds.
    """
    seeded: dict[tuple[int, int], Settings] = {}
    for run in runs:
        if (id(run.settings), run.seed) not in seeded:
            seeded[id(run.settings), run.seed] = run.settings.changed(seed=run.seed)
    given = [seeded[id(run.settings), run.seed] for run in runs]
    for s in seeded.values():
        if s.epochs == BY_FOLDS:
            raise SettingError(
                "Expected a number of epochs in a search, whose folds would be folded again. Got "
                "epochs='cv'; "
                "leave it out, the network that is kept trains as long as its folds did."
            )
    facts = Facts(len(problem), problem.task, False, problem.image)
    done = {id(s): resolved(s, facts) for s in seeded.values()}
    known: dict[Any, data.Split] = {}
    splits = [_inner(problem, run, done[id(s)], folds, known) for run, s in zip(runs, given, strict=True)]
    ready, views = _in_step(*_encoded([run.problem or problem for run in runs], given, splits))
    for s, (one, _) in zip(given, ready, strict=True):
        refuse_uncalibrated(s, problem, one.view.valid, by_folds=False)
    return ready, given, views


def _encoded(
    problems: Sequence[Problem], given: Sequence[Settings], splits: Sequence[data.Split]
) -> tuple[list[tuple[Prepared, int]], list[View]]:
    """Return what each run trains on and the views; runs of the same table are prepared together."""
    places: dict[int, list[int]] = {}
    for i, problem in enumerate(problems):
        places.setdefault(id(problem), []).append(i)
    found: dict[int, tuple[Prepared, int]] = {}
    views: list[View] = []
    for own in places.values():
        problem, settings, parts = problems[own[0]], [given[i] for i in own], [splits[i] for i in own]
        rates = rates_found(problem, settings, valid=None, folds=parts, starts=None, on_event=None)
        ready, seen = prepare_all(problem, decided(settings, rates), None, parts)
        found |= {i: (one, len(views) + view) for i, (one, view) in zip(own, ready, strict=True)}
        views += seen
    return [found[i] for i in range(len(problems))], views


def _in_step(
    ready: Sequence[tuple[Prepared, int]], views: Sequence[View]
) -> tuple[list[tuple[Prepared, int]], list[View]]:
    """Give folds as many steps as the largest of their kind takes: they share a program, and none waits for
    more.

    The network that is kept in the end is trained on more rows, by a program of its own.
    """
    shares = {view: one.settings.validation for one, view in ready}
    largest: dict[float, int] = {}
    for view, share in shares.items():
        largest[share] = max(largest.get(share, 0), len(views[view].train))
    views = [replace(view, whole=largest[shares[i]]) for i, view in enumerate(views)]
    return [(replace(one, view=views[view]), view) for one, view in ready], views


def _inner(
    problem: Problem,
    run: Run,
    s: Settings,
    folds: Sequence[data.Split],
    known: dict[Any, data.Split],
) -> data.Split:
    """Return the split of a run: rows to stop early by are taken from the training rows of its fold."""
    fold = folds[run.fold]
    if len(fold.valid):
        return fold
    name = (run.fold, s.validation, s.split, s.seed) if s.validation else (run.fold, 0.0)
    if name not in known:
        known[name] = _kept_aside(problem, fold, s) if s.validation else fold
    return known[name]


def _kept_aside(problem: Problem, fold: data.Split, s: Settings) -> data.Split:
    rows = problem.take(fold.train)
    split = data.split_rows(
        len(rows),
        method=s.split,
        validation=s.validation,
        labels=rows.labels(),
        groups=rows.groups,
        time=rows.time,
        seed=s.seed,
    )
    return data.Split(fold.train[split.train], fold.train[split.valid], fold.test)
