"""How one network is trained: a frozen set of settings that survives JSON.

Numbers in a recipe are data of the compiled program (traced, one value per network); the few choices
that need another program are in `ProgramKey`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shoal.axes import Precision
from shoal.train.optimizers import OPTIMIZERS
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
    clip_norm : float
        Largest global norm of the gradient; 0 is off.
    label_smoothing, huber_delta : float
        Settings of the loss.
    batch_size, epochs : int
    min_epochs : int
        Early stopping waits at least so long.
    patience : int
        Epochs without improvement before a network stops; 0 never stops early.
    min_delta : float
        Smallest change of the monitored figure that counts as improvement.
    monitor : str
        "loss", "val_loss", or "val_metric" (accuracy, or error for regression): decides the best weights.
    precision : {"float32", "float64"}
    rate_factors : tuple of (pattern, factor)
        Factor of the learning rate for parameters whose name contains the pattern; 0 freezes.
    """

    loss: str
    optimizer: str = "adam"
    optimizer_settings: tuple[tuple[str, float], ...] = ()
    learning_rate: float = 1e-3
    schedule: Schedule = Schedule()
    weight_decay: float = 0.0
    l2: float = 0.0
    l1: float = 0.0
    clip_norm: float = 0.0
    label_smoothing: float = 0.0
    huber_delta: float = 1.0
    batch_size: int = 200
    epochs: int = 100
    min_epochs: int = 0
    patience: int = 0
    min_delta: float = 0.0
    monitor: str = "val_loss"
    precision: Precision = "float32"
    rate_factors: tuple[tuple[str, float], ...] = ()

    def numbers(self) -> dict[str, float]:
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
            "label_smoothing": self.label_smoothing,
            "huber_delta": self.huber_delta,
            "min_delta": self.min_delta,
        }

    def uses(self) -> tuple[str, ...]:
        """Return the optional parts of the step that this recipe switches on; each is in the program key."""
        optional = ("clip_norm", "l1", "l2", "label_smoothing", "weight_decay")
        return tuple(name for name in optional if getattr(self, name) > 0)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        values = dict(vars(self))
        values["schedule"] = {
            "kind": self.schedule.kind,
            "settings": dict(self.schedule.settings),
            "warmup": self.schedule.warmup,
        }
        values["optimizer_settings"] = dict(self.optimizer_settings)
        values["rate_factors"] = dict(self.rate_factors)
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Recipe:
        """Return the recipe that `to_json` wrote."""
        rest = dict(values)
        schedule = rest.pop("schedule")
        pairs = {
            name: tuple(sorted(rest.pop(name).items())) for name in ("optimizer_settings", "rate_factors")
        }
        return cls(
            schedule=Schedule(
                schedule["kind"], tuple(sorted(schedule["settings"].items())), schedule["warmup"]
            ),
            **pairs,
            **rest,
        )
