"""What every layer is: a frozen description with four functions, and what it may know of a forward pass.

`shape` maps the shape of one row's values through the layer, `init` draws its parameters for that shape,
`running` gives its running statistics, and `apply` is a pure function of arrays. Parameters are flat
dictionaries; a layer sees its own part under short names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import ClassVar
from zlib import crc32

import numpy as np
from jaxtyping import Array

from shoal.nets import draws

Shape = tuple[int, ...]
Values = Mapping[str, Array]

CONSTRAINTS = ("max_norm", "unit_norm", "non_negative")
"""What the weights of a layer may be held to after each step; the engine has one function for each."""


@dataclass(frozen=True)
class Pass:
    """What a layer may know of the forward pass besides its input.

    Parameters
    ----------
    train : bool
        Training (dropout active, batch statistics) or prediction.
    key : uint32 scalar or None
        Randomness of this step of this network; None in prediction. Dropout is active where there is one.
    weight : (batch,) array or None
        Row weights; padding rows have weight 0 and must not touch batch statistics.
    rates : mapping
        Traced dropout rate of each dropout layer, by its path.
    masks : mapping
        1 for a real unit and 0 for a padded one, by the path of the layer that makes the units; empty
        where no unit is padded.
    present : mapping
        Whether the network has the dense layer at a path, with what follows it; where it has not, they hand
        on what they get (`shoal.nets.depth`).
    activity : mapping
        Traced pair (l1, l2) of each activation layer whose values are penalised, by its path. Where there is
        any, the pass returns their sum as the running statistic ``"activity_penalty"``.
    frozen : frozenset of str
        Paths of the layers of which nothing may move, running statistics included.
    keep : mapping
        Which units dropout keeps, by the path of the layer, where they were drawn ahead.
    thinned : bool
        Whether dropout leaves out the same units in all rows (Monte-Carlo dropout in prediction).
    part : (int, int)
        Which part of a batch these rows are, and of how many parts of as many rows (`shoal.nets.halves`).
    tap : callable, optional
        ``(path, values, mask) -> array``: is shown the values after every activation. What it returns comes
        back among the running statistics as ``"<path>.tapped"``.
    """

    train: bool = False
    key: Array | None = None
    weight: Array | None = None
    rates: Mapping[str, Array] = field(default_factory=dict)
    masks: Mapping[str, Array] = field(default_factory=dict)
    present: Mapping[str, Array] = field(default_factory=dict)
    activity: Mapping[str, tuple[Array, Array]] = field(default_factory=dict)
    frozen: frozenset[str] = frozenset()
    keep: Mapping[str, Array] = field(default_factory=dict)
    thinned: bool = False
    part: tuple[int, int] = (0, 1)
    tap: Callable[[str, Array, Array | None], Array] | None = None

    def key_for(self, path: str) -> Array:
        """Return the random key of the layer at `path` in this step."""
        assert self.key is not None, "only a pass with a key draws"
        return draws.fold(self.key, crc32(path.encode()))


def on_last_axis(vector: Array | np.ndarray, x: Array) -> Array | np.ndarray:
    """Return a vector with one number for each unit in the shape that meets the last axis of `x`."""
    return vector.reshape((1,) * (x.ndim - 1) + vector.shape)


@dataclass(frozen=True)
class Layer:
    """Base of all layers: keeps the shape, has no parameters and no running statistics."""

    kind: ClassVar[str] = ""
    zero_at_zero: ClassVar[bool] = True
    paddable: ClassVar[bool] = False  # whether units padded with zeros change nothing
    rows_apart: ClassVar[bool] = True  # whether a row's values depend on no other row, in training too

    def shape(self, shape: Shape) -> Shape:
        """Return the shape of one row's values after the layer."""
        return shape

    def init(self, shape: Shape, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw the parameters for inputs of `shape` (one row, without the batch axis)."""
        return {}

    def running(self, shape: Shape) -> dict[str, np.ndarray]:
        """Return the running statistics before training."""
        return {}

    def multiply_adds(self, shape: Shape) -> int:
        """Return the multiply-adds of one row of `shape`; what grows with units alone is not counted."""
        return 0

    def structure(self) -> Layer:
        """Return the layer without the numbers that a compiled program takes as data."""
        return self

    def apply(
        self, params: Values, running: Values, x: Array, mask: Array | None, path: str, now: Pass
    ) -> tuple[Array, dict[str, Array]]:
        """Return the values after the layer and its new running statistics."""
        raise TypeError(f"{type(self).__name__} does not say how to apply itself.")


@dataclass(frozen=True)
class Block(Layer):
    """Base of the layers that hold layers of their own."""

    layers: tuple[Layer, ...]

    def inner_shape(self, shape: Shape) -> Shape:
        """Return the shape of one row's values after the inner layers."""
        for layer in self.layers:
            shape = layer.shape(shape)
        return shape

    def multiply_adds(self, shape):
        total = 0
        for layer in self.layers:
            total += layer.multiply_adds(shape)
            shape = layer.shape(shape)
        return total


@dataclass(frozen=True, kw_only=True)
class Weighted(Layer):
    """Base of the layers with a kernel and a bias: penalties and a constraint of their own.

    Parameters
    ----------
    kernel_l1, kernel_l2, bias_l1, bias_l2 : float, optional
        Penalties of this layer, ``l1 * sum|w| + l2 * sum w^2``; None takes those of the recipe.
    constraint : (kind, value), optional
        One of `CONSTRAINTS`: what the kernel is held to after each step, unit by unit (its last axis), as
        ``("max_norm", 3.0)``; None takes that of the recipe.
    """

    kernel_l1: float | None = None
    kernel_l2: float | None = None
    bias_l1: float | None = None
    bias_l2: float | None = None
    constraint: tuple[str, float] | None = None

    def structure(self):
        held = None if self.constraint is None else (self.constraint[0], 0.0)
        return replace(self, kernel_l1=None, kernel_l2=None, bias_l1=None, bias_l2=None, constraint=held)

    def penalties(self) -> dict[str, dict[str, float]]:
        """Return the penalties of this layer's own, by parameter: ``{"kernel": {"l2": 0.01}}``."""
        own: dict[str, dict[str, float]] = {}
        for part, kind in product(("kernel", "bias"), ("l1", "l2")):
            value = getattr(self, f"{part}_{kind}")
            if value is not None:
                own.setdefault(part, {})[kind] = float(value)
        return own
