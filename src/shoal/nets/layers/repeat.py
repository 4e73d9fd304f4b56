"""The same layers many times over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shoal.errors import SettingError
from shoal.nets.layers.base import Block


@dataclass(frozen=True)
class Repeat(Block):
    """The same layers `times` times, one after the other, each time with parameters of its own.

    The parameters are stacked along a leading axis and the forward pass scans over it, so that compiling
    takes as long for 10,000 layers as for one. Dropout draws anew in every repetition.
    """

    kind: ClassVar[str] = "repeat"
    times: int = 1

    def shape(self, shape):
        out = self.inner_shape(shape)
        if out != shape:
            raise SettingError(
                f"Expected repeated layers to keep the shape of their values. Received: {shape} in, {out} "
                "out; what changes it belongs in front of 'repeat'."
            )
        return out

    def multiply_adds(self, shape):
        return self.times * super().multiply_adds(shape)
