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
from shoal.defaults import SMALL, Facts, resolved
from shoal.errors import ColumnError, InputError, SettingError, TargetError, did_you_mean
from shoal.history import History, default_metric, judged
from shoal.model.model import Model
from shoal.model.provenance import provenance
from shoal.nets.heads import HEAD_OF_TASK
from shoal.nets.inputs import TableInput
from shoal.nets.spec import NetSpec, mlp
from shoal.settings import Settings, as_schedule
from shoal.train.events import Event, Interrupted
from shoal.train.loop import train, watched
from shoal.train.population import Member
from shoal.train.recipe import Recipe
from shoal.train.results import NetResult
from shoal.train.schedules import Schedule
from shoal.train.stepwise import train_stepwise
from shoal.train.view import Batchable, View
from shoal.train.widths import with_widths

Watcher = Callable[[Event], None]
AfterEpoch = Callable[["Prepared", NetResult], bool]

PIECEWISE_BINS = 16
TEST_SHARE = 0.2  # of a table that is not small, kept aside to judge the finished network
FOLDS = 5  # of a small table, where each row is judged by a network that did not see it


@dataclass(frozen=True)
class Problem:
    """A table and what is to be learnt from it.

    Parameters
    ----------
    frame : polars.DataFrame (rows, features)
    answers : polars.Series (rows,) or DataFrame (rows, outputs)
    task : str
        One of `shoal.data.TASKS`.
    columns : tuple of Column
    weight : (rows,) float array or None
    groups, time : (rows,) sequences or None
        For grouped and time-ordered splits.
    target : Target, optional
        Classes or scale that are known already, instead of what the training rows say.
    encoder : TableEncoder, optional
        One learnt before, to be kept: weights learnt behind it would mean nothing behind another.
    """

    frame: pl.DataFrame
    answers: pl.Series | pl.DataFrame
    task: str
    columns: tuple[data.Column, ...]
    weight: np.ndarray | None = None
    groups: Any = None
    time: Any = None
    target: data.Target | None = None
    encoder: data.TableEncoder | None = None

    def __len__(self) -> int:
        return self.frame.height

    def take(self, rows: np.ndarray) -> Problem:
        """Return the problem with these rows only."""

        def part(values: Any) -> Any:
            return None if values is None else np.asarray(values)[rows]

        return replace(
            self,
            frame=self.frame[rows],
            answers=self.answers[rows],
            weight=part(self.weight),
            groups=part(self.groups),
            time=part(self.time),
        )

    def labels(self) -> Any:
        """Return what a stratified split keeps in the same shares; None for other tasks."""
        return self.answers.to_numpy() if self.task in ("binary", "multiclass") else None


@dataclass(frozen=True)
class Prepared:
    """A problem made ready for one network: settings decided, rows split and encoded."""

    settings: Settings
    split: data.Split
    target: data.Target
    encoder: data.TableEncoder
    view: View


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
    ready, views = _prepare_all(problem, settings, valid, folds)
    starts = starts or [None] * len(ready)
    members = [
        Member(spec_of(p), recipe_of(p), view, p.settings.seed, start=start)
        for (p, view), start in zip(ready, starts, strict=True)
    ]
    if not exact:
        members = with_widths(members, views)
    if after_epoch is None:
        events = train(members, views, exact=exact)
    else:
        events = train_stepwise(members[0], views, partial(after_epoch, ready[0][0]))
    results = watched(events, on_event)
    origin = provenance(_whole(problem), seed=0)
    return [
        (conclude(problem, p, given, result, origin, time.perf_counter() - started), result, p)
        for (p, _), given, result in zip(ready, settings, results, strict=True)
    ]


