"""Pictures for notebooks and papers, drawn by Matplotlib: ``pip install 'shoal[plot]'``.

Every function takes an ``ax`` to draw on, or makes a figure, and returns the axes, so that a picture can be
changed like any other. A report needs none of this.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shoal.plot.layers import gradient_flow
    from shoal.plot.probabilities import reliability
    from shoal.plot.rates import lr_find
    from shoal.plot.searches import sweep
    from shoal.plot.surface import landscape
    from shoal.plot.training import curves

_HOMES = {
    "curves": "shoal.plot.training",
    "gradient_flow": "shoal.plot.layers",
    "landscape": "shoal.plot.surface",
    "lr_find": "shoal.plot.rates",
    "reliability": "shoal.plot.probabilities",
    "sweep": "shoal.plot.searches",
}

__all__ = ["curves", "gradient_flow", "landscape", "lr_find", "reliability", "sweep"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'shoal.plot' has no attribute '{name}'")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
