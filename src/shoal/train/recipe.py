"""How one network is trained: a frozen set of settings that survives JSON.

Numbers in a recipe are data of the compiled program (traced, one value per network); the few choices
that need another program are in `ProgramKey`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from shoal.axes import Precision
from shoal.nets.losses import LOSSES
from shoal.train.augment import Augmentation, numbers_of, uses_of
from shoal.train.growth import Growth, as_growth, step_flags
from shoal.train.optimizers import OPTIMIZERS, momentum_name
from shoal.train.schedules import Schedule


@dataclass(frozen=True)
class Recipe:
    """Settings of one training run, already validated (see `shoal.settings`).

    Parameters
    ----------
    loss : str
        Name in `shoal.nets.losses.LOSSES`.
    optimizer : str
        Name in `shoal.train.optimizers.OPTIMIZERS`.
    optimizer_settings : tuple of (name, value)
        Those given; the others take the optimizer's defaults.
    learning_rate : float
        Peak rate; the schedule multiplies it.
    schedule : Schedule
    weight_decay : float
        Decoupled: ``w <- w - rate * decay * w``, kernels and embeddings only.
    l2, l1 : float
        Penalties ``l2 * sum(w^2)`` (coupled, in the gradient) and ``l1 * sum(|w|)`` (proximal step, gives
        exact zeros), kernels and embeddings only.
    bias_l1, bias_l2 : float
        The same penalties on biases.
    activity_l1, activity_l2 : float
        Penalties on the values after each activation: summed over units, averaged over rows.
    constraint : tuple of (kind, value), or empty
        Name in `shoal.train.constraints.CONSTRAINTS`, held for every kernel after each step.
    clip_norm, clip_value : float
        Largest global norm of the gradient, and largest size of each of its entries; 0 is off.
    averaging : tuple of (kind, number), or empty
        ("ema", decay) or ("swa", share of the epochs after which averaging begins).
    loss_settings : tuple of (name, value)
        Numbers of the loss that are given; the others take its defaults.
    label_smoothing : float
    momentum_start : float or None
        Where the momentum (first beta) begins, to rise evenly to its value over the run.
    batch_size, epochs : int
    accumulate : int
        Batches whose gradients make one step.
    growth : Growth or None
        How the rows of a step grow.
    augment : tuple of (kind, number)
        Names in `shoal.train.augment.KINDS`, sorted: how rows are varied in each step.
    balance : bool
        Whether every class comes equally often.
    min_epochs : int
        Early stopping waits at least so long.
    patience : int
        Epochs without improvement before a network stops; 0 never stops early.
    min_delta : float
        Smallest change of the monitored figure that counts as improvement.
    monitor : str
        "loss", "val_loss", or "val_metric" (accuracy, or error for regression): decides the best weights.
    stop_loss, stop_accuracy, stop_change : float or None
        Stop once the loss (of validation rows, where there are any) is this low, the accuracy this high,
        or the monitored figure changes by less than this in an epoch.
    max_time : float or None
        Seconds after which training stops.
    record : tuple of (kind, number), or empty
        ("layers", epochs) looks at every layer while the network trains, with at most so many epochs from
        one look to the next; 0 leaves that to shoal (`shoal.train.looks`).
    precision : {"float32", "float64"}
    rate_factors : tuple of (pattern, factor)
        Factor of the learning rate for parameters whose name contains the pattern, or is it, behind "=";
        0 freezes.
    """

    loss: str
    optimizer: str = "adam"
    optimizer_settings: tuple[tuple[str, float], ...] = ()
    learning_rate: float = 1e-3
    schedule: Schedule = Schedule()
    weight_decay: float = 0.0
    l2: float = 0.0
    l1: float = 0.0
    bias_l1: float = 0.0
    bias_l2: float = 0.0
    activity_l1: float = 0.0
    activity_l2: float = 0.0
    constraint: tuple[Any, ...] = ()
    clip_norm: float = 0.0
    clip_value: float = 0.0
    averaging: tuple[Any, ...] = ()
    loss_settings: tuple[tuple[str, float | tuple[float, ...]], ...] = ()
    label_smoothing: float = 0.0
    momentum_start: float | None = None
    batch_size: int = 200
    epochs: int = 100
    accumulate: int = 1
    growth: Growth | None = None
    augment: Augmentation = ()
    balance: bool = False
    min_epochs: int = 0
    patience: int = 0
    min_delta: float = 0.0
    monitor: str = "val_loss"
    stop_loss: float | None = None
    stop_accuracy: float | None = None
    stop_change: float | None = None
    max_time: float | None = None
    record: tuple[Any, ...] = ()
    precision: Precision = "float32"
    rate_factors: tuple[tuple[str, float], ...] = ()

    def numbers(self) -> dict[str, Any]:
        """Return every number that the compiled program takes as data."""
        given = dict(self.optimizer_settings)
        return {
            # What this optimizer does not read stays out: it would change the program's arguments.
            **{name: given.get(name, value) for name, value in OPTIMIZERS[self.optimizer].defaults.items()},
            "learning_rate": self.learning_rate,
            "weight_decay": self.weight_decay,
            "l2": self.l2,
            "l1": self.l1,
            "clip_norm": self.clip_norm,
            "clip_value": self.clip_value,
            "label_smoothing": self.label_smoothing,
            "min_delta": self.min_delta,
            "average_decay": self.averaging[1] if self.averaging[:1] == ("ema",) else 0.0,
            "average_start": self.averaging[1] * self.epochs if self.averaging[:1] == ("swa",) else 0.0,
            "stop_loss": -math.inf if self.stop_loss is None else self.stop_loss,
            "stop_accuracy": math.inf if self.stop_accuracy is None else self.stop_accuracy,
            "stop_change": self.stop_change or 0.0,
            **numbers_of(self.augment),
            **self.schedule.reaction(),
        }

    def loss_numbers(self) -> dict[str, float | tuple[float, ...]]:
        """Return every number that the loss reads, as data of the program too."""
        given = dict(self.loss_settings)
        return {name: given.get(name, one.default) for name, one in LOSSES[self.loss].numbers.items()}

    def uses(self) -> tuple[str, ...]:
        """Return the optional parts of the step that this recipe switches on; each is in the program key."""
        optional = (
            *("bias_l1", "bias_l2", "clip_norm", "clip_value"),
            *("l1", "l2", "label_smoothing", "weight_decay"),
        )
        named = [name for name in optional if getattr(self, name) > 0]
        if self.accumulate > 1 or self.growth is not None:
            named.append("accumulate")
        if self.balance:
            named.append("balance")
        if self.monitor == "loss":
            named.append("look_back")  # nothing else sees a last step that leads out of the world
        return tuple(sorted([*named, *self.averaging[:1], *uses_of(self.augment)]))

    def tables(self, epochs: int, steps: int, first_epoch: int) -> dict[str, np.ndarray]:
        """Return what changes from batch to batch, as data: each of shape (epochs, steps).

        ``rate``; ``momentum``, where the optimizer has one; ``apply``, 1 where a step follows the batch,
        where gradients are added up.
        """
        when = (epochs, steps, self.epochs, first_epoch)
        found = {"rate": self.learning_rate * _factors(self.schedule, *when)}
        momentum = momentum_name(self.optimizer)
        if momentum is not None:
            given = dict(self.optimizer_settings)
            base = given.get(momentum, OPTIMIZERS[self.optimizer].defaults[momentum])
            found["momentum"] = _momenta(self.schedule, base, *when, self.momentum_start)
        if "accumulate" in self.uses():
            found["apply"] = step_flags(
                epochs, steps, self.batch_size, self.accumulate, self.growth, first_epoch
            )
        return found

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        values = dict(vars(self))
        values["schedule"] = {
            "kind": self.schedule.kind,
            "settings": dict(self.schedule.settings),
            "warmup": self.schedule.warmup,
        }
        values["optimizer_settings"] = dict(self.optimizer_settings)
        values["loss_settings"] = {
            name: list(value) if isinstance(value, tuple) else value for name, value in self.loss_settings
        }
        values["growth"] = None if self.growth is None else dict(vars(self.growth))
        values |= {name: list(values[name]) for name in ("constraint", "averaging", "record")}
        values |= {name: dict(values[name]) for name in ("augment", "rate_factors")}
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Recipe:
        """Return the recipe that `to_json` wrote."""
        rest = dict(values)
        schedule = rest.pop("schedule")
        rest |= {name: tuple(rest.get(name, ())) for name in ("constraint", "averaging", "record")}
        rest["loss_settings"] = tuple(
            (name, tuple(value) if isinstance(value, list) else value)
            for name, value in sorted(rest["loss_settings"].items())
        )
        rest["growth"] = as_growth(rest["growth"])
        pairs = {
            name: tuple(sorted(rest.pop(name).items()))
            for name in ("optimizer_settings", "rate_factors", "augment")
        }
        return cls(
            schedule=Schedule(
                schedule["kind"], tuple(sorted(schedule["settings"].items())), schedule["warmup"]
            ),
            **pairs,
            **rest,
        )


@lru_cache(maxsize=64)  # many networks of a population follow one schedule
def _factors(schedule: Schedule, *when: int) -> np.ndarray:
    return schedule.factors(*when)


@lru_cache(maxsize=64)
def _momenta(schedule: Schedule, base: float, epochs, steps, total, first, start) -> np.ndarray:
    return schedule.momenta(base, epochs, steps, total, first, start=start)
