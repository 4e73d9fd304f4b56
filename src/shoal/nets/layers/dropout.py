"""Dropout."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import jax.numpy as jnp

from shoal.nets import draws
from shoal.nets.layers.base import Layer


@dataclass(frozen=True)
class Dropout(Layer):
    """Inverted dropout (Srivastava et al. 2014): keep with probability ``1 - rate``, divide by it."""

    kind: ClassVar[str] = "dropout"
    paddable: ClassVar[bool] = True
    rate: float

    def structure(self):
        return replace(self, rate=0.0)

    def apply(self, params, running, x, mask, path, now):
        if now.key is None:
            return x, {}
        rate = now.rates[path]
        keep = now.keep.get(path)
        if keep is None or keep.shape != x.shape:
            keep = draws.keep_mask(now.key_for(path), rate, (1, *x.shape[1:]) if now.thinned else x.shape)
        return jnp.where(keep, x / (1.0 - rate), jnp.zeros_like(x)), {}
