"""A training that helps itself: what goes wrong is stopped, the finding's remedy applied, and on it goes.

A remedy that turns numbers (a rate, clipping) goes on from the best weights so far, with a fresh optimizer;
one that asks for another network (another activation) begins anew. What was done is told as it happens, and
stands in the notes of the history.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from shoal.errors import SettingError, TrainingWarning
from shoal.fitting.diagnosing import facts_of
from shoal.fitting.ensembles import averaged_nets
from shoal.fitting.epochs_by_folds import BY_FOLDS
from shoal.history import History
from shoal.history.findings import RULES, Evidence, Finding
from shoal.history.findings.catalogue import in_order
from shoal.history.findings.words import asked
from shoal.settings import Settings
from shoal.train.events import Acted, EpochsDone, Event, Interrupted, named_rows

MOST_ACTS = 3
"""How often one training is helped: where three remedies do not do, the trouble is another."""

_FAR = 3.0  # times the loss of a constant: new weights are at up to twice, worse ones are no place to start

_NUMBERS = (
    *("learning_rate", "clip_norm", "clip_value", "weight_decay", "momentum", "l1", "l2", "warmup"),
    *("batch_size", "label_smoothing", "patience", "epochs"),
)
"""Settings that can change while weights stay: a network of the same shape goes on from where it was."""

Fit = Callable[..., list[Any]]
"""`shoal.pipeline.fit`: a model, a result and what was prepared, for every network."""


@dataclass(frozen=True)
class Act:
    """What was done about a finding.

    Parameters
    ----------
    finding : Finding
    epoch : int
        In which it showed.
    restart : int
        Epoch of the weights from which training went on; 0 where it began anew.
    change : mapping
        The settings that were changed.
    """

    finding: Finding
    epoch: int
    restart: int
    change: Mapping[str, Any]

    def in_words(self) -> str:
        """Return the act in one sentence.

        Examples
        --------
        >>> finding = Finding("S101", "divergence", "error", "The loss is inf.", "Lower it.", "", {}, {})
        >>> Act(finding, 4, 3, {"learning_rate": 0.01}).in_words()
        'S101 divergence in epoch 4: set learning_rate=0.01 and went on from the weights of epoch 3.'
        """
        whence = f"went on from the weights of epoch {self.restart}" if self.restart else "began anew"
        title = f"{self.finding.code} {self.finding.title}"
        return f"{title} in epoch {self.epoch}: set {asked(self.change)} and {whence}."


def fit_acting(
    fit: Fit,
    problem: Any,
    settings: Sequence[Settings],
    *,
    folds: Sequence[Any] | None = None,
    starts: Sequence[dict[str, Any] | None] | None = None,
    on_event: Callable[[Event], object] | None = None,
    after_epoch: Callable[..., bool] | None = None,
    **told: Any,
) -> list[Any]:
    """Train as `fit` does, and act on what the first network's record says while it grows.

    It is trained epoch by epoch, so that what is done does not hang on the speed of the machine. The networks
    beside it, which judge it by folds, are trained behind it, with what was changed from the beginning.

    Parameters
    ----------
    fit : callable
    problem : Problem
    settings : sequence of Settings
        Of the network that is watched, and of those beside it.
    folds, starts : sequence, optional
        As `fit` takes them.
    on_event : callable, optional
        Is told of every act by `shoal.train.events.Acted`.
    after_epoch : callable, optional
        As `fit` takes it.
    **told
        What else `fit` is to be told.

    Returns
    -------
    list
        As `fit` returns it; the history of the first network is that of all attempts, without the epochs
        that were taken back.

    Raises
    ------
    SettingError
        If several networks are averaged, or the number of epochs is to be found by folds.
    """
    first, start = settings[0], starts[0] if starts else None
    _refuse(first)
    acts, earlier = [], History()
    while True:
        guard = _Guard(problem.task, earlier, on_event, idle=len(acts) == MOST_ACTS)
        [one] = fit(
            problem,
            [first],
            folds=folds[:1] if folds else None,
            starts=[start],
            on_event=guard.see,
            after_epoch=partial(guard.goes_on, after_epoch),
            **told,
        )
        act = _act(guard, one[1])
        if act is None:
            break
        acts.append(act)
        _tell(act, on_event)
        earlier = _until(act.restart, [*earlier, *one[0].history])
        first, start = replace(first, **act.change), _start(act, one[1])
    return [_with_acts(one, acts, earlier), *_others(fit, problem, first, settings, folds, on_event, told)]


def _others(fit, problem, first, settings, folds, on_event, told) -> list[Any]:
    """Train the networks that judge the first by folds; of them only an interruption is told."""
    if len(settings) == 1:
        return []

    def watch(event: Event) -> None:
        if on_event is not None and isinstance(event, Interrupted):
            on_event(event)

    beside = [replace(first, record="losses")] * (len(settings) - 1)
    return fit(problem, beside, folds=folds[1:], on_event=watch, **told)


class _Guard:
    """Passes events on, reads the record, and ends the training once something can be acted upon."""

    def __init__(self, task: str, earlier: History, on_event, *, idle: bool):
        self.task, self.on_event, self.idle = task, on_event, idle
        self.finding: Finding | None = None
        self.change: dict[str, Any] = {}
        self.seen = History(earlier)
        self._facts: dict[str, Any] = {}

    def see(self, event: Event) -> None:
        if self.on_event is not None:
            self.on_event(event)
        self.idle = self.idle or isinstance(event, Interrupted)
        if isinstance(event, EpochsDone) and 0 in event.nets:
            at = event.nets.tolist().index(0)
            record = event.record.get(0, {})
            for row in named_rows(event.values[at], event.first_epoch, self.task, record):
                self.seen.append(row)

    def goes_on(self, asked_too: Callable[..., bool] | None, ready: Any, result: Any) -> bool:
        wanted = asked_too is None or asked_too(ready, result)
        if not self.idle:
            self._look(ready, running=result.code == "paused")
        return wanted and self.finding is None

    def sound(self, epoch: int) -> bool:
        """Return whether the weights of an epoch are worth going on from: not thrown far away already."""
        losses = [row["loss"] for row in self.seen if row["epoch"] == epoch]
        return bool(losses) and losses[-1] <= _FAR * self._facts.get("baseline_loss", math.inf)

    def _look(self, ready: Any, *, running: bool) -> None:
        self._facts = self._facts or facts_of(ready)
        evidence = Evidence(self.seen, ready.settings.to_json(), {**self._facts, "running": running})
        found = [rule.function(evidence) for rule in RULES.values() if rule.live]
        serious = in_order(one for one in found if one is not None and one.severity != "note")
        for finding in serious:
            change = _change(finding, ready.settings)
            if change and self.finding is None:
                self.finding, self.change = finding, change


def _tell(act: Act, on_event: Callable[[Event], object] | None) -> None:
    warnings.warn(act.in_words(), TrainingWarning, stacklevel=3)
    if on_event is not None:
        on_event(Acted(act.restart, act.in_words()))


def _until(epoch: int, rows: Sequence[Mapping[str, Any]]) -> History:
    return History(row for row in rows if row["epoch"] <= epoch)


def _refuse(settings: Settings) -> None:
    """Refuse what more than one network decides."""
    if averaged_nets(settings.ensemble) > 1:
        raise SettingError(
            f"Expected ensemble=1 with act, which follows one network. Got ensemble={settings.ensemble!r}."
        )
    if settings.epochs == BY_FOLDS:
        raise SettingError(
            "Expected a number of epochs with act, which follows one network. Got epochs='cv'."
        )


def _act(guard: _Guard, result: Any) -> Act | None:
    """Return what is to be done; None where nothing is."""
    if guard.finding is None:
        return None
    goes_on = all(name in _NUMBERS for name in guard.change) and guard.sound(result.best_epoch)
    epoch = int(guard.seen[-1, "epoch"])
    return Act(guard.finding, epoch, result.best_epoch if goes_on else 0, guard.change)


def _change(finding: Finding, settings: Settings) -> dict[str, Any]:
    """Return the settings that a remedy would change."""
    known = {name: value for name, value in finding.change.items() if name in Settings.known()}
    return {name: value for name, value in known.items() if getattr(settings, name) != value}


def _start(act: Act, result: Any) -> dict[str, Any] | None:
    if not act.restart:
        return None
    return {"params": result.params, "running": result.running, "epoch": act.restart}


def _with_acts(one: Any, acts: list[Act], earlier: History) -> Any:
    """Return what was fitted with the epochs before, and notes of what was done."""
    if not acts:
        return one
    model, result, ready = one
    new = model.history
    whole = History(
        [*earlier, *new],
        stop_reason=new.stop_reason,
        best_epoch=new.best_epoch,
        notes=[*new.notes, *(act.in_words() for act in acts)],
    )
    return replace(model, history=whole), result, ready
