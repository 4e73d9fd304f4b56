"""All checks of a recipe on a problem, with several seeds at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from shoal.fitting.judging import held_out
from shoal.fitting.prepare import Prepared, prepare, recipe_of, spec_of
from shoal.fitting.problem import Problem
from shoal.lens.flow import every_layer_learns, losses_are_numbers, no_rate_no_change, rows_keep_apart
from shoal.lens.learning import batches_are_mixed, inputs_beat_zeros, one_batch_by_heart
from shoal.lens.start import loss_at_start
from shoal.lens.subject import Subject
from shoal.lens.verdict import Check, CheckReport
from shoal.settings import Settings
from shoal.train.population import Member
from shoal.train.view import View

CHECKS: tuple[Callable[[Subject], Check], ...] = (
    loss_at_start,
    rows_keep_apart,
    every_layer_learns,
    losses_are_numbers,
    no_rate_no_change,
    batches_are_mixed,
    one_batch_by_heart,
    inputs_beat_zeros,
)
"""In the order in which they are told; the quick ones first."""


def checked_recipe(
    problem: Problem, settings: Settings, *, seeds: Sequence[int], valid: Problem | None = None
) -> CheckReport:
    """Check a recipe on a problem.

    Parameters
    ----------
    problem : Problem
    settings : Settings
        As given; ``learning_rate="auto"`` stands for the recipe's own rate here.
    seeds : sequence of int
        Of the networks that are checked.
    valid : Problem, optional
        Validation rows handed in.
    """
    started = time.perf_counter()
    plain = replace(settings, learning_rate="default") if settings.learning_rate == "auto" else settings
    ready = prepare(problem, plain, valid=valid)
    subject = subject_of(ready, problem, seeds)
    found = tuple(check(subject) for check in CHECKS)
    return CheckReport(found, subject.seeds, time.perf_counter() - started)


def subject_of(ready: Prepared, problem: Problem, seeds: Sequence[int]) -> Subject:
    """Return what is checked; where the settings keep no validation rows, a fifth of the rows validates."""
    spec, recipe = spec_of(ready), recipe_of(ready)
    members = tuple(Member(spec, recipe, 0, int(seed)) for seed in seeds)
    return Subject(members, _judged(ready, problem), frozen=ready.settings.frozen is not None)


def _judged(ready: Prepared, problem: Problem) -> View:
    view = ready.view
    if view.valid is not None and len(view.valid):
        return view
    parts = held_out(problem.take(ready.split.train), ready.settings)
    if not parts:  # too few rows: they judge themselves
        return replace(view, valid=view.train)
    part = parts[0]
    return View(view.train.take(np.sort(part.train)), view.train.take(part.test))
