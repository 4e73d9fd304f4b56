"""From an order to the question that a search answers, and to the strategy that answers it."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from shoal.cli.sweep.config import score_of_metric
from shoal.cli.sweep.kept import Score
from shoal.cli.sweep.order import SweepOrder
from shoal.data import read_table
from shoal.errors import FileError, SettingError, SettingNotice
from shoal.fitting.judging import folds_of
from shoal.fitting.outcome import task_named_by
from shoal.fitting.problem import Problem, problem_of
from shoal.model.fingerprint import fingerprint
from shoal.rules import Number
from shoal.settings import RULES, Settings
from shoal.sweep.method import Method, method_for
from shoal.sweep.question import Question
from shoal.sweep.scoring import NAMES, figures, names_for
from shoal.sweep.space import Space, default_space

BUDGET = 60.0
"""Seconds of a search of which nothing says how long it may last."""

_LONG = 600.0  # seconds from which there is time for settings that need programs of their own
_FEW, _MANY = 5_000, 50_000


@dataclass(frozen=True)
class Posed:
    """A table read, and what is asked of it."""

    order: SweepOrder
    frame: pl.DataFrame
    question: Question
    method: Method

    @property
    def score(self) -> Score:
        """What is searched by, as it is shown."""
        return Score(self.question.scorers.main)


def posed(order: SweepOrder) -> Posed:
    """Read the table, and decide all that the order leaves open.

    Raises
    ------
    ShoalError
        If the table or an option cannot be used.
    """
    frame = read_table(order.recipe.table, **order.recipe.reading)
    return posed_on(order, frame)


def taken_up(order: SweepOrder, path: str) -> Posed:
    """Read the table of an earlier sitting again.

    Raises
    ------
    FileError
        If it is another one by now.
    """
    frame = read_table(order.recipe.table, **order.recipe.reading)
    if order.data and fingerprint(frame) != order.data:
        raise FileError(
            f"The table '{order.recipe.table}' has changed since the sweep '{path}' began, and its results "
            "would not fit together; bring the old table back, or start a new sweep."
        )
    return posed_on(order, frame)


def posed_on(order: SweepOrder, frame: pl.DataFrame) -> Posed:
    """Return the question and the strategy for a table."""
    base = order.recipe.parsed_settings()
    problem = problem_on(order, frame, base)
    order = _decided(order, problem, base)
    question = question_on(order, problem, base)
    method = method_for(
        question,
        order.method,
        order.trials,
        order.max_epochs,
        share_of_budget(order),
        base.seed,
        tuple(order.pauses),
    )
    order = replace(
        order,
        method=method.strategy.resolved,
        reason=order.reason or method.strategy.reason,
        data=fingerprint(frame),
    )
    return Posed(order, frame, method.question, method)


def share_of_budget(order: SweepOrder) -> float | None:
    """Return the seconds of one search: with an outer cross-validation, one of several."""
    return None if order.budget is None else order.budget / (1 + (order.nested or 0))


def problem_on(order: SweepOrder, frame: pl.DataFrame, base: Settings) -> Problem:
    """Return the problem that the table sets: every row of it, for the folds judge."""
    recipe = order.recipe
    return problem_of(
        frame,
        recipe.targets[0] if len(recipe.targets) == 1 else list(recipe.targets),
        task=recipe.task or task_named_by(base),
        kinds=dict(recipe.kinds),
        drop=tuple(recipe.drop),
        weight=recipe.weight,
        group=recipe.group,
        time_column=recipe.time,
    )


def question_on(order: SweepOrder, problem: Problem, base: Settings) -> Question:
    """Return what is asked of a problem: all rows of a table, or those of an outer fold."""
    folds = folds_of(problem, base, int(order.folds or folds_for(len(problem))))
    seeds = tuple(base.seed + i for i in range(order.seeds))
    scores = figures(problem.task, tuple(order.scores))
    return Question(problem, Space.from_json(order.space or {"dimensions": []}), base, folds, seeds, scores)


def folds_for(rows: int) -> int:
    """Return the folds of a table where nobody says how many.

    Of few rows each test part is small and its score mostly chance, so there are five. Of many a score is
    sure enough after a few parts, and what counts is the time: two folds cost as much as one training on all
    rows, three twice, five four times as much.

    Examples
    --------
    >>> folds_for(344), folds_for(20_000), folds_for(100_000)
    (5, 3, 2)
    """
    return 5 if rows < _FEW else 3 if rows < _MANY else 2


def _decided(order: SweepOrder, problem: Problem, base: Settings) -> SweepOrder:
    """Fill in what an order leaves open: space, folds, scores, and how long it may last."""
    space = space_for(order, problem, base)
    names = figures(problem.task, _scores(order, problem.task)).names
    budget = order.budget
    if budget is None and order.trials is None and not _ends_by_itself(order.method, space):
        budget = BUDGET
    return replace(
        order,
        space=space.to_json(),
        folds=order.folds or folds_for(len(problem)),
        scores=tuple(NAMES.get(name, name) for name in names),
        budget=budget,
        facts={"rows": len(problem), "task": problem.task, "limits": limits_of(space)},
    )


def limits_of(space: Space) -> dict[str, Any]:
    """Return what the numbers that vary may be at most, for what is proposed to be tried next."""
    names = ("low", "high", "low_open", "high_open", "integer")
    rules = {name: RULES[name] for name in space.names if isinstance(RULES.get(name), Number)}
    found = {name: {n: getattr(rule, n) for n in names} for name, rule in rules.items()}
    return {name: {n: v for n, v in one.items() if v != math.inf} for name, one in found.items()}


def _scores(order: SweepOrder, task: str) -> tuple[str, ...]:
    """Return the scores that an order asks for; another tool's name of one is told if it means none."""
    usual = figures(task).names
    if order.scores or order.metric is None:
        return tuple(order.scores)
    found = score_of_metric(order.metric, names_for(task), usual[0])
    if found is None:
        warnings.warn(
            f"The metric '{order.metric}' is no score that shoal knows of a {task} target; it searches by "
            f"{usual[0]}. --score names another one.",
            SettingNotice,
            stacklevel=2,
        )
    return tuple(dict.fromkeys((found or usual[0], *usual)))


def _ends_by_itself(method: Any, space: Space) -> bool:
    """Return whether a search has an end of its own: a grid, or a space that fits into one."""
    kind = method if isinstance(method, str) else method.get("kind")
    if space.size is None:
        return kind == "manual" or (kind == "grid" and not isinstance(method, str))
    return kind in ("grid", "manual") or (kind == "auto" and space.size <= 64)


def space_for(order: SweepOrder, problem: Problem, base: Settings) -> Space:
    """Return what varies: what the order says, or a good space for the table.

    Raises
    ------
    SettingError
        If a setting varies and is fixed at once.
    """
    if order.space is None:
        thorough = order.budget is not None and order.budget >= _LONG
        image = problem.image or False
        return default_space(problem.task, len(problem), image, settings=base.given(), thorough=thorough)
    space = Space.from_json(order.space)
    for name in order.recipe.settings:
        if name in space.names:
            raise SettingError(
                f"Expected the setting '{name}' either to vary or to be fixed. Got both; leave it out of "
                "--set, or of the file."
            )
    return space