def prepare(
    problem: Problem, settings: Settings, *, valid: Problem | None = None, split: data.Split | None = None
) -> Prepared:
    """Decide the settings, split the rows, and encode them; the encoder sees training rows only."""
    done = resolved(settings, Facts(len(problem), problem.task, valid is not None))
    fold = split is not None and len(split.test) > 0
    split = split or _split(problem, done)
    rows = problem.take(split.train)
    target = _target(problem, rows)
    encoder = problem.encoder or data.TableEncoder.fit(rows.frame, rows.columns, _encoding(done), rows.weight)
    judge = valid if valid is not None else problem.take(split.valid)
    view = View(
        _batchable(rows, encoder, target, done.class_weight),
        _batchable(judge, encoder, target, None) if len(judge) else None,
        whole=len(problem) if fold else 0,
    )
    return Prepared(done, split, target, encoder, view)


def spec_of(ready: Prepared) -> NetSpec:
    """Describe the network that the settings ask for."""
    s, layout = ready.settings, ready.encoder.layout
    inputs = TableInput(
        numbers=layout.numbers,
        continuous=_continuous(ready.encoder),
        levels=layout.levels,
        widths=tuple(_embedding_width(s.embedding_width, levels) for levels in layout.levels),
        number_embedding="periodic" if s.number_embedding == "periodic" else "none",
    )
    return mlp(
        inputs,
        s.hidden,
        HEAD_OF_TASK[ready.target.task],
        ready.target.outputs,
        activation=s.activation,
        dropout=s.dropout,
        input_dropout=s.input_dropout,
        norm=s.norm,
        residual=s.residual,
        initializer=s.initializer,
    )


def recipe_of(ready: Prepared) -> Recipe:
    """Return how the network is trained."""
    s = ready.settings
    named = {n: getattr(s, n) for n in ("momentum", "rho", "beta_1", "beta_2", "epsilon")}
    return Recipe(
        loss=s.loss,
        optimizer=s.optimizer,
        optimizer_settings=tuple((n, float(v)) for n, v in named.items() if v is not None),
        learning_rate=float(s.learning_rate),
        schedule=as_schedule(s.schedule, s.warmup) or Schedule("constant"),
        weight_decay=float(s.weight_decay),
        l2=float(s.l2),
        l1=float(s.l1),
        clip_norm=float(s.clip_norm or 0.0),
        label_smoothing=float(s.label_smoothing),
        huber_delta=float(s.huber_delta),
        batch_size=int(s.batch_size),
        epochs=int(s.epochs),
        min_epochs=int(s.min_epochs),
        patience=int(s.patience or 0),
        min_delta=float(s.min_delta),
        monitor=s.monitor,
        precision=cast(Precision, s.precision),
    )


def conclude(
    problem: Problem,
    ready: Prepared,
    given: Settings,
    result: NetResult,
    origin: dict[str, Any],
    seconds: float,
) -> Model:
    """Put what was learnt together with all that is needed to use it."""
    settings = {"given": given.given(), "resolved": ready.settings.to_json()}
    return Model(
        spec=spec_of(ready),
        params=result.params,
        state=result.running,
        encoder=ready.encoder,
        columns=problem.columns,
        target=ready.target,
        history=history_of(result, ready.target),
        provenance={
            **origin,
            "seed": ready.settings.seed,
            "settings": settings,
            "rows": {"train": len(ready.view.train), "valid": len(ready.view.valid or ())},
            "tile": result.tile,
            "seconds": round(seconds, 3),
        },
        precision=cast(Precision, ready.settings.precision),
    )


# ---------------------------------------------------------------- a whole table


