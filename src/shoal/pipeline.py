"""The whole story on one page: table -> columns -> split -> encode -> describe -> train -> model.

Estimators and command line both come through here, so that they cannot tell different stories.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, cast

import numpy as np
import polars as pl

from shoal import data
from shoal.axes import Precision
from shoal.fitting.acting import fit_acting
from shoal.fitting.calibrating import calibrated, calibrated_as_planned, refuse_uncalibrated
from shoal.fitting.diagnosing import early_facts_of, facts_of
from shoal.fitting.endings import refuse_fruitless, tell_ending
from shoal.fitting.ensembles import Outcome, averaged_nets, outcomes, refuse_several, seeds_of, with_others
from shoal.fitting.epochs_by_folds import BY_FOLDS, epochs_found, for_all_rows, with_reason
from shoal.fitting.judging import judge, judging_plan, rows_of_table
from shoal.fitting.learning_rate import decided, noted, rates_found
from shoal.fitting.outcome import task_named_by
from shoal.fitting.prepare import Prepared, prepare_all, recipe_of, spec_of, with_records
from shoal.fitting.problem import Problem, other_table, problem_of, whole_table
from shoal.fitting.transfer import Start, start_of, tell
from shoal.history import History
from shoal.history.answers import Answers
from shoal.model.ensemble import EnsembleMember
from shoal.model.model import Model
from shoal.model.provenance import provenance
from shoal.settings import Settings
from shoal.train.events import Event, Interrupted, Known
from shoal.train.loop import train, watched
from shoal.train.population import Member
from shoal.train.results import NetResult, Record
from shoal.train.stepwise import train_stepwise
from shoal.train.widths import with_widths

Watcher = Callable[[Event], None]
AfterEpoch = Callable[[Prepared, NetResult], bool]


@dataclass(frozen=True)
class Trained:
    """What `train_table` returns.

    Parameters
    ----------
    model : Model
    history : History
    settings : Settings
        As resolved.
    given : Settings
        As given.
    split : Split
        Rows of the table that trained, decided the best epoch, and judged the result.
    scores : dict
        As `shoal.history.judged` gives them, with ``"method"``: "test rows" or "5-fold cross-validation".
    interrupted : bool
    seconds : float
    state : dict
        What a later run needs to go on.
    answers : Answers or None
        What was said about each row that judged, beside the truth; None where none did.
    """

    model: Model
    history: History
    settings: Settings
    given: Settings
    split: data.Split
    scores: dict[str, Any]
    interrupted: bool
    seconds: float
    state: dict[str, Any] = field(repr=False, default_factory=dict)
    answers: Answers | None = field(repr=False, default=None)


# ---------------------------------------------------------------- the story


def fit(
    problem: Problem,
    settings: Sequence[Settings],
    *,
    valid: Problem | None = None,
    folds: Sequence[data.Split] | None = None,
    starts: Sequence[dict[str, Any] | None] | None = None,
    on_event: Watcher | None = None,
    after_epoch: AfterEpoch | None = None,
    exact: bool = False,
) -> list[tuple[Model, NetResult, Prepared]]:
    """Train one network for each entry of `settings`, all as one shoal.

    Parameters
    ----------
    problem : Problem
    settings : sequence of Settings
        One for each network, as given; "auto" is decided here.
    valid : Problem, optional
        Validation rows handed in; no split is made then.
    folds : sequence of Split, optional
        The split of each network, instead of the one its settings ask for.
    starts : sequence, optional
        State of an earlier run for each network, to go on from.
    on_event : callable, optional
        Sees every event of the training.
    after_epoch : callable, optional
        For one network: is given the `Prepared` and the `NetResult` so far after every epoch, and ends the
        training by answering False.
    exact : bool
        See `shoal.train.loop.train`.

    Returns
    -------
    list of (Model, NetResult, Prepared)
        In the order of `settings`.
    """
    started = time.perf_counter()
    asked = settings
    lengths = epochs_found(fit, problem, asked, on_event=on_event, valid=valid, starts=starts)
    settings = [for_all_rows(s, found) for s, found in zip(asked, lengths, strict=True)]
    rates = rates_found(problem, settings, valid=valid, folds=folds, starts=starts, on_event=on_event)
    ready, views = prepare_all(problem, decided(settings, rates), valid, folds)
    ready = with_records(ready, folded=folds is not None)
    for (p, _), given in zip(ready, asked, strict=True):
        refuse_uncalibrated(given, problem, p.view.valid, folds is not None)
    starts = starts or [None] * len(ready)
    taken = [None if start else _first_weights(p) for (p, _), start in zip(ready, starts, strict=True)]
    firsts = [
        Member(spec_of(p), recipe_of(p), view, p.settings.seed, start=start or (one and one.weights))
        for (p, view), start, one in zip(ready, starts, taken, strict=True)
    ]
    tell(taken)
    resolved = [p.settings for p, _ in ready]
    members = with_others(firsts, resolved)
    if not exact:
        members = with_widths(members, views)
    if on_event is not None:
        on_event(Known(resolved[0].to_json(), early_facts_of(ready[0][0])))
    if after_epoch is None:
        events = train(members, views, exact=exact)
    else:
        refuse_several(resolved[0])
        events = train_stepwise(members[0], views, partial(after_epoch, ready[0][0]))
    found = outcomes(watched(events, on_event), members, resolved)
    origin = provenance(whole_table(problem), seed=0)
    models = [
        noted(conclude(p, given, one, origin, time.perf_counter() - started, first), rate)
        for (p, _), given, one, rate, first in zip(ready, asked, found, rates, taken, strict=True)
    ]
    return [
        with_reason((calibrated(model, given, p, problem, valid), one.first, p), length)
        for model, given, (p, _), one, length in zip(models, asked, ready, found, lengths, strict=True)
    ]


def _first_weights(ready: Prepared) -> Start | None:
    """Return where the networks of a setting start, if from a saved network."""
    settings = ready.settings
    seeds = seeds_of(settings.seed, averaged_nets(settings.ensemble))
    return start_of(settings, spec_of(ready), ready.target, seeds)


def conclude(
    ready: Prepared,
    given: Settings,
    outcome: Outcome,
    origin: dict[str, Any],
    seconds: float,
    start: Start | None = None,
) -> Model:
    """Put what was learnt together with all that is needed to use it."""
    result = outcome.first
    history = history_of(result, ready.target)
    history.notes.extend([*outcome.notes, *([start.told] if start else [])])
    settings = {"given": given.given(), "resolved": ready.settings.to_json()}
    return Model(
        spec=spec_of(ready),
        params=result.params,
        state=result.running,
        encoder=ready.encoder,
        columns=ready.columns,
        target=ready.target,
        history=history,
        provenance={
            **origin,
            "seed": ready.settings.seed,
            "settings": settings,
            "rows": {"train": len(ready.view.train), "valid": len(ready.view.valid or ())},
            "tile": result.tile,
            "seconds": round(seconds, 3),
        },
        precision=cast(Precision, ready.settings.precision),
        others=tuple(
            EnsembleMember(net.params, net.running, history_of(net, ready.target), seed)
            for seed, net in outcome.others
        ),
    )


# ---------------------------------------------------------------- a whole table


def train_table(
    frame: pl.DataFrame,
    target: str | Sequence[str],
    settings: Settings | None = None,
    *,
    task: str | None = None,
    test: float | pl.DataFrame | None = None,
    folds: int | str | None = None,
    kinds: dict[str, str] | None = None,
    drop: Sequence[str] = (),
    weight: str | None = None,
    group: str | None = None,
    time_column: str | None = None,
    start: dict[str, Any] | None = None,
    source: str = "",
    act: bool = False,
    on_event: Watcher | None = None,
) -> Trained:
    """Train a network on a table and judge it on rows that it has not seen.

    A table of at least `SMALL` rows is judged on a fifth kept aside. On a smaller one every row trains the
    network, and networks trained beside it in the same shoal, each without one of five parts, judge
    the rows of that part.

    Parameters
    ----------
    frame : polars.DataFrame
    target : str or sequence of str
        The column to predict; several for labels or several quantities.
    settings : Settings, optional
    task : str, optional
        Instead of the one inferred from the target.
    test : float or DataFrame, optional
        Share (or number) of rows to keep aside, 0 for none, or a table of test rows.
    folds : int or "all", optional
        Judge by so many folds, whatever the size of the table; "all" leaves one row (group, time) out.
    kinds, drop
        Columns to read otherwise, and to leave out.
    weight, group, time_column : str, optional
        Columns of row weights, of groups that must not be split, and of times that order the split.
    start : dict, optional
        `Trained.state` of an earlier run on the same table with the same settings, to go on from.
    source : str
        Name of the file, for the record.
    act : bool
        Apply the remedies of findings while it trains, and go on (`shoal.fitting.acting`).
    on_event : callable, optional

    Returns
    -------
    Trained

    Examples
    --------
    >>> frame = pl.DataFrame({"a": range(40), "b": [0.5, 1.5] * 20, "y": ["no", "yes"] * 20})
    >>> done = train_table(frame, "y", Settings(hidden=(8,), epochs=20))
    >>> done.scores["method"]
    '5-fold cross-validation'
    """
    started = time.perf_counter()
    given = (settings or Settings()).checked()
    problem = problem_of(
        frame,
        target,
        task=task or task_named_by(given),
        kinds=kinds,
        drop=drop,
        weight=weight,
        group=group,
        time_column=time_column,
    )
    other = other_table(test, problem, frame, target, weight)  # refused, if so, before the training
    plan = judging_plan(problem, given, test, folds)
    given = replace(given, validation=0.0) if folds is not None else given  # no row is left for it
    interrupted = _Interruption()
    done = (partial(fit_acting, fit) if act else fit)(
        plan.problem,
        [given] * (1 + len(plan.folds)),
        folds=[plan.whole, *plan.folds] if plan.whole and plan.folds else None,
        starts=[start] + [None] * len(plan.folds) if start else None,
        on_event=interrupted.watching(on_event),
    )
    model, result, ready = done[0]
    if interrupted.seen and not len(result.history):
        raise KeyboardInterrupt  # before the end of the first epoch there is nothing to keep
    refuse_fruitless(result, ready.settings)
    if result.code != "interrupted":  # which is told by who watches
        tell_ending(result, ready.settings)
    done, calibration = calibrated_as_planned(plan, problem, done, other)
    model = done[0][0]
    chosen_by_folds = model.scores if given.epochs == BY_FOLDS else {}
    found, answers = judge(plan, problem, done, other)
    scores = {**(found or chosen_by_folds), **calibration}
    facts = {**model.provenance, **provenance(frame, seed=given.seed, source=source)}
    facts |= {k: model.provenance[k] for k in ("settings", "rows", "tile")}
    facts["facts"] = facts_of(ready)
    facts["seconds"] = round(time.perf_counter() - started, 3)
    model = replace(model, scores=scores, provenance=facts)
    return Trained(
        model=model,
        history=model.history,
        settings=ready.settings,
        given=given,
        split=rows_of_table(plan, ready.split),
        scores=scores,
        interrupted=interrupted.seen,
        seconds=facts["seconds"],
        state=result.state,
        answers=answers,
    )


def history_of(result: NetResult, target: data.Target) -> History:
    """Return the history of a network as columns with the names that people know."""
    history = History()
    share = result.seconds / max(len(result.history), 1)
    first = result.epochs - len(result.history) + 1
    for row in history_rows(result.history, first, target, result.record):
        history.append({**row, "seconds": share})
    history.stop_reason = result.reason
    history.best_epoch = result.best_epoch
    return history


def history_rows(
    values: np.ndarray, first_epoch: int, target: data.Target, record: Record | None = None
) -> list[dict[str, float]]:
    """Name the columns of `EpochsDone.values` of one network; epochs after it stopped are left out.

    The error of a regression is in the units of the target where there is one target. What was seen of its
    layers in an epoch, as `record` has it, comes behind.
    """
    metric = "val_rmse" if target.task == "regression" else "val_accuracy"  # of labels: of each one
    scale = target.scale[0] if len(target.scale) == 1 else 1.0
    rows = []
    for i, (loss, val_loss, val_metric, rate) in enumerate(np.asarray(values)):
        if np.isnan(rate):
            break
        row = {"epoch": first_epoch + i, "loss": loss}
        if not np.isnan(val_loss):
            row |= {"val_loss": val_loss, metric: _in_units(val_metric, target, scale)}
        seen = dict((record or {}).get(first_epoch + i, {}))
        if "train_metric" in seen:
            seen["train_metric"] = _in_units(seen["train_metric"], target, scale)
        rows.append({**row, "learning_rate": rate, **seen})
    return rows


def _in_units(metric: float, target: data.Target, scale: float) -> float:
    return float(np.sqrt(metric) * scale) if target.task == "regression" else float(metric)


class _Interruption:
    """Notes whether the training was interrupted while passing the events on."""

    def __init__(self):
        self.seen = False

    def watching(self, on_event: Watcher | None) -> Watcher:
        def watch(event: Event) -> None:
            self.seen = self.seen or isinstance(event, Interrupted)
            if on_event is not None:
                on_event(event)

        return watch
