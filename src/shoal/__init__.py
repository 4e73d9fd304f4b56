"""Train neural networks on your tables: one, or a whole shoal of them at once.

The public names are loaded when they are first used, so that ``import shoal`` and ``shoal --help``
wake neither JAX nor scikit-learn nor Polars.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shoal.estimators import NetClassifier, NetRegressor, fit_many
    from shoal.lens import augmented_samples, check_recipe, lr_find, summary
    from shoal.model.artefact import load

__version__ = "0.1.0"

_HOMES = {
    "NetClassifier": "shoal.estimators",
    "NetRegressor": "shoal.estimators",
    "augmented_samples": "shoal.lens",
    "fit_many": "shoal.estimators",
    "load": "shoal.model.artefact",
    "lr_find": "shoal.lens",
    "check_recipe": "shoal.lens",
    "summary": "shoal.lens",
}

__all__ = [
    "NetClassifier",
    "NetRegressor",
    "augmented_samples",
    "check_recipe",
    "fit_many",
    "load",
    "lr_find",
    "summary",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'shoal' has no attribute '{name}'")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value  # found once, an ordinary name from then on
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