def train_table(
    frame: pl.DataFrame,
    target: str | Sequence[str],
    settings: Settings | None = None,
    *,
    task: str | None = None,
    test: float | pl.DataFrame | None = None,
    kinds: dict[str, str] | None = None,
    drop: Sequence[str] = (),
    weight: str | None = None,
    group: str | None = None,
    time_column: str | None = None,
    start: dict[str, Any] | None = None,
    source: str = "",
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
    kinds, drop
        Columns to read otherwise, and to leave out.
    weight, group, time_column : str, optional
        Columns of row weights, of groups that must not be split, and of times that order the split.
    start : dict, optional
        `Trained.state` of an earlier run on the same table with the same settings, to go on from.
    source : str
        Name of the file, for the record.
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
        frame, target, task=task, kinds=kinds, drop=drop, weight=weight, group=group, time_column=time_column
    )
    plan = _judging_plan(problem, given, test)
    interrupted = _Interruption()
    done = fit(
        plan.problem,
        [given] * (1 + len(plan.folds)),
        folds=[plan.whole, *plan.folds] if plan.whole and plan.folds else None,
        starts=[start] + [None] * len(plan.folds) if start else None,
        on_event=interrupted.watching(on_event),
    )
    model, result, ready = done[0]
    scores = _judge(plan, problem, done, _other_table(test, problem, frame, target))
    facts = {**model.provenance, **provenance(frame, seed=given.seed, source=source)}
    facts |= {k: model.provenance[k] for k in ("settings", "rows", "tile")}
    facts["seconds"] = round(time.perf_counter() - started, 3)
    model = replace(model, scores=scores, provenance=facts)
    return Trained(
        model=model,
        history=model.history,
        settings=ready.settings,
        given=given,
        split=_rows_of_table(plan, ready.split),
        scores=scores,
        interrupted=interrupted.seen,
        seconds=facts["seconds"],
        state=result.state,
    )


def problem_of(
    frame: pl.DataFrame,
    target: str | Sequence[str],
    *,
    task: str | None = None,
    kinds: dict[str, str] | None = None,
    drop: Sequence[str] = (),
    weight: str | None = None,
    group: str | None = None,
    time_column: str | None = None,
) -> Problem:
    """Take the target and the columns with a role out of a table; see `train_table`."""
    targets = [target] if isinstance(target, str) else list(target)
    for name in [*targets, *(n for n in (weight, group, time_column) if n)]:
        if name not in frame.columns:
            raise (TargetError if name in targets else ColumnError)(
                f"The table has no column '{name}'.{did_you_mean(name, frame.columns)} "
                f"Its columns are: {', '.join(frame.columns[:20])}."
            )
    answers = frame[targets[0]] if len(targets) == 1 else frame.select(targets)
    roles = {*targets, *(n for n in (weight, group) if n)}
    features = frame.drop(roles)
    task, weights = task or data.infer_task(answers), _weights(frame, weight)
    # Gaps, one class and the like are refused here, with the count in the whole table, before any split.
    data.Target.fit(answers, task, weights)
    return Problem(
        frame=features,
        answers=answers,
        task=task,
        columns=data.know_columns(features, kinds=kinds, drop=tuple(drop)),
        weight=weights,
        groups=frame[group].to_numpy() if group else None,
        time=frame[time_column].to_numpy() if time_column else None,
    )


def history_of(result: NetResult, target: data.Target) -> History:
    """Return the history of a network as columns with the names that people know."""
    history = History()
    share = result.seconds / max(len(result.history), 1)
    first = result.epochs - len(result.history) + 1
    for row in history_rows(result.history, first, target):
        history.append({**row, "seconds": share})
    history.stop_reason = result.reason
    history.best_epoch = result.best_epoch
    return history


def history_rows(values: np.ndarray, first_epoch: int, target: data.Target) -> list[dict[str, float]]:
    """Name the columns of `EpochsDone.values` of one network; epochs after it stopped are left out.

    The error of a regression is in the units of the target where there is one target.
    """
    metric = f"val_{default_metric(target.task).name}"
    scale = target.scale[0] if len(target.scale) == 1 else 1.0
    rows = []
    for i, (loss, val_loss, val_metric, rate) in enumerate(np.asarray(values)):
        if np.isnan(rate):
            break
        row = {"epoch": first_epoch + i, "loss": loss}
        if not np.isnan(val_loss):
            shown = np.sqrt(val_metric) * scale if target.task == "regression" else val_metric
            row |= {"val_loss": val_loss, metric: shown}
        rows.append({**row, "learning_rate": rate})
    return rows


# ---------------------------------------------------------------- parts of the story


