"""The model that a sweep leaves: the best settings learnt from every row, judged without flattery."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from shoal.cli.sweep.kept import Kept
from shoal.cli.sweep.posing import Posed
from shoal.cli.sweep.verdict import Standing, standing
from shoal.errors import TrainingError
from shoal.fitting.endings import refuse_fruitless
from shoal.model.model import Model
from shoal.model.provenance import provenance
from shoal.pipeline import fit
from shoal.settings import Settings
from shoal.sweep.question import Question
from shoal.sweep.refit import refit_settings
from shoal.sweep.trials import Trial
from shoal.train.events import Interrupted


@dataclass(frozen=True)
class Refitted:
    """A trial's settings, trained on all rows."""

    trial: Trial
    settings: Settings
    model: Model


def settings_of(question: Question, trial: Trial) -> Settings:
    """Return the settings with which a trial's network is trained on all rows."""
    settings = question.settings(trial.values)
    changed = refit_settings(question.problem, settings, trial)
    return replace(settings, **changed).checked()


def refitted(
    question: Question, trial: Trial, on_event: Callable[[object], object] | None = None
) -> Refitted:
    """Train a trial's settings on all rows.

    Raises
    ------
    KeyboardInterrupt
        If Ctrl-C ends it: half a training is no model of these settings.
    TrainingError
        If it diverged on all rows.
    """
    settings = settings_of(question, trial)

    def watch(event: object) -> None:
        if isinstance(event, Interrupted):
            raise KeyboardInterrupt
        if on_event is not None:
            on_event(event)

    [(model, result, ready)] = fit(question.problem, [settings], on_event=watch)
    refuse_fruitless(result, ready.settings)
    return Refitted(trial, settings, model)


def judged(posed: Posed, kept: Kept, made: Refitted, nested: list[float] | None = None) -> Model:
    """Return the model with what is known of it: where it comes from, and what it is worth.

    Its figure is the mean of the folds less the luck of being the best of many, or the mean over the outer
    folds of a nested cross-validation, where luck has no part.
    """
    order, frame = posed.order, posed.frame
    facts = provenance(frame, seed=made.settings.seed, source=_source(order.recipe.table))
    own = {name: made.model.provenance[name] for name in ("settings", "rows", "tile")}
    told = {"trial": made.trial.number, "trials": len(kept.trials), "method": order.method}
    found = {**made.model.provenance, **facts, **own, "sweep": told}
    scores = _of_nested(kept, nested, len(frame)) if nested else _of_folds(kept, made.trial, len(frame))
    return replace(made.model, provenance=found, scores=scores)


def best_of(kept: Kept) -> Trial:
    """Return the best trial.

    Raises
    ------
    TrainingError
        If no trial came to anything.
    """
    best = kept.best()
    if best is None and kept.trials:
        raise TrainingError(
            "There is no best trial: every one diverged. Search lower learning rates, or fix what makes them "
            "diverge."
        )
    if best is None:
        raise TrainingError(
            "There is no best trial: none was finished. Give the search more time: shoal sweep resume RUN "
            "--budget 5m."
        )
    return best


def _of_folds(kept: Kept, trial: Trial, rows: int) -> dict[str, Any]:
    found = standing(kept)
    folds = len(kept.plan["folds"])
    method = f"{folds}-fold cross-validation"
    if found is None or found.finalists[0].number != trial.number:
        value = kept.main.figure(trial.score)
        return _scores(kept, rows, method, {"value": value, "low": None, "high": None})
    if math.isnan(found.verdict.fair_score):
        value = kept.main.figure(trial.score)
        return _scores(kept, rows, method, {"value": value, "low": None, "high": None})
    luck = f"{method}, less the luck of being the best of {found.verdict.trials} settings"
    return _scores(kept, rows, luck, fair_of(found))


def fair_of(found: Standing) -> dict[str, Any]:
    """Return the fair figure of the best trial as models keep figures."""
    return {**found.fair, "method": "empirical Bayes"}


def _of_nested(kept: Kept, nested: list[float], rows: int) -> dict[str, Any]:
    low, high = interval_of(nested)
    ends = kept.main.bounds(low, high)
    figure = {"value": kept.main.figure(float(np.mean(nested))), "low": ends[0], "high": ends[1]}
    method = f"nested cross-validation, the whole search done again in each of {len(nested)} outer folds"
    return _scores(kept, rows, method, {**figure, "method": "t"})


def interval_of(scores: list[float]) -> tuple[float, float]:
    """Return the interval of 95 % of a mean over folds, widened for the overlap of their training rows.

    References
    ----------
    Nadeau and Bengio, *Inference for the generalization error*, Machine Learning 52, 2003.
    """
    from scipy.stats import t

    count = len(scores)
    error = math.sqrt((1 / count + 1 / (count - 1)) * float(np.var(scores, ddof=1)))
    half = float(t.ppf(0.975, count - 1)) * error
    return float(np.mean(scores)) - half, float(np.mean(scores)) + half


def _scores(kept: Kept, rows: int, method: str, figure: Mapping[str, Any]) -> dict[str, Any]:
    return {"rows": rows, "level": 0.95, "method": method, "figures": {kept.main.name: dict(figure)}}


def _source(path: str) -> str:
    from pathlib import Path

    return Path(path).name
