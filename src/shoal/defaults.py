"""What "auto" means: settings decided from the size and the task of the table.

The figures behind the choices are printed by ``benchmarks/quality.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from shoal.errors import SettingError
from shoal.nets.heads import HEAD_OF_TASK, HEADS
from shoal.nets.losses import LOSSES
from shoal.settings import Settings

SMALL = 1000
"""Rows below which every row trains: a validation split would cost more than it gives."""


@dataclass(frozen=True)
class Facts:
    """What the defaults depend on.

    Parameters
    ----------
    rows : int
        Rows handed in to train on, before any validation split.
    task : str
    has_valid : bool
        Whether validation rows were handed in.
    """

    rows: int
    task: str
    has_valid: bool = False


def resolved(settings: Settings, facts: Facts) -> Settings:
    """Return the settings with every "auto" decided.

    Parameters
    ----------
    settings : Settings
        As given, checked.
    facts : Facts

    Returns
    -------
    Settings
        Without any "auto" but ``activation`` lists and the like as given.

    Raises
    ------
    SettingError
        If the loss does not suit the task.

    Examples
    --------
    >>> resolved(Settings(), Facts(rows=150, task="multiclass")).validation
    0.0
    """
    chosen = {name: pick(settings, facts) for name, pick in _PICKS.items()}
    open_ = {n: v for n, v in chosen.items() if getattr(settings, n) == "auto"}
    done = replace(settings, **open_)
    done = replace(done, **_patience_and_monitor(done, facts))
    _refuse_wrong_loss(done, facts.task)
    return done


def _small(facts: Facts) -> bool:
    return facts.rows < SMALL


def _pick_loss(settings: Settings, facts: Facts) -> str:
    return HEADS[HEAD_OF_TASK[facts.task]].loss


def _pick_epochs(settings: Settings, facts: Facts) -> int:
    return 100 if _small(facts) else 60


def _pick_batch(settings: Settings, facts: Facts) -> int:
    return 256


def _pick_validation(settings: Settings, facts: Facts) -> float:
    return 0.0 if _small(facts) or facts.has_valid else 0.15


_PICKS: dict[str, Any] = {
    "hidden": lambda s, f: (128, 128),
    "activation": lambda s, f: "relu",
    "dropout": lambda s, f: 0.0,
    "number_embedding": lambda s, f: "none",
    "loss": _pick_loss,
    "label_smoothing": lambda s, f: 0.0,
    "optimizer": lambda s, f: "adamw",
    "learning_rate": lambda s, f: 3e-3,
    "schedule": lambda s, f: "cosine",
    "weight_decay": lambda s, f: 0.01,
    "batch_size": _pick_batch,
    "epochs": _pick_epochs,
    "validation": _pick_validation,
    "scaling": lambda s, f: "standard",
    "smooth_clip": lambda s, f: True,
    "precision": lambda s, f: "float64" if _small(f) else "float32",
}


def _patience_and_monitor(settings: Settings, facts: Facts) -> dict[str, Any]:
    judged = settings.validation > 0 or facts.has_valid
    decided: dict[str, Any] = {}
    if settings.patience == "auto":
        decided["patience"] = 15 if judged else None
    if settings.monitor == "auto":
        decided["monitor"] = "val_loss" if judged else "loss"
    elif settings.monitor != "loss" and not judged:
        raise SettingError(
            f"Expected validation rows for monitor={settings.monitor!r}. Received none: set validation to a "
            "share such as 0.2, hand in X_val and y_val, or monitor 'loss'."
        )
    return decided


def _refuse_wrong_loss(settings: Settings, task: str) -> None:
    head = HEAD_OF_TASK[task]
    if head not in LOSSES[settings.loss].heads:
        fitting = ", ".join(name for name, kind in LOSSES.items() if head in kind.heads)
        raise SettingError(
            f"The loss '{settings.loss}' does not suit a {task} target. Choose one of: {fitting}."
        )