def _prepare_all(problem, settings, valid, folds) -> tuple[list[tuple[Prepared, int]], list[View]]:
    """Prepare every network; those that see the same data share a view."""
    known: dict[Any, tuple[Prepared, int]] = {}
    ready, views = [], []
    for i, given in enumerate(settings):
        split = folds[i] if folds else None
        name = (_data_settings(given), id(split) if split else None)
        if name not in known:
            prepared = prepare(problem, given, valid=valid, split=split)
            known[name] = (prepared, len(views))
            views.append(prepared.view)
        prepared, view = known[name]
        done = resolved(given, Facts(len(problem), problem.task, valid is not None))
        ready.append((replace(prepared, settings=done), view))
    return ready, views


def _data_settings(s: Settings) -> tuple:
    names = ("validation", "split", "scaling", "smooth_clip", "one_hot_levels", "max_levels", "seed")
    return (*(getattr(s, n) for n in names), s.number_embedding == "piecewise", repr(s.class_weight))


def _split(problem: Problem, settings: Settings) -> data.Split:
    return data.split_rows(
        len(problem),
        method=settings.split,
        validation=settings.validation,
        labels=problem.labels() if settings.validation else None,
        groups=problem.groups,
        time=problem.time,
        seed=settings.seed,
    )


def _target(problem: Problem, rows: Problem) -> data.Target:
    """Classes are known from all rows, mean and spread of a quantity from the training rows only."""
    if problem.target is not None:
        return problem.target
    if problem.task == "regression":
        return data.Target.fit(rows.answers, "regression", rows.weight)
    return data.Target.fit(problem.answers, problem.task, problem.weight)


def _encoding(s: Settings) -> data.Encoding:
    return data.Encoding(
        scaling=s.scaling,  # type: ignore[arg-type]
        smooth_clip=s.smooth_clip,
        one_hot_levels=s.one_hot_levels,
        max_levels=s.max_levels,
        bins=PIECEWISE_BINS if s.number_embedding == "piecewise" else 0,
    )


def _batchable(rows: Problem, encoder: data.TableEncoder, target: data.Target, class_weight) -> Batchable:
    encoded = encoder.transform(rows.frame)
    weight = np.ones(len(rows)) if rows.weight is None else np.asarray(rows.weight, float)
    if class_weight is not None and target.task != "regression":
        weight = weight * _class_weights(rows, class_weight, target)
    return Batchable(encoded.numbers, encoded.codes, target.encode(rows.answers), weight)


def _class_weights(rows: Problem, class_weight: Any, target: data.Target) -> np.ndarray:
    if target.task == "multilabel":
        raise SettingError(
            f"The 'class_weight' setting must be None for several labels. Got {class_weight!r} instead; "
            "weigh the rows."
        )
    return data.class_weights(rows.labels(), class_weight, target.classes, rows.weight)


def _continuous(encoder: data.TableEncoder) -> tuple[int, ...]:
    """Return the places of measured numbers among the encoded ones."""
    places, at = [], 0
    for part in encoder.parts:
        if part.column.kind in (data.ColumnKind.NUMBER, data.ColumnKind.DATETIME) and part.names:
            places.append(at)
        at += len(part.names)
    return tuple(places)


def _embedding_width(asked: Any, levels: int) -> int:
    """Rule of thumb of fastai's tabular learner: ``1.6 levels^0.56``, at most 50."""
    return int(asked) if asked != "auto" else min(50, round(1.6 * levels**0.56))


def _weights(frame: pl.DataFrame, name: str | None) -> np.ndarray | None:
    if name is None:
        return None
    column = frame[name]
    if not column.dtype.is_numeric() or column.null_count() or (column.to_numpy() < 0).any():
        raise ColumnError(
            f"Expected the weight column '{name}' to hold numbers of at least 0 without gaps. Got "
            f"{column.dtype} with {column.null_count()} gaps."
        )
    return column.to_numpy().astype(float)


def _whole(problem: Problem) -> pl.DataFrame:
    answers = problem.answers
    extra = answers.to_frame() if isinstance(answers, pl.Series) else answers
    names = [f"target {name}" for name in extra.columns]
    return problem.frame.hstack(extra.rename(dict(zip(extra.columns, names, strict=True))))


