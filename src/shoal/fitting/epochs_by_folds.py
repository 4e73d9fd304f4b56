"""``epochs="cv"``: how long to train is found by cross-validation, then every row trains for so long.

Each fold's network stops early on the rows of its fold. The number of epochs is the *median* of their best
ones: one fold that happens to be hard, or easy, moves a mean but not the median (Prechelt, "Early stopping -
but when?", 1998, on how far single validation curves scatter). The network that is kept then trains on
all rows, its schedule as long as that number. A fold's epoch has as many steps as the whole table's, so that
an epoch here is as much training as an epoch there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from shoal import data
from shoal.errors import SettingError
from shoal.fitting.endings import refuse_fruitless
from shoal.fitting.judging import FOLDS, held_out, judged_by_folds
from shoal.fitting.prepare import Prepared
from shoal.fitting.problem import Problem
from shoal.model.model import Model
from shoal.settings import Settings
from shoal.train.events import Event, Interrupted
from shoal.train.results import NetResult

Fitted = tuple[Model, NetResult, Prepared]
Fit = Callable[..., list[Fitted]]

BY_FOLDS = "cv"

_STOPPED = {"stop_loss": None, "stop_accuracy": None, "stop_change": None, "min_epochs": 0}


@dataclass(frozen=True)
class EpochsFound:
    """The number of epochs that the folds of one setting agree on.

    Attributes
    ----------
    best : tuple of int
        The best epoch of every fold's network, or networks.
    folds : int
    scores : dict
        What the folds' networks, each at its best epoch, make of the rows of their folds.
    """

    best: tuple[int, ...]
    folds: int
    scores: dict[str, Any]

    @property
    def number(self) -> int:
        """The median, rounded.

        Examples
        --------
        >>> EpochsFound((12, 15, 9, 40, 14), 5, {}).number, EpochsFound((3, 4), 2, {}).number
        (14, 4)
        """
        return max(1, int(np.median(self.best) + 0.5))

    @property
    def reason(self) -> str:
        """The number in words."""
        whose = f"{self.folds} folds'" if len(self.best) == self.folds else f"{self.folds} folds' networks'"
        said = "1 epoch" if self.number == 1 else f"{self.number} epochs"
        return f"Trained {said}, the median of {whose} best epochs ({', '.join(map(str, self.best))})."


def epochs_found(
    fit: Fit, problem: Problem, settings: Sequence[Settings], *, on_event: Any = None, **told: Any
) -> list[EpochsFound | None]:
    """Find the number of epochs of every setting that asks for it; None for the others.

    Parameters
    ----------
    fit : callable
        `shoal.pipeline.fit`, which trains the networks of all settings and folds as one shoal.
    problem : Problem
    settings : sequence of Settings
    on_event : callable, optional
    **told
        What else `fit` was told: validation rows and earlier states are refused.

    Raises
    ------
    SettingError
        If validation rows are asked for or handed in, training is to go on from before, or there are too
        few rows, groups or times to make folds of.
    TrainingError
        If no fold's network came to anything.
    KeyboardInterrupt
        If it was interrupted: there is nothing to keep yet.
    """
    asking = [i for i, s in enumerate(settings) if s.epochs == BY_FOLDS]
    if not asking:
        return [None] * len(settings)
    for i in asking:
        _refuse(settings[i], told)
    folds = {i: _folds(problem, settings[i]) for i in asking}
    interrupted = _Interruption(on_event)
    done = iter(
        fit(
            problem,
            [_of_a_fold(settings[i], len(folds[i])) for i in asking for _ in folds[i]],
            folds=[fold for i in asking for fold in folds[i]],
            on_event=interrupted,
        )
    )
    if interrupted.seen:
        raise KeyboardInterrupt
    found: list[EpochsFound | None] = [None] * len(settings)
    for i in asking:
        found[i] = _found(problem, [next(done) for _ in folds[i]], folds[i])
    return found


def for_all_rows(settings: Settings, found: EpochsFound | None) -> Settings:
    """Return the settings of the network that trains on every row for the number that was found."""
    if found is None:
        return settings
    return replace(settings, epochs=found.number, validation=0.0, patience=None, monitor="loss", **_STOPPED)


def with_reason(done: Fitted, found: EpochsFound | None) -> Fitted:
    """Return a fitted network that says how its number of epochs was found, with the figures of the folds."""
    if found is None:
        return done
    model, result, ready = done
    result = replace(result, reason=f"{found.reason} {result.reason}")
    model.history.stop_reason = result.reason
    return replace(model, scores={**found.scores, **model.scores}), result, ready


def _of_a_fold(settings: Settings, folds: int) -> Settings:
    """Return the settings of a fold's network: it may train as long as by default, and stops early."""
    share = 1.0 / folds  # says that there are validation rows; which they are, the fold says
    return replace(settings, epochs="auto", validation=share, calibrate=False, record="losses")


def _found(problem: Problem, done: Sequence[Fitted], folds: Sequence[data.Split]) -> EpochsFound:
    members = [[net.history.best_epoch or 0 for net in model.members] for model, _, _ in done]
    best = tuple(epoch for nets in members for epoch in nets if epoch > 0)
    if not best:
        refuse_fruitless(done[0][1], done[0][2].settings)
    scores, _ = judged_by_folds([model for model, _, _ in done], problem, [fold.valid for fold in folds])
    method = f"{len(folds)}-fold cross-validation, which chose the number of epochs too"
    return EpochsFound(best, len(folds), {**scores, "method": method})


def _folds(problem: Problem, settings: Settings) -> list[data.Split]:
    """Return the folds; their rows stand as test rows too: so a fold's epoch is as long as the whole's."""
    folds = held_out(problem, settings)
    if not folds:
        raise SettingError(
            f"Expected at least {2 * FOLDS} rows, of two groups or three times where these split them, to "
            f"find epochs by folds (epochs='cv'). Got {len(problem)} rows; set epochs to a number."
        )
    return [data.Split(fold.train, fold.test, fold.test) for fold in folds]


def _refuse(settings: Settings, told: dict[str, Any]) -> None:
    """Refuse what leaves cross-validation nothing to do, or would be left without a part to play."""
    if told.get("valid") is not None or settings.validation not in ("auto", 0):
        raise SettingError(
            "Expected no validation rows beside epochs='cv', whose folds validate each other. Got "
            + (
                "X_val and y_val."
                if told.get("valid") is not None
                else f"validation={settings.validation!r}."
            )
        )
    if settings.monitor == "loss":
        raise SettingError(
            "Expected monitor='val_loss', 'val_metric' or 'auto' beside epochs='cv': the training loss does "
            "not say when to stop. Got monitor='loss'."
        )
    if any(start is not None for start in told.get("starts") or ()):
        raise SettingError(
            "A network whose epochs are found by folds (epochs='cv') starts anew. Set epochs to a number to "
            "go on from an earlier training."
        )


class _Interruption:
    """Notes whether the training was interrupted while passing the events on."""

    def __init__(self, on_event: Callable[[Event], object] | None) -> None:
        self.seen, self._on_event = False, on_event

    def __call__(self, event: Event) -> None:
        self.seen = self.seen or isinstance(event, Interrupted)
        if self._on_event is not None:
            self._on_event(event)
