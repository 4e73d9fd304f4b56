"""Activation functions as layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shoal.nets.activations import ACTIVATIONS
from shoal.nets.layers.base import Layer


@dataclass(frozen=True)
class Activation(Layer):
    """An activation function from `shoal.nets.activations.ACTIVATIONS`, unit by unit."""

    kind: ClassVar[str] = "activation"
    name: str

    @property
    def zero_at_zero(self) -> bool:  # type: ignore[override]
        return ACTIVATIONS[self.name].zero_at_zero

    def apply(self, params, running, x, mask, path, now):
        return ACTIVATIONS[self.name].function(x), {}