@dataclass(frozen=True)
class _Plan:
    """How a finished network is judged: on test rows, or by folds; `rows` are those left to learn from."""

    problem: Problem
    rows: np.ndarray
    test: np.ndarray
    whole: data.Split | None = None
    folds: tuple[data.Split, ...] = ()


def _judging_plan(problem: Problem, settings: Settings, test) -> _Plan:
    everything = np.arange(len(problem))
    nothing = np.zeros(0, np.int64)
    if isinstance(test, pl.DataFrame) or test == 0:
        return _Plan(problem, everything, nothing)
    if test is None and len(problem) < SMALL and settings.validation in ("auto", 0):
        return _Plan(problem, everything, nothing, _everything(len(problem)), _folds(problem, settings))
    split = data.split_rows(
        len(problem),
        method=settings.split,
        test=TEST_SHARE if test is None else test,
        labels=problem.labels(),
        groups=problem.groups,
        time=problem.time,
        seed=settings.seed,
    )
    return _Plan(problem.take(split.train), split.train, split.test)


def _everything(rows: int) -> data.Split:
    nothing = np.zeros(0, np.int64)
    return data.Split(np.arange(rows), nothing, nothing)


def _folds(problem: Problem, settings: Settings) -> tuple[data.Split, ...]:
    """Return training parts; the rows left out of each are judged afterwards, not during training."""
    if len(problem) < 2 * FOLDS:
        return ()
    nothing = np.zeros(0, np.int64)
    folds = data.k_folds(
        len(problem),
        FOLDS,
        method=settings.split,
        labels=problem.labels(),
        groups=problem.groups,
        time=problem.time,
        seed=settings.seed,
    )
    return tuple(data.Split(fold.train, nothing, fold.valid) for fold in folds)


def _judge(plan: _Plan, problem: Problem, done, other: Problem | None) -> dict[str, Any]:
    if other is not None:
        return _judged_on(done[0][0], other, "test table")
    if len(plan.test):
        return _judged_on(done[0][0], problem.take(plan.test), "test rows")
    if not plan.folds:
        return {}
    judged_rows = np.concatenate([fold.test for fold in plan.folds])
    said = [_predictions(done[1 + i][0], problem.take(f.test)) for i, f in enumerate(plan.folds)]
    rows = problem.take(judged_rows)
    found = judged(problem.task, _truth(done[0][0], rows), np.concatenate(said), rows.weight)
    return {**found, "method": f"{len(plan.folds)}-fold cross-validation"}


def _judged_on(model: Model, rows: Problem, method: str) -> dict[str, Any]:
    found = judged(model.target.task, _truth(model, rows), _predictions(model, rows), rows.weight)
    return {**found, "method": method}


def _predictions(model: Model, rows: Problem) -> np.ndarray:
    return model.predict(rows.frame) if rows.task == "regression" else model.predict_proba(rows.frame)


def _truth(model: Model, rows: Problem) -> np.ndarray:
    """Return the answers as class numbers, 0/1 labels, or quantities in their own units."""
    encoded = model.target.encode(rows.answers)
    if rows.task == "regression":
        values = model.target.unscale(encoded)
        return values[:, 0] if values.shape[1] == 1 else values
    return encoded[:, 0].astype(np.int64) if rows.task == "binary" else encoded


def _other_table(test, problem: Problem, frame: pl.DataFrame, target) -> Problem | None:
    if not isinstance(test, pl.DataFrame):
        return None
    missing = [name for name in frame.columns if name not in test.columns]
    if missing:
        raise InputError(
            "Expected the test table to have the columns of the training table. "
            f"Missing: {', '.join(missing)}."
        )
    targets = [target] if isinstance(target, str) else list(target)
    answers = test[targets[0]] if len(targets) == 1 else test.select(targets)
    return replace(problem, frame=test.drop(targets), answers=answers, weight=None, groups=None, time=None)


def _rows_of_table(plan: _Plan, split: data.Split) -> data.Split:
    return data.Split(plan.rows[split.train], plan.rows[split.valid], plan.test)


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
