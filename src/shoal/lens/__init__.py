"""Looking closer: a learning rate found before training, and a recipe checked before it is trusted.

The names are loaded when they are first used: the command line looks closer without scikit-learn.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shoal.lens.augmenting import augmented_samples
    from shoal.lens.checking import check_recipe
    from shoal.lens.explaining.dependence import partial_dependence
    from shoal.lens.explaining.door import explain
    from shoal.lens.explaining.importance import permutation_importance
    from shoal.lens.finding import lr_find
    from shoal.lens.graph.door import backprop
    from shoal.lens.graph.gates import inputs
    from shoal.lens.kept import answers
    from shoal.lens.network_summary import summary
    from shoal.lens.surface.door import landscape

_HOMES = {
    "answers": "shoal.lens.kept",
    "augmented_samples": "shoal.lens.augmenting",
    "backprop": "shoal.lens.graph.door",
    "check_recipe": "shoal.lens.checking",
    "explain": "shoal.lens.explaining.door",
    "inputs": "shoal.lens.graph.gates",
    "landscape": "shoal.lens.surface.door",
    "lr_find": "shoal.lens.finding",
    "partial_dependence": "shoal.lens.explaining.dependence",
    "permutation_importance": "shoal.lens.explaining.importance",
    "summary": "shoal.lens.network_summary",
}

__all__ = [
    "answers",
    "augmented_samples",
    "backprop",
    "check_recipe",
    "explain",
    "inputs",
    "landscape",
    "lr_find",
    "partial_dependence",
    "permutation_importance",
    "summary",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'shoal.lens' has no attribute '{name}'")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value  # from now on the function, where importing its module had put the module
    return value
