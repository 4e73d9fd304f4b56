"""What "auto" means: settings decided from the size and the task of the table.

The figures behind the choices are printed by ``benchmarks/quality.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from shoal.errors import SettingError
from shoal.fitting import outcome
from shoal.nets.image_nets import default_layers
from shoal.settings import LAYER_SETTINGS, Settings
from shoal.train.augment import augmentation
from shoal.train.optimizers import OPTIMIZERS

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
    image : (height, width, channels), optional
        Where the rows are images.
    """

    rows: int
    task: str
    has_valid: bool = False
    image: tuple[int, int, int] | None = None


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
        If head or loss do not suit the task, or each other.

    Examples
    --------
    >>> resolved(Settings(), Facts(rows=150, task="multiclass")).validation
    0.0
    """
    if settings.epochs == "cv":  # the folds validate each other
        facts = replace(facts, has_valid=True)
    settings = _with_default_layers(settings, facts)
    auto = _auto(facts) | _of_likelihoods(settings, facts) | (_LINEAR if settings.hidden == () else {})
    if settings.layers is not None:
        auto = {name: value for name, value in auto.items() if name not in LAYER_SETTINGS}
    auto |= _suited(settings.optimizer, auto, facts) | _beside_noise(settings.augment)
    open_ = {name: value for name, value in auto.items() if _is_open(getattr(settings, name))}
    done = settings.changed(**open_)
    done = done.changed(**_patience_and_monitor(done, facts))
    return done.changed(**outcome.decided(done, facts.task))


_COMMON: dict[str, Any] = {
    "hidden": (128, 128),
    "augment": None,
    "label_smoothing": 0.0,
    "optimizer": "adamw",
    "schedule": "cosine",
    "batch_size": 256,
    "scaling": "standard",
    "smooth_clip": True,
}
_SMALL: dict[str, Any] = {
    # every row trains and nothing watches: no randomness but the initial weights, and 64 bits cost nothing
    "dropout": 0.0,
    "validation": 0.0,
    "precision": "float64",
}
_LARGE: dict[str, Any] = {"validation": 0.15, "precision": "float32", "number_embedding": "piecewise"}
_CLASSES: dict[str, Any] = {"activation": "silu", "learning_rate": 3e-3, "weight_decay": 0.3}
_QUANTITY: dict[str, Any] = {
    "activation": "relu",
    "weight_decay": 0.1,
    "number_embedding": "piecewise",
    "dropout": 0.0,
}

_RECIPES: dict[tuple[str, bool], dict[str, Any]] = {
    ("classes", True): {**_COMMON, **_SMALL, **_CLASSES, "number_embedding": "none", "epochs": 120},
    ("classes", False): {**_COMMON, **_LARGE, **_CLASSES, "dropout": 0.25, "epochs": 40},
    ("quantity", True): {**_COMMON, **_SMALL, **_QUANTITY, "learning_rate": 1e-2, "epochs": 100},
    ("quantity", False): {**_COMMON, **_LARGE, **_QUANTITY, "learning_rate": 5e-3, "epochs": 30},
}
"""(what is predicted, whether the table is small) -> what "auto" means."""

_FEW_IMAGES = 5000
_IMAGES: dict[str, Any] = {
    "number_embedding": "none",
    "precision": "float32",
    "activation": "relu",
    "learning_rate": 5e-3,
    "weight_decay": 0.05,
    "schedule": "one_cycle",
    "batch_size": 128,
    # strengths in degrees and in shares of a side; nothing is mirrored, because a mirrored 3 is no 3
    "augment": {"rotate": 10.0, "shift": 0.1, "zoom": 0.1},
}


def _of_images(facts: Facts) -> dict[str, Any]:
    """Return what "auto" means for images; fewer of them are seen more often."""
    few = facts.rows < _FEW_IMAGES
    epochs = min(max(round(10 * (60_000 / facts.rows) ** 0.5), 8), 80)
    return {**_IMAGES, "validation": 0.0 if few else 0.1, "epochs": epochs, "batch_size": 32 if few else 128}


_PATIENCE = 10
_LIKE_ADAM = {**dict.fromkeys(("auto", "adam", "adamw", "nadam", "muon", "rmsprop"), 1.0), "lion": 0.2}
"""Optimizers whose steps are about of one size: what Adam's rate is multiplied by for each."""


