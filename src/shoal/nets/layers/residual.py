"""Shortcuts."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from shoal.errors import SettingError
from shoal.nets.initializers import INITIALIZERS
from shoal.nets.layers.base import Block, Shape


@dataclass(frozen=True)
class Residual(Block):
    """``y = shortcut(x) + layers(x)`` (He et al., arXiv 1512.03385).

    The shortcut is the identity where shapes agree, and where the units differ a learned projection of the
    last axis: of an image, one of the channels of each place (a 1x1 convolution).
    """

    kind: ClassVar[str] = "residual"

    def shape(self, shape):
        out = self.inner_shape(shape)
        if out[:-1] != shape[:-1]:
            raise SettingError(
                f"Expected the layers of a shortcut to keep all axes but the last. Received: {shape} in, "
                f"{out} out; stride and pooling belong outside the shortcut."
            )
        return out

    def shortcut(self, shape: Shape) -> dict[str, tuple[int, int]]:
        """Return the shape of the projection, or nothing where the identity serves."""
        out = self.shape(shape)
        return {} if out == shape else {"shortcut": (shape[-1], out[-1])}

    def multiply_adds(self, shape):
        projected = sum(rows * columns for rows, columns in self.shortcut(shape).values())
        return super().multiply_adds(shape) + prod(shape[:-1]) * projected

    def init(self, shape, rng):
        projection = self.shortcut(shape)
        draw = INITIALIZERS["lecun_normal"]
        return {name: draw(rng, size[0], size[1], size) for name, size in projection.items()}
