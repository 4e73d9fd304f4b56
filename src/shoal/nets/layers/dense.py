"""The fully connected layer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import ClassVar

import numpy as np

from shoal.nets.initializers import initializer
from shoal.nets.layers.base import Weighted, on_last_axis


@dataclass(frozen=True)
class Dense(Weighted):
    """Fully connected: ``y = x W + b``, ``W`` of shape ``(features, units)``.

    Values of more axes, such as images, are mapped along their last axis, place by place.
    """

    kind: ClassVar[str] = "dense"
    paddable: ClassVar[bool] = True
    units: int
    initializer: str = "he_normal"
    bias: bool = True

    def shape(self, shape):
        return (*shape[:-1], self.units)

    def structure(self):
        return replace(super().structure(), initializer="zeros")

    def multiply_adds(self, shape):
        return prod(shape) * self.units

    def init(self, shape, rng):
        features = shape[-1]
        draw = initializer(self.initializer)
        values = {"kernel": draw(rng, features, self.units, (features, self.units))}
        if self.bias:
            values["bias"] = np.zeros(self.units)
        return values

    def apply(self, params, running, x, mask, path, now):
        y = x @ params["kernel"]
        return (y + on_last_axis(params["bias"], y) if self.bias else y), {}
