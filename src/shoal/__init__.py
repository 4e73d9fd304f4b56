"""Train neural networks on your tables: one, or a whole shoal of them at once.

The public names are loaded when they are first used, so that ``import shoal`` and ``shoal --help``
wake neither JAX nor scikit-learn nor Polars.
"""

from __future__ import annotations

import atexit
import gc
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shoal import plot
    from shoal.estimators import NetClassifier, NetRegressor, fit_many
    from shoal.lens import (
        augmented_samples,
        backprop,
        check_recipe,
        explain,
        landscape,
        lr_find,
        summary,
    )
    from shoal.model.artefact import load
    from shoal.sweep.ablation.door import ablate
    from shoal.sweep.curves.door import curve
    from shoal.sweep.search_cv import SweepCV
    from shoal.sweep.space import (
        beta,
        choice,
        grid,
        intrange,
        lognormal,
        loguniform,
        normal,
        tie,
        uniform,
        when,
    )

__version__ = "0.1.0"

_WORDS = ("beta", "choice", "grid", "intrange", "lognormal", "loguniform", "normal", "tie", "uniform", "when")

_HOMES = {
    "NetClassifier": "shoal.estimators",
    "NetRegressor": "shoal.estimators",
    "ablate": "shoal.sweep.ablation.door",
    "augmented_samples": "shoal.lens",
    "backprop": "shoal.lens",
    "explain": "shoal.lens",
    "landscape": "shoal.lens",
    "curve": "shoal.sweep.curves.door",
    "fit_many": "shoal.estimators",
    "load": "shoal.model.artefact",
    "lr_find": "shoal.lens",
    "check_recipe": "shoal.lens",
    "summary": "shoal.lens",
    "SweepCV": "shoal.sweep.search_cv",
    **dict.fromkeys(_WORDS, "shoal.sweep.space"),
}

__all__ = [
    "NetClassifier",
    "NetRegressor",
    "SweepCV",
    "ablate",
    "augmented_samples",
    "backprop",
    "beta",
    "check_recipe",
    "choice",
    "curve",
    "explain",
    "fit_many",
    "grid",
    "intrange",
    "load",
    "lognormal",
    "loguniform",
    "landscape",
    "lr_find",
    "normal",
    "plot",
    "summary",
    "tie",
    "uniform",
    "when",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name == "plot":
        return _imported("shoal.plot")
    if name not in _HOMES:
        raise AttributeError(f"module 'shoal' has no attribute '{name}'")
    value = getattr(_imported(_HOMES[name]), name)
    globals()[name] = value  # found once, an ordinary name from then on
    return value


def _imported(room: str) -> Any:
    """Import a room while no garbage is collected: all of it stays, and looking took a sixth of the time."""
    collecting = gc.isenabled()
    gc.disable()
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)  # at the end of the process too: to look through it all takes 0.3 s
    try:
        return import_module(room)
    finally:
        if collecting:
            if not gc.get_freeze_count():  # to the oldest objects at once, which are looked at least
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
