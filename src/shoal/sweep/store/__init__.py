"""What is kept of a sweep: its plan, the batches that were asked and told, every run, states to go on from.

SQLAlchemy is woken when the first name that needs it is used; `RunRow` and `Batch` are plain data.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from shoal.sweep.store.records import Batch, RunRow

if TYPE_CHECKING:
    from shoal.sweep.store.optuna_study import OptunaStudy
    from shoal.sweep.store.store import Store

_HOMES = {"Store": "shoal.sweep.store.store", "OptunaStudy": "shoal.sweep.store.optuna_study"}

__all__ = ["Batch", "OptunaStudy", "RunRow", "Store"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'shoal.sweep.store' has no attribute '{name}'")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value  # found once, an ordinary name from then on
    return value
