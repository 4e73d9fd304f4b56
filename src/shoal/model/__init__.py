"""What you keep: a trained network that predicts, explains itself, and lives in one file.

The names are loaded when they are first used, so that reading a card (`shoal.model.archive.read_card`)
does not wake JAX.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shoal.model.artefact import load, save
    from shoal.model.model import Model

_HOMES = {
    "Model": "shoal.model.model",
    "load": "shoal.model.artefact",
    "save": "shoal.model.artefact",
}

__all__ = ["Model", "load", "save"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'shoal.model' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)