def _suited(optimizer: Any, auto: dict[str, Any], facts: Facts) -> dict[str, Any]:
    """Return what "auto" means beside an optimizer other than its own: rates differ a hundredfold.

    The decay of a step, rate times weight decay, stays what it was.
    """
    name = optimizer["kind"] if isinstance(optimizer, Mapping) else optimizer
    if _LIKE_ADAM.get(name) == 1.0:
        return {}
    kind = OPTIMIZERS[name]
    if kind.searches:  # all rows in every step, and the search itself finds how far to go
        still = {"dropout": 0.0, "weight_decay": 0.0, "schedule": "constant"}
        return {"learning_rate": kind.learning_rate, "batch_size": facts.rows, **still}
    rate = _LIKE_ADAM[name] * auto["learning_rate"] if name in _LIKE_ADAM else kind.learning_rate
    return {"learning_rate": rate, "weight_decay": auto["weight_decay"] * auto["learning_rate"] / rate}


def _beside_noise(augment: Any) -> dict[str, Any]:
    """Return what "auto" means beside noise, which could not follow numbers into their piecewise features."""
    noisy = augment != "auto" and "noise" in dict(augmentation(augment))
    return {"number_embedding": "none"} if noisy else {}


def _with_default_layers(settings: Settings, facts: Facts) -> Settings:
    """Return the settings with the layers that images get where no setting speaks of layers."""
    default = Settings()
    said = [n for n in ("layers", *LAYER_SETTINGS) if getattr(settings, n) != getattr(default, n)]
    if facts.image is None or said:
        return settings
    return settings.changed(layers=default_layers(facts.image))


def _of_likelihoods(settings: Settings, facts: Facts) -> dict[str, Any]:
    """Return what "auto" means where a small table is to say how sure it is of a quantity.

    All its rows train, and a variance or a rate that follows single rows is worse than none: on four
    problems of 300 rows this took the loss of a Gaussian from above that of a constant (3.8 and 37) to well
    below it (-0.4 and 0.2), and that of counts from 0.08 to -0.05.
    """
    likelihoods = ("poisson", "gaussian")
    if facts.rows >= SMALL or facts.image or outcome.head_of(settings, facts.task) not in likelihoods:
        return {}
    calm = {"activation": "silu", "number_embedding": "none", "dropout": 0.25}
    return {**calm, "learning_rate": 3e-3, "weight_decay": 0.3}


def _is_open(value: Any) -> bool:
    # "cv": the folds may train as long as by default (`shoal.fitting.epochs_by_folds`)
    return isinstance(value, str) and value in ("auto", "default", "cv")


def _auto(facts: Facts) -> dict[str, Any]:
    kind = "quantity" if facts.task == "regression" else "classes"
    recipe = _RECIPES[kind, facts.rows < SMALL]
    if facts.image is not None:
        recipe = {**recipe, **_of_images(facts)}
    return {**recipe, "validation": 0.0} if facts.has_valid else recipe


_LINEAR: dict[str, Any] = {"number_embedding": "none", "smooth_clip": False}
"""Without hidden layers the network is to be a linear model of the table's own numbers."""


def _patience_and_monitor(settings: Settings, facts: Facts) -> dict[str, Any]:
    judged = settings.validation > 0 or facts.has_valid
    decided: dict[str, Any] = {}
    if settings.patience == "auto":
        decided["patience"] = _PATIENCE if judged else None
    if settings.monitor == "auto":
        decided["monitor"] = "val_loss" if judged else "loss"
    elif settings.monitor != "loss" and not judged:
        raise SettingError(
            f"Expected validation rows for monitor={settings.monitor!r}. Received none: set validation to a "
            "share such as 0.2, hand in X_val and y_val, or monitor 'loss'."
        )
    if settings.stop_accuracy is not None and not judged:
        raise SettingError(
            f"Expected validation rows for stop_accuracy={settings.stop_accuracy!r}. "
            "Received none: set validation to a share such as 0.2, or hand in X_val and y_val."
        )
    return decided
