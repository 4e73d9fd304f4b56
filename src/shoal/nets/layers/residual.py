"""Shortcuts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shoal.nets.initializers import INITIALIZERS
from shoal.nets.layers.base import Layer, Shape


@dataclass(frozen=True)
class Residual(Layer):
    """``y = shortcut(x) + layers(x)``: identity where shapes agree, a learned projection where not."""

    kind: ClassVar[str] = "residual"
    layers: tuple[Layer, ...]

    def shape(self, shape):
        for layer in self.layers:
            shape = layer.shape(shape)
        return shape

    def shortcut(self, shape: Shape) -> dict[str, tuple[int, int]]:
        """Return the shape of the projection, or nothing where the identity serves."""
        out = self.shape(shape)
        return {} if out == shape else {"shortcut": (shape[0], out[0])}

    def init(self, shape, rng):
        projection = self.shortcut(shape)
        draw = INITIALIZERS["lecun_normal"]
        return {name: draw(rng, size[0], size[1], size) for name, size in projection.items()}
