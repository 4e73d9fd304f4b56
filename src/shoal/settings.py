"""Every setting that a user can turn: one frozen dataclass for Python, files and the command line.

``"auto"`` lets shoal decide from the table; `shoal.fitting.defaults.resolved` says what it decided.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from shoal.data import SCALINGS
from shoal.data.components import check_pca
from shoal.data.expectation import mixture_setting
from shoal.errors import SettingError
from shoal.nets.activations import ACTIVATIONS
from shoal.nets.heads import HEADS
from shoal.nets.initializers import INITIALIZERS
from shoal.nets.listing import entries_of, layers_of
from shoal.nets.losses import LOSSES
from shoal.rules import Choice, Flag, Named, Number, Rule, check, parse, refuse_unknown
from shoal.train.augment import augmentation
from shoal.train.constraints import CONSTRAINTS
from shoal.train.looks import RECORDS, as_record
from shoal.train.optimizers import NAMED, OPTIMIZERS, OptimizerChoice
from shoal.train.schedules import Schedule

_AUTO = ("auto",)
_SHARE = Number(0, 1, high_open=True)
_RATE = Number(0, 1, high_open=True, none=True)

RULES: dict[str, Rule | None] = {
    "layers": None,  # checked by shoal.nets.listing
    "hidden": Number(1, integer=True, many=True, words=_AUTO),
    "activation": Named(tuple(ACTIVATIONS), _AUTO, many=True),
    "norm": Choice(("batch", "layer"), none=True),
    "norm_position": Choice(("before", "after")),
    "residual": Flag(),
    "dropout": Number(0, 1, high_open=True, many=True, words=_AUTO),
    "input_dropout": _SHARE,
    "initializer": Named(tuple(INITIALIZERS), _AUTO),
    "number_embedding": Choice(("auto", "none", "periodic", "piecewise")),
    "embedding_width": Number(1, integer=True, words=_AUTO),
    "ensemble": Named(("average", "tabm"), also=Number(1, integer=True)),
    "start_from": None,  # a model, or the path of one
    "frozen": None,  # names of layers
    "head": Choice(("auto", *HEADS)),
    "quantiles": Number(0, 1, low_open=True, high_open=True, none=True, many=True),
    "class_order": None,  # a list of the classes, checked against the target
    "loss": Named(tuple(LOSSES), _AUTO),
    "label_smoothing": Number(0, 1, high_open=True, words=_AUTO),
    "huber_delta": Number(0, low_open=True),
    "class_weight": None,  # checked by shoal.data.class_weights, which knows the classes
    "optimizer": Named(tuple(OPTIMIZERS), _AUTO),
    "learning_rate": Number(0, low_open=True, words=("default", "auto")),
    "momentum": Number(0, 1, high_open=True, none=True, many=True),
    "rho": _RATE,
    "beta_1": _RATE,
    "beta_2": _RATE,
    "epsilon": Number(0, low_open=True, none=True),
    "schedule": None,  # a name or a mapping, checked by Schedule
    "warmup": Number(0),
    "weight_decay": Number(0, words=_AUTO),
    "l1": Number(0),
    "l2": Number(0),
    "bias_l1": Number(0),
    "bias_l2": Number(0),
    "activity_l1": Number(0),
    "activity_l2": Number(0),
    "constraint": Named(tuple(CONSTRAINTS), none=True),
    "clip_norm": Number(0, low_open=True, none=True),
    "clip_value": Number(0, low_open=True, none=True),
    "averaging": Named(("ema", "swa"), none=True),
    "augment": None,  # names and numbers, checked by shoal.train.augment
    "balance": Flag(),
    "batch_size": Number(1, integer=True, words=_AUTO),
    "base_batch_size": Number(1, integer=True, none=True),
    "accumulate": Number(1, integer=True),
    "batch_growth": None,  # a mapping, checked by shoal.train.growth
    "epochs": Number(1, integer=True, words=("auto", "cv")),
    "min_epochs": Number(0, integer=True),
    "patience": Number(1, integer=True, none=True, words=_AUTO),
    "min_delta": Number(0),
    "stop_loss": Number(-math.inf, none=True),
    "stop_accuracy": Number(0, 1, low_open=True, none=True),
    "stop_change": Number(0, low_open=True, none=True),
    "max_time": Number(0, low_open=True, none=True),
    "monitor": Choice(("auto", "loss", "val_loss", "val_metric")),
    "validation": Number(0, 1, high_open=True, words=_AUTO),
    "split": Choice(("auto", "random", "stratified", "grouped", "time")),
    "scaling": Choice(("auto", *SCALINGS)),
    "pca": None,  # checked by shoal.data
    "whiten": Flag(),
    "mixture": None,  # checked by shoal.data
    "smooth_clip": Flag(_AUTO),
    "one_hot_levels": Number(0, integer=True),
    "max_levels": Number(1, integer=True),
    "calibrate": Flag(_AUTO),
    "record": Named(RECORDS, _AUTO),
    "precision": Choice(("auto", "float32", "float64")),
    "seed": Number(0, 2**32 - 1, integer=True),
}
"""What each setting may be."""


@dataclass(frozen=True)
class Settings:
    """All settings of one network, from the table to the stopping rule.

    Parameters
    ----------
    layers : sequence, path or None
        The hidden layers one by one, as `shoal.nets.listing` reads them; takes the place of ``hidden``,
        ``activation``, ``norm``, ``residual``, ``dropout``, ``input_dropout`` and ``initializer``.
    hidden : sequence of int or "auto"
        Units of each hidden layer; ``()`` gives a linear model.
    activation : str, mapping, or sequence of these
        One of `shoal.nets.activations.ACTIVATIONS`, for all hidden layers or one each; a slope goes in a
        mapping, ``{"kind": "leaky_relu", "slope": 0.2}``.
    norm : {None, "batch", "layer"}
        Normalisation before each activation.
    norm_position : {"before", "after"}
        Whether normalisation comes before or after the activation.
    residual : bool
        A shortcut around each hidden layer.
    dropout : float or sequence of float
        Share of hidden units dropped in training, for all hidden layers or one each.
    input_dropout : float
        Share of inputs dropped in training.
    initializer : str or mapping
        Of kernels, one of `shoal.nets.initializers.INITIALIZERS`, or ``{"kind": "normal", "sigma": 0.01}``;
        "auto" takes the one that suits the activation.
    number_embedding : {"auto", "none", "periodic", "piecewise"}
        Extra features made of each number: learned cosines (periodic, arXiv 2407.04491), or position
        among the quantiles of the training rows (piecewise linear, arXiv 2203.05556).
    embedding_width : int or "auto"
        Width of the learned vector of a category with many levels.
    ensemble : int or mapping
        Networks whose answers are averaged; ``{"kind": "tabm", "members": 16}`` lets them share their
        kernels (arXiv 2410.24210).
    start_from : model, path or None
        A trained network to start from, as far as its layers fit.
    frozen : sequence of str or None
        Layers that keep their weights, by name or part of it.
    head : "auto" or str
        One of `shoal.nets.heads.HEADS`: what the outputs mean; "auto" takes what the loss needs, and what is
        usual for the task.
    quantiles : sequence of float or None
        Levels of the head "quantiles"; None takes 0.1, 0.5 and 0.9.
    class_order : sequence or None
        The classes in their order, for the head "ordinal" and the loss "squared_emd"; None takes the rising
        one.
    loss : str or mapping
        One of `shoal.nets.losses.LOSSES` that suits the head, or one with numbers of its own,
        ``{"kind": "asymmetric_huber", "omega": 0.9}``; "auto" takes the head's own.
    label_smoothing : float
        Share of the target spread evenly over the classes.
    huber_delta : float
        Where the Huber loss turns from square to straight, in standard deviations of the target; beside a
        loss that has no delta it is left alone with a `shoal.errors.SettingNotice`.
    class_weight : None, "balanced" or dict
        Weight of each class in training; "balanced" gives all classes the same total. Validation rows, and
        calibration, weigh every class as often as it occurs.
    optimizer : str or mapping
        One of `shoal.train.optimizers.OPTIMIZERS`, or ``{"kind": "adam", "beta_1": 0.8}``.
    learning_rate : float, "default" or "auto"
        Peak rate; "default" takes the recipe's own, "auto" searches one with the learning-rate finder.
    momentum, rho, beta_1, beta_2, epsilon : float or None
        Settings of the optimizer; None takes its default. Those that the optimizer does not have are left
        alone with a `shoal.errors.SettingNotice`. A pair of momenta rises from one to the other in the run.
    schedule : str or mapping
        One of `shoal.train.schedules.SCHEDULES`, or ``{"kind": "step", "factor": 0.5, "every": 10}``.
    warmup : float
        Epochs of linear warm-up.
    weight_decay : float
        Decoupled decay of kernels.
    l1, l2 : float
        Penalties ``l1 * sum|w|`` and ``l2 * sum w^2`` on kernels.
    clip_norm : float or None
        Largest norm of the gradient.
    clip_value : float or None
        Largest absolute value of each entry of the gradient.
    bias_l1, bias_l2 : float
        Penalties on biases.
    activity_l1, activity_l2 : float
        Penalties on the values after each hidden activation, summed over units, averaged over rows.
    constraint : None, str or mapping
        One of `shoal.train.constraints.CONSTRAINTS`, held for the weights of each unit after every step.
    averaging : None, "ema", "swa" or mapping
        Average of the weights over steps (``{"kind": "ema", "decay": 0.999}``) or over the last epochs
        (``{"kind": "swa", "start": 0.75}``), which then predicts.
    augment : None, "auto", mapping, or names
        How training rows are varied anew in every step: kinds of `shoal.train.augment.KINDS` with a number
        each, ``{"rotate": 15, "flip_horizontal": 0.5}``, or names alone. "auto" varies images only.
    balance : bool
        Draw the rows of each epoch with replacement so that every class comes equally often.
    base_batch_size : int or None
        Batch size that ``learning_rate`` is meant for; the rate grows in proportion to the real one
        (arXiv 1706.02677).
    accumulate : int
        Batches whose gradients are added up to one step.
    batch_growth : None or mapping
        ``{"factor": 2, "every": 10}`` doubles the rows of a step every 10 epochs (arXiv 1711.00489).
    batch_size, epochs : int or "auto"
        Rows of a step; most passes over the training rows. ``epochs="cv"`` finds the number by
        cross-validation, then trains on everything.
    min_epochs : int
        Early stopping waits at least so long.
    patience : int, None or "auto"
        Epochs without improvement after which training stops; None never stops early.
    min_delta : float
        Smallest change that counts as improvement.
    stop_loss, stop_accuracy : float or None
        Training stops once the monitored loss is this low, or the validation accuracy this high.
    stop_change : float or None
        Training stops once the monitored figure changes by less than this from one epoch to the next.
    max_time : float or None
        Seconds after which training stops.
    monitor : str
        What decides the best weights: "val_loss", "val_metric" or "loss".
    validation : float or "auto"
        Share of the rows kept for validation; "auto" keeps none of a small table.
    split : str
        How the validation rows are chosen.
    scaling : str
        One of `shoal.data.SCALINGS`.
    pca : None, "all", int or float
        Rotate the numbers to their principal components: all, so many, or those with this share of the
        variance.
    whiten : bool
        Scale the components to variance 1.
    mixture : None, int or mapping
        Gaussian mixture of the training rows, which says how unlike them a new row is.
    smooth_clip : bool or "auto"
        Draw scaled numbers smoothly into (-3, 3), so that outliers do no harm.
    one_hot_levels, max_levels : int
        Categories with at most so many levels are one-hot, larger ones embedded; levels kept at most.
    calibrate : bool or "auto"
        Divide the logits by a temperature, so that probabilities are as sure as they should be (arXiv
        1706.04599). True fits it on the validation rows, or by the folds that judge a small table; "auto"
        only by such folds.
    record : "auto", "losses", "layers" or mapping
        What is kept of every epoch: losses and rates, or also what goes on in each layer (gradient, weights,
        updates, activations). ``{"kind": "layers", "every": 1}`` looks at the layers after every epoch,
        "layers" so seldom that it costs a few per cent of the time. "auto" takes "layers" for a network that
        is trained alone, "losses" among many.
    precision : {"auto", "float32", "float64"}
    seed : int
        Decides initial weights, the split, the order of rows and dropout.
    """

    layers: Any = None
    hidden: Any = "auto"
    activation: Any = "auto"
    norm: str | None = None
    norm_position: str = "before"
    residual: bool = False
    dropout: Any = "auto"
    input_dropout: float = 0.0
    initializer: Any = "auto"
    number_embedding: str = "auto"
    embedding_width: Any = "auto"
    ensemble: Any = 1
    start_from: Any = None
    frozen: Any = None
    head: str = "auto"
    quantiles: Any = None
    class_order: Any = None
    loss: Any = "auto"
    label_smoothing: Any = "auto"
    huber_delta: float = 1.0
    class_weight: Any = None
    optimizer: Any = "auto"
    learning_rate: Any = "default"
    momentum: Any = None
    rho: float | None = None
    beta_1: float | None = None
    beta_2: float | None = None
    epsilon: float | None = None
    schedule: Any = "auto"
    warmup: float = 0.0
    weight_decay: Any = "auto"
    l1: float = 0.0
    l2: float = 0.0
    bias_l1: float = 0.0
    bias_l2: float = 0.0
    activity_l1: float = 0.0
    activity_l2: float = 0.0
    constraint: Any = None
    clip_norm: float | None = None
    clip_value: float | None = None
    averaging: Any = None
    augment: Any = "auto"
    balance: bool = False
    batch_size: Any = "auto"
    base_batch_size: int | None = None
    accumulate: int = 1
    batch_growth: Any = None
    epochs: Any = "auto"
    min_epochs: int = 0
    patience: Any = "auto"
    min_delta: float = 0.0
    stop_loss: float | None = None
    stop_accuracy: float | None = None
    stop_change: float | None = None
    max_time: float | None = None
    monitor: str = "auto"
    validation: Any = "auto"
    split: str = "auto"
    scaling: str = "auto"
    pca: Any = None
    whiten: bool = False
    mixture: Any = None
    smooth_clip: Any = "auto"
    one_hot_levels: int = 8
    max_levels: int = 256
    calibrate: Any = "auto"
    record: Any = "auto"
    precision: str = "auto"
    seed: int = 0

    def checked(self, owner: str = "shoal") -> Settings:
        """Return the settings with lists as tuples, or refuse the first that is wrong.

        Raises
        ------
        SettingError
            In one sentence: name, what it must be, what came.

        Examples
        --------
        >>> Settings(patience=0).checked("NetClassifier")
        Traceback (most recent call last):
        ...
        shoal.errors.SettingError: The 'patience' parameter of NetClassifier must be an int in the range \
