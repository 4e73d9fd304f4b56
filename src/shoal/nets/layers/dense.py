"""The fully connected layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shoal.nets.initializers import INITIALIZERS
from shoal.nets.layers.base import Weighted


@dataclass(frozen=True)
class Dense(Weighted):
    """Fully connected: ``y = x W + b``, ``W`` of shape ``(features, units)``."""

    kind: ClassVar[str] = "dense"
    units: int
    initializer: str = "he_normal"
    bias: bool = True

    def shape(self, shape):
        return (self.units,)

    def init(self, shape, rng):
        (features,) = shape
        draw = INITIALIZERS[self.initializer]
        values = {"kernel": draw(rng, features, self.units, (features, self.units))}
        if self.bias:
            values["bias"] = np.zeros(self.units)
        return values

    def apply(self, params, running, x, mask, path, now):
        y = x @ params["kernel"]
        return (y + params["bias"][None, :] if self.bias else y), {}
