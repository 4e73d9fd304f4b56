"""What every layer is: a frozen description with four functions, and what it may know of a forward pass.

`shape` maps the shape of one row's values through the layer, `init` draws its parameters for that shape,
`running` gives its running statistics, and `apply` is a pure function of arrays. Parameters are flat
dictionaries; a layer sees its own part under short names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar
from zlib import crc32

import numpy as np
from jaxtyping import Array

from shoal.nets import draws

Shape = tuple[int, ...]
Values = Mapping[str, Array]


@dataclass(frozen=True)
class Pass:
    """What a layer may know of the forward pass besides its input.

    Parameters
    ----------
    train : bool
        Training (dropout active, batch statistics) or prediction.
    key : uint32 scalar or None
        Randomness of this step of this network; None in prediction.
    weight : (batch,) array or None
        Row weights; padding rows have weight 0 and must not touch batch statistics.
    rates : mapping
        Traced dropout rate of each dropout layer, by its path.
    masks : mapping
        1 for a real unit and 0 for a padded one, by the path of the layer that makes the units; empty
        where no unit is padded.
    """

    train: bool = False
    key: Array | None = None
    weight: Array | None = None
    rates: Mapping[str, Array] = field(default_factory=dict)
    masks: Mapping[str, Array] = field(default_factory=dict)

    def key_for(self, path: str) -> Array:
        """Return the random key of the layer at `path` in this step."""
        assert self.key is not None, "only a training pass draws"
        return draws.fold(self.key, crc32(path.encode()))


@dataclass(frozen=True)
class Layer:
    """Base of all layers: keeps the shape, has no parameters and no running statistics."""

    kind: ClassVar[str] = ""
    zero_at_zero: ClassVar[bool] = True

    def shape(self, shape: Shape) -> Shape:
        """Return the shape of one row's values after the layer."""
        return shape

    def init(self, shape: Shape, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw the parameters for inputs of `shape` (one row, without the batch axis)."""
        return {}

    def running(self, shape: Shape) -> dict[str, np.ndarray]:
        """Return the running statistics before training."""
        return {}

    def apply(
        self, params: Values, running: Values, x: Array, mask: Array | None, path: str, now: Pass
    ) -> tuple[Array, dict[str, Array]]:
        """Return the values after the layer and its new running statistics."""
        raise TypeError(f"{type(self).__name__} does not say how to apply itself.")
