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
        at, parts = now.part
        whole = (len(x) * parts, *x.shape[1:])
        keep = now.keep.get(path)
        if keep is None or keep.shape != whole:
            keep = draws.keep_mask(now.key_for(path), rate, (1, *x.shape[1:]) if now.thinned else whole)
        keep = keep if len(keep) == 1 else keep[at * len(x) : (at + 1) * len(x)]
        return jnp.where(keep, x / (1.0 - rate), jnp.zeros_like(x)), {}
