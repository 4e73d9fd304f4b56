"""A problem made ready for networks: settings decided, rows split and encoded, each network described."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from shoal import data
from shoal.axes import Precision
from shoal.errors import SettingError, SettingNotice
from shoal.fitting.defaults import Facts, resolved
from shoal.fitting.freezing import frozen_rates
from shoal.fitting.outcome import loss_of, rate_factors_of
from shoal.fitting.problem import Problem
from shoal.fitting.transfer import adopted, by_place, with_layers
from shoal.nets.heads import HEADS
from shoal.nets.image_input import ImageInput
from shoal.nets.inputs import Input, TableInput
from shoal.nets.listing import layers_of
from shoal.nets.losses.choice import LossChoice
from shoal.nets.members import shared_members
from shoal.nets.spec import NetSpec, mlp
from shoal.settings import Settings, as_optimizer, as_schedule
from shoal.train.augment import augmentation_for
from shoal.train.averaging import as_averaging
from shoal.train.balance import balance_for
from shoal.train.growth import as_growth
from shoal.train.looks import as_record
from shoal.train.penalties import as_constraint
from shoal.train.recipe import Recipe
from shoal.train.schedules import Schedule
from shoal.train.view import Batchable, View

PIECEWISE_BINS = 16


@dataclass(frozen=True)
class Prepared:
    """A problem made ready for one network: settings decided, rows split and encoded."""

    settings: Settings
    split: data.Split
    target: data.Target
    encoder: data.Encoder
    view: View
    columns: tuple[data.Column, ...] = ()
    layers: NetSpec | None = None  # those of the network that this one starts from


def prepare(
    problem: Problem, settings: Settings, *, valid: Problem | None = None, split: data.Split | None = None
) -> Prepared:
    """Decide the settings, split the rows, and encode them; the encoder sees training rows only."""
    taken = adopted(problem, settings)
    problem, valid = taken.problem, by_place(valid, settings) if valid is not None else None
    done = resolved(taken.settings, Facts(len(problem), problem.task, valid is not None, problem.image))
    fold = split is not None and len(split.test) > 0
    split = split or _split(problem, done)
    rows = problem.take(split.train)
    target = _target(problem, rows, done)
    encoder = problem.encoder or data.fit_encoder(rows.frame, rows.columns, _encoding(done), rows.weight)
    judge = valid if valid is not None else problem.take(split.valid)
    view = View(
        batchable(rows, encoder, target, done.class_weight),
        batchable(judge, encoder, target, None) if len(judge) else None,
        whole=len(problem) if fold else 0,
    )
    return Prepared(done, split, target, encoder, view, problem.columns, taken.layers)


def spec_of(ready: Prepared) -> NetSpec:
    """Describe the network that the settings ask for."""
    s = ready.settings
    outputs = HEADS[s.head].units(ready.target.outputs, len(s.quantiles or ()))
    return network_of(s, _input(s, ready.encoder), outputs, ready.layers)


def network_of(s: Settings, inputs: Input, outputs: int, like: NetSpec | None = None) -> NetSpec:
    """Describe the network that settings without any "auto" ask for; it takes the layers of `like`."""
    spec = replace(_network(s, inputs, outputs), head_initializer=HEADS[s.head].start)
    spec, members = with_layers(spec, like), shared_members(s.ensemble)
    return spec.with_members(members) if members else spec


def _input(s: Settings, encoder: data.Encoder) -> Input:
    """Describe how encoded rows enter the network."""
    if isinstance(encoder, data.ImageEncoder):
        known = (encoder.mean, encoder.std) if encoder.whole else ()
        return ImageInput(*encoder.shape, *known)
    layout = encoder.layout
    return TableInput(
        numbers=layout.numbers,
        continuous=encoder.measured,
        levels=layout.levels,
        widths=tuple(_embedding_width(s.embedding_width, levels) for levels in layout.levels),
        number_embedding="periodic" if s.number_embedding == "periodic" else "none",
    )


def _frozen(ready: Prepared) -> tuple[tuple[str, float], ...]:
    frozen = ready.settings.frozen
    return () if frozen is None else frozen_rates(frozen, spec_of(ready))


def _image(encoder: data.Encoder) -> tuple[int, int, int] | None:
    return encoder.shape if isinstance(encoder, data.ImageEncoder) else None


def _network(s: Settings, inputs: Input, outputs: int) -> NetSpec:
    if s.layers is not None:
        spec = NetSpec(inputs, layers_of(s.layers, inputs.shape()), s.head, outputs)
        spec.features_out()  # refuses what no head reads
        return spec
    return mlp(
        inputs,
        s.hidden,
        s.head,
        outputs,
        activation=s.activation,
        dropout=s.dropout,
        input_dropout=s.input_dropout,
        norm=s.norm,
        norm_position=s.norm_position,
        residual=s.residual,
        initializer=s.initializer,
    )


def recipe_of(ready: Prepared) -> Recipe:
    """Return how the network is trained."""
    s = ready.settings
    loss = loss_of(s)
    optimizer, schedule = as_optimizer(s), as_schedule(s.schedule, s.warmup) or Schedule("constant")
    schedule.refuse_longer_than(int(s.epochs))
    for notice in (*optimizer.notices(schedule), *_idle_delta(s, loss)):
        warnings.warn(notice, SettingNotice, stacklevel=2)
    return Recipe(
        loss=loss.kind,
        loss_settings=loss.numbers,
        optimizer=optimizer.kind,
        optimizer_settings=optimizer.settings,
        momentum_start=optimizer.momentum_start,
        learning_rate=_scaled_rate(s, len(ready.view.train)),
        schedule=schedule,
        weight_decay=float(s.weight_decay),
        l2=float(s.l2),
        l1=float(s.l1),
        bias_l1=float(s.bias_l1),
        bias_l2=float(s.bias_l2),
        activity_l1=float(s.activity_l1),
        activity_l2=float(s.activity_l2),
        constraint=as_constraint(s.constraint),
        clip_norm=float(s.clip_norm or 0.0),
        clip_value=float(s.clip_value or 0.0),
        averaging=as_averaging(s.averaging),
        label_smoothing=float(s.label_smoothing),
        batch_size=int(s.batch_size),
        epochs=int(s.epochs),
        accumulate=int(s.accumulate),
        growth=as_growth(s.batch_growth),
        augment=augmentation_for(s.augment, _image(ready.encoder), s.number_embedding),
        balance=balance_for(s.balance, ready.target.task, s.class_weight),
        min_epochs=int(s.min_epochs),
        patience=int(s.patience or 0),
        min_delta=float(s.min_delta),
        monitor=s.monitor,
        stop_loss=s.stop_loss,
        stop_accuracy=s.stop_accuracy,
        stop_change=s.stop_change,
        max_time=s.max_time,
        record=() if s.record == "auto" else as_record(s.record),
        precision=cast(Precision, s.precision),
        rate_factors=(*_frozen(ready), *rate_factors_of(s)),
    )


def _idle_delta(s: Settings, loss: LossChoice) -> tuple[str, ...]:
    if s.huber_delta == 1.0 or "delta" in dict(loss.numbers):
        return ()
    return (f"huber_delta has no effect: the loss {loss.kind} has no delta.",)


def _scaled_rate(s: Settings, rows: int) -> float:
    """Return the rate for the rows of a step: the linear scaling rule (Goyal et al., arXiv 1706.02677)."""
    if s.base_batch_size is None:
        return float(s.learning_rate)
    return float(s.learning_rate) * min(s.batch_size * s.accumulate, rows) / s.base_batch_size


def prepare_all(
    problem: Problem,
    settings: Sequence[Settings],
    valid: Problem | None,
    folds: Sequence[data.Split] | None,
) -> tuple[list[tuple[Prepared, int]], list[View]]:
    """Prepare every network; those that see the same data share a view."""
    facts = Facts(len(problem), problem.task, valid is not None, problem.image)
    decided: dict[int, tuple[Any, Settings, tuple]] = {}  # the folds of a setting share one object of it
    known: dict[Any, tuple[Prepared, int]] = {}
    ready, views = [], []
    for i, given in enumerate(settings):
        split = folds[i] if folds else None
        if id(given) not in decided:
            taken = adopted(problem, given)
            done = resolved(taken.settings, facts)
            decided[id(given)] = (taken, done, (_data_settings(done), id(taken.problem.encoder)))
        taken, done, about_data = decided[id(given)]
        name = (about_data, id(split) if split else None)
        if name not in known:
            prepared = prepare(problem, given, valid=valid, split=split)
            known[name] = (prepared, len(views))
            views.append(prepared.view)
        prepared, view = known[name]
        levels = done.quantiles or ()
        target = (
            prepared.target if prepared.target.levels == levels else replace(prepared.target, levels=levels)
        )
        ready.append((replace(prepared, settings=done, target=target, layers=taken.layers), view))
    return ready, views


def with_records(ready: Sequence[tuple[Prepared, int]], folded: bool) -> list[tuple[Prepared, int]]:
    """Decide what is recorded of each network: all of one that is trained alone, or that folds only judge.

    Parameters
    ----------
    ready : sequence of (Prepared, int)
    folded : bool
        Whether the networks behind the first only judge it.
    """
    decided = []
    for i, (prepared, view) in enumerate(ready):
        alone = len(ready) == 1 or (folded and i == 0)
        record = prepared.settings.record
        if record == "auto" or (folded and i > 0):
            record = "layers" if alone else "losses"
        decided.append((replace(prepared, settings=replace(prepared.settings, record=record)), view))
    return decided


def _data_settings(s: Settings) -> tuple:
    """Return what decides a view; of resolved settings, because "auto" may mean another thing to each net."""
    names = ("validation", "split", "scaling", "smooth_clip", "one_hot_levels", "max_levels", "seed")
    steps = (s.pca, s.whiten, repr(s.mixture))
    answers = (repr(s.class_weight), s.head == "poisson", repr(s.class_order))
    return (*(getattr(s, n) for n in names), *steps, s.number_embedding == "piecewise", *answers)


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


def _target(problem: Problem, rows: Problem, s: Settings) -> data.Target:
    """Classes are known from all rows, mean and spread of a quantity from the training rows only."""
    target = problem.target
    if target is None and problem.task == "regression":
        target = data.Target.fit(rows.answers, "regression", rows.weight, counts=s.head == "poisson")
    elif target is None:
        target = data.Target.fit(problem.answers, problem.task, problem.weight, order=s.class_order)
    return replace(target, levels=s.quantiles or ())


def _encoding(s: Settings) -> data.Encoding:
    return data.Encoding(
        scaling=s.scaling,  # type: ignore[arg-type]
        smooth_clip=s.smooth_clip,
        one_hot_levels=s.one_hot_levels,
        max_levels=s.max_levels,
        bins=PIECEWISE_BINS if s.number_embedding == "piecewise" else 0,
        pca=s.pca,
        whiten=s.whiten,
        mixture=s.mixture,
    )


def batchable(rows: Problem, encoder: data.Encoder, target: data.Target, class_weight) -> Batchable:
    """Return rows as networks take them."""
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


def _embedding_width(asked: Any, levels: int) -> int:
    """Rule of thumb of fastai's tabular learner: ``1.6 levels^0.56``, at most 50."""
    return int(asked) if asked != "auto" else min(50, round(1.6 * levels**0.56))
