"""Normalisation by batch and by row, and the learned scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from shoal.nets.layers.base import Layer, on_last_axis


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Batch normalisation (Ioffe and Szegedy 2015), with running statistics for prediction.

    ``x_hat = (x - mean) / sqrt(var + eps)``, ``y = gamma x_hat + beta``, one gamma, beta, mean and (biased)
    variance for each unit: over the rows, and over the places of an image, so that the last axis alone
    keeps its own (Keras' ``BatchNormalization`` and, with channels last, PyTorch's ``BatchNorm2d``). Rows
    count by their weights. The running variance is unbiased, as PyTorch's. A frozen layer normalises by its
    running statistics in training too, and leaves them as they are (as Keras' does).
    """

    kind: ClassVar[str] = "batch_norm"
    paddable: ClassVar[bool] = True
    rows_apart: ClassVar[bool] = False
    epsilon: float = 1e-5
    momentum: float = 0.1

    def init(self, shape, rng):
        return {"gamma": np.ones(shape[-1]), "beta": np.zeros(shape[-1])}

    def running(self, shape):
        return {"mean": np.zeros(shape[-1]), "var": np.ones(shape[-1])}

    def apply(self, params, running, x, mask, path, now):
        if now.train and path not in now.frozen:
            mean, var, running = self._batch_statistics(running, x, now.weight)
        else:
            mean, var = running["mean"], running["var"]
        scale = params["gamma"] * jax.lax.rsqrt(var + self.epsilon)
        centered = x - on_last_axis(mean, x)
        return centered * on_last_axis(scale, x) + on_last_axis(params["beta"], x), dict(running)

    def _batch_statistics(self, running, x, weight):
        values = x.reshape(x.shape[0], -1, x.shape[-1])  # rows, places, units
        places, total = values.shape[1], jnp.sum(weight)
        share = (weight / (places * jnp.where(total > 0, total, 1.0)))[:, None, None]
        mean = jnp.sum(share * values, axis=(0, 1))
        var = jnp.sum(share * jnp.square(values - mean[None, None, :]), axis=(0, 1))
        # n / (n - 1) for n values; never below 1, so that weights that sum to little do not shrink it
        count = places * total
        unbiased = var * jnp.maximum(count / jnp.maximum(count - 1.0, 1.0), 1.0)
        keep = 1.0 - self.momentum
        fresh = {
            "mean": keep * running["mean"] + self.momentum * jax.lax.stop_gradient(mean),
            "var": keep * running["var"] + self.momentum * jax.lax.stop_gradient(unbiased),
        }
        return mean, var, fresh


@dataclass(frozen=True)
class LayerNorm(Layer):
    """Layer normalisation (Ba et al., arXiv 1607.06450) over the real units of each row.

    Over the last axis, as Keras does; of an image therefore over the channels of each place, as in
    PyTorch's ``LayerNorm(channels)`` with channels last.
    """

    kind: ClassVar[str] = "layer_norm"
    paddable: ClassVar[bool] = True
    epsilon: float = 1e-5

    def init(self, shape, rng):
        return {"gamma": np.ones(shape[-1]), "beta": np.zeros(shape[-1])}

    def apply(self, params, running, x, mask, path, now):
        real = jnp.ones(x.shape[-1:], x.dtype) if mask is None else mask
        share = on_last_axis(real / jnp.sum(real), x)
        centered = x - jnp.sum(x * share, axis=-1, keepdims=True)
        var = jnp.sum(jnp.square(centered) * share, axis=-1, keepdims=True)
        y = centered * jax.lax.rsqrt(var + self.epsilon)
        y = y * on_last_axis(params["gamma"], x) + on_last_axis(params["beta"], x)
        return (y if mask is None else y * on_last_axis(mask, x)), {}


@dataclass(frozen=True)
class Scale(Layer):
    """Elementwise learned scale, ``y = s x`` with ``s`` starting at 1 (soft feature selection)."""

    kind: ClassVar[str] = "scale"
    paddable: ClassVar[bool] = True

    def init(self, shape, rng):
        return {"scale": np.ones(shape)}

    def apply(self, params, running, x, mask, path, now):
        return x * params["scale"][None, :], {}
