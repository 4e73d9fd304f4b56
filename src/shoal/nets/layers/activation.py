"""Activation functions as layers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from shoal.nets.activations import ACTIVATIONS
from shoal.nets.layers.base import Layer


@dataclass(frozen=True)
class Activation(Layer):
    """An activation function from `shoal.nets.activations.ACTIVATIONS`, unit by unit.

    `activity_l1` and `activity_l2` penalise its values, ``l1 * |a| + l2 * a^2``; None takes those of the
    recipe.
    """

    kind: ClassVar[str] = "activation"
    name: str
    activity_l1: float | None = None
    activity_l2: float | None = None

    @property
    def zero_at_zero(self) -> bool:  # type: ignore[override]
        return ACTIVATIONS[self.name].zero_at_zero

    def structure(self):
        return replace(self, activity_l1=None, activity_l2=None)

    def apply(self, params, running, x, mask, path, now):
        return ACTIVATIONS[self.name].function(x), {}
