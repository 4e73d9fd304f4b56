"""Normalisation by batch and by row, and the learned scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from shoal.nets.layers.base import Layer


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Batch normalisation (Ioffe and Szegedy 2015), with running statistics for prediction.

    ``x_hat = (x - mean) / sqrt(var + eps)``, ``y = gamma x_hat + beta``; mean and (biased) variance are
    weighted by the row weights. The running variance is unbiased, as PyTorch's.
    """

    kind: ClassVar[str] = "batch_norm"
    epsilon: float = 1e-5
    momentum: float = 0.1

    def init(self, shape, rng):
        return {"gamma": np.ones(shape), "beta": np.zeros(shape)}

    def running(self, shape):
        return {"mean": np.zeros(shape), "var": np.ones(shape)}

    def apply(self, params, running, x, mask, path, now):
        if now.train:
            mean, var, running = self._batch_statistics(running, x, now.weight)
        else:
            mean, var = running["mean"], running["var"]
        scale = params["gamma"] * jax.lax.rsqrt(var + self.epsilon)
        y = (x - mean[None, :]) * scale[None, :] + params["beta"][None, :]
        return y, dict(running)

    def _batch_statistics(self, running, x, weight):
        total = jnp.sum(weight)
        share = (weight / jnp.where(total > 0, total, 1.0))[:, None]
        mean = jnp.sum(share * x, axis=0)
        var = jnp.sum(share * jnp.square(x - mean[None, :]), axis=0)
        # n / (n - 1) for n rows; never below 1, so that weights that sum to little do not shrink it
        unbiased = var * jnp.maximum(total / jnp.maximum(total - 1.0, 1.0), 1.0)
        keep = 1.0 - self.momentum
        fresh = {
            "mean": keep * running["mean"] + self.momentum * jax.lax.stop_gradient(mean),
            "var": keep * running["var"] + self.momentum * jax.lax.stop_gradient(unbiased),
        }
        return mean, var, fresh


@dataclass(frozen=True)
class LayerNorm(Layer):
    """Layer normalisation (Ba et al., arXiv 1607.06450) over the real units of each row."""

    kind: ClassVar[str] = "layer_norm"
    epsilon: float = 1e-5

    def init(self, shape, rng):
        return {"gamma": np.ones(shape), "beta": np.zeros(shape)}

    def apply(self, params, running, x, mask, path, now):
        real = jnp.ones(x.shape[-1:], x.dtype) if mask is None else mask
        share = (real / jnp.sum(real))[None, :]
        centered = x - jnp.sum(x * share, axis=-1, keepdims=True)
        var = jnp.sum(jnp.square(centered) * share, axis=-1, keepdims=True)
        y = centered * jax.lax.rsqrt(var + self.epsilon)
        y = y * params["gamma"][None, :] + params["beta"][None, :]
        return (y if mask is None else y * mask[None, :]), {}


@dataclass(frozen=True)
class Scale(Layer):
    """Elementwise learned scale, ``y = s x`` with ``s`` starting at 1 (soft feature selection)."""

    kind: ClassVar[str] = "scale"

    def init(self, shape, rng):
        return {"scale": np.ones(shape)}

    def apply(self, params, running, x, mask, path, now):
        return x * params["scale"][None, :], {}
