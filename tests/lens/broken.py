"""Layers that are wrong on purpose, each in a way that one check has to notice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp

from shoal.nets.layers import Layer


@dataclass(frozen=True)
class Mute(Layer):
    """Multiplies by zero: nothing of the inputs arrives."""

    kind: ClassVar[str] = "mute"

    def apply(self, params, running, x, mask, path, now):
        return x * 0.0, {}


@dataclass(frozen=True)
class Leak(Layer):
    """Adds the mean of the batch to every row."""

    kind: ClassVar[str] = "leak"

    def apply(self, params, running, x, mask, path, now):
        return x + jnp.mean(x, axis=0, keepdims=True), {}


@dataclass(frozen=True)
class Loud(Layer):
    """Multiplies by a hundred: outputs that are far too sure."""

    kind: ClassVar[str] = "loud"

    def apply(self, params, running, x, mask, path, now):
        return x * 100.0, {}


@dataclass(frozen=True)
class Undefined(Layer):
    """Takes the logarithm of whatever comes, negative numbers too."""

    kind: ClassVar[str] = "undefined"

    def apply(self, params, running, x, mask, path, now):
        return jnp.log(x), {}
