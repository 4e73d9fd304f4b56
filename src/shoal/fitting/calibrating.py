"""When a network's temperature is fitted, on which rows, and on which rows it is told what that does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from shoal.errors import SettingError
from shoal.fitting.judging import Plan
from shoal.fitting.problem import Problem
from shoal.model.calibration import FEWEST, before_and_after, calibration_of, cross_fitted
from shoal.model.model import Model
from shoal.nets.heads import by_class
from shoal.settings import Settings
from shoal.train.view import Batchable

if TYPE_CHECKING:
    from shoal.fitting.prepare import Prepared


def refuse_uncalibrated(
    settings: Settings, problem: Problem, valid: Batchable | None, by_folds: bool
) -> None:
    """Refuse to calibrate where there is nothing to calibrate, or no rows to do it with.

    Parameters
    ----------
    settings : Settings
    problem : Problem
    valid : Batchable or None
        Validation rows.
    by_folds : bool
        Whether networks trained beside this one will have predicted rows that they had not seen.

    Raises
    ------
    SettingError
        If ``calibrate`` is True; "auto" calibrates by folds, where there are any.
    """
    if settings.calibrate is not True:
        return
    if problem.task == "regression":
        raise SettingError(
            "The 'calibrate' setting needs classes, which have probabilities. The target is a quantity."
        )
    rows = 0 if valid is None else int((valid.weight > 0).sum())
    if rows < FEWEST and not by_folds:
        raise SettingError(
            f"The 'calibrate' setting needs at least {FEWEST} validation rows. There are {rows}: set "
            "validation to a share such as 0.2, hand in validation rows, or calibrate afterwards with rows "
            "that did not train."
        )


def calibrated(
    model: Model, given: Settings, ready: Prepared, problem: Problem, valid: Problem | None
) -> Model:
    """Return the model calibrated on its validation rows, if that is asked for and can be.

    "auto" leaves it alone: on tables that are large enough for validation rows it was measured to gain
    nothing on average, and it costs a population of thousands of networks seconds.

    Parameters
    ----------
    model : Model
    given : Settings
        As given.
    ready : Prepared
        Settings and split of its network.
    problem : Problem
        All rows of the split.
    valid : Problem or None
        Validation rows that were handed in.
    """
    if given.calibrate is not True or model.target.task == "regression":
        return model
    rows = valid if valid is not None else problem.take(ready.split.valid)
    if len(rows) < FEWEST:
        return model
    found = calibration_of(*_seen(model, rows), fitted_on="validation rows")
    return replace(model, temperature=found["temperature"], scores={"calibration": found})


def calibrated_as_planned(
    plan: Plan, problem: Problem, done: Sequence[tuple], other: Problem | None
) -> tuple[list[tuple], dict[str, Any]]:
    """Calibrate what `shoal.pipeline.fit` returned by its folds, and tell what calibration does to test rows.

    A network that learnt from every row has no rows left to be calibrated on; the networks of the folds
    stand in for it: its temperature is that of their predictions for the rows that they did not see. Each of
    them takes the temperature of the others, so that the figures they give are those of new rows.

    Returns
    -------
    done : list
        With the temperatures.
    scores : dict
        ``{"calibration": ...}`` as `shoal.model.calibration.calibration_of` gives it; empty without one.
    """
    model, _, ready = done[0]
    if ready.settings.calibrate not in (True, "auto") or model.target.task == "regression":
        return list(done), {}
    if plan.folds:
        models = [one for one, _, _ in done[1:]]
        parts = [problem.take(fold.test) for fold in plan.folds]
        if sum(_heavy(part) for part in parts) < FEWEST and ready.settings.calibrate == "auto":
            return list(done), {}
        seen = [_seen(one, part) for one, part in zip(models, parts, strict=True)]
        temperatures, found = _by_folds(models, seen)
        temperatures = [found["temperature"], *temperatures]
        changed = [
            (replace(one[0], temperature=t), *one[1:]) for one, t in zip(done, temperatures, strict=True)
        ]
        return changed, {"calibration": found}
    found = model.scores.get("calibration")
    rows = other if other is not None else problem.take(plan.test)
    if found and len(rows):
        told = before_and_after(*_seen(model, rows), model.temperature)
        found = {**found, "measured_on": "test table" if other is not None else "test rows", **told}
    return list(done), {"calibration": found} if found else {}


def _heavy(rows: Problem) -> int:
    """Return how many rows have weight."""
    return len(rows) if rows.weight is None else int((rows.weight > 0).sum())


def _by_folds(models: Sequence[Model], seen: Sequence[_Seen]) -> tuple[list[float], dict[str, Any]]:
    """Return the temperature of each network, which the others ask for, and what the common one does."""
    head, outputs = seen[0].head, np.concatenate([one.logits for one in seen])
    truth, weight = np.concatenate([one.truth for one in seen]), _weights(seen)
    part = np.repeat(np.arange(len(seen)), [len(one.logits) for one in seen])
    rows = f"rows that each of {len(seen)} networks had not seen"
    found = calibration_of(head, outputs, truth, weight, part=part, fitted_on=rows)
    each = cross_fitted(head, outputs, truth, weight, part)
    return [float(each[part == i][0]) for i in range(len(models))], found


class _Seen(NamedTuple):
    """Logits of rows that a network had not seen, as `fit_temperature` takes them, with truth and weights."""

    head: str
    logits: np.ndarray
    truth: np.ndarray
    weight: np.ndarray | None


def _seen(model: Model, rows: Problem) -> _Seen:
    head, logits = by_class(model.spec.head, model.raw(rows.frame))
    return _Seen(head, logits, model.target.encode(rows.answers), rows.weight)


def _weights(seen: Sequence[_Seen]) -> np.ndarray | None:
    found = [one.weight for one in seen if one.weight is not None]
    return np.concatenate(found) if found else None