[1, inf), 'auto' or None. Got 0 instead.
        """
        for name, rule in RULES.items():
            if rule is not None:
                check(owner, name, getattr(self, name), rule)
        as_schedule(self.schedule, self.warmup)
        check_pca(self.pca)
        mixture_setting(self.mixture)
        as_record(self.record)
        if self.augment != "auto":
            augmentation(self.augment, owner)
        if self.optimizer != "auto":
            as_optimizer(self)
        lists = {n: tuple(getattr(self, n)) for n in _LISTS if isinstance(getattr(self, n), list)}
        hidden = self.hidden
        if isinstance(hidden, int):
            lists["hidden"] = (hidden,)
        listed = {} if self.layers is None else {"layers": self._listed(owner)}
        return self.changed(**lists, **listed)

    def changed(self, **values: Any) -> Settings:
        """Return the settings with some others, none of them checked.

        What `dataclasses.replace` does too, in a tenth of the time; a search does it thousands of times.

        Examples
        --------
        >>> Settings().changed(epochs=3) == Settings(epochs=3)
        True
        """
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__, **values)
        return made

    def _listed(self, owner: str) -> list[Any]:
        """Return the list of layers, read from its file if it is one; nothing else may describe layers."""
        default = type(self)()
        beside = [name for name in LAYER_SETTINGS if getattr(self, name) != getattr(default, name)]
        if beside:
            raise SettingError(
                f"Expected {owner} to be given layers or {', '.join(beside)}, not both. Say it in the list."
            )
        entries = entries_of(self.layers)
        layers_of(entries)
        return entries

    @classmethod
    def known(cls) -> tuple[str, ...]:
        """Return the names of all settings."""
        return tuple(field.name for field in fields(cls))

    @classmethod
    def of(cls, values: Mapping[str, Any], owner: str = "shoal") -> Settings:
        """Return checked settings from a mapping; unknown names are refused with the nearest known one."""
        refuse_unknown(owner, values, cls.known())
        return cls(**values).checked(owner)

    @classmethod
    def parse(cls, texts: Mapping[str, str], base: Mapping[str, Any] | None = None) -> Settings:
        """Return checked settings from words typed on a command line, over those in `base`.

        Examples
        --------
        >>> Settings.parse({"hidden": "256,128", "dropout": "0.2"}).hidden
        (256, 128)
        """
        refuse_unknown("shoal", texts, cls.known())
        typed = {name: parse(name, text, RULES[name]) for name, text in texts.items()}
        return cls.of({**(base or {}), **typed})

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {name: _as_json(value) for name, value in vars(self).items()}

    def given(self) -> dict[str, Any]:
        """Return the settings that differ from the defaults, as plain JSON values."""
        default = _default_json()
        return {k: v for k, v in self.to_json().items() if v != default[k]}


@cache
def _default_json() -> dict[str, Any]:
    return Settings().to_json()


def _as_json(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "predict"):  # a network to start from
        return f"{type(value).__name__} in memory"
    return value.to_json() if isinstance(value, Schedule) else value


LAYER_SETTINGS = (
    "hidden",
    "activation",
    "norm",
    "norm_position",
    "residual",
    "dropout",
    "input_dropout",
    "initializer",
)
"""Settings whose place a list of layers takes."""

_LISTS = ("momentum", "hidden", "activation", "dropout", "quantiles", "class_order", "frozen")


def as_optimizer(settings: Settings) -> OptimizerChoice:
    """Return the optimizer that decided settings name, with its own settings."""
    named = {name: getattr(settings, name) for name in NAMED}
    return OptimizerChoice.of(settings.optimizer, named)


def as_schedule(value: Any, warmup: float = 0.0) -> Schedule | None:
    """Return the schedule that a setting names; None for "auto"."""
    return None if isinstance(value, str) and value == "auto" else Schedule.of(value, warmup)
