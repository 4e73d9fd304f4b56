"""Losses, one value per row, computed from raw outputs (logits) for numerical stability.

A loss is a function ``(outputs, target, settings) -> (batch,)``; `settings` holds traced numbers such as the
label smoothing. The weighted mean over rows is taken in one place (`weighted_mean`), normalised by the
sum of weights, so that weight 2 equals the row twice and weight 0 the row absent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

LossFunction = Callable[[Array, Array, Mapping[str, Array]], Float[Array, "batch"]]


@dataclass(frozen=True)
class LossKind:
    """A loss: its function, the heads that it suits, and the traced settings that it reads."""

    function: LossFunction
    heads: tuple[str, ...]
    settings: tuple[str, ...] = ()


def weighted_mean(values: Float[Array, "batch"], weight: Float[Array, "batch"]) -> Float[Array, ""]:
    """Return ``sum(w v) / sum(w)``; a batch of weight zero gives 0 rather than NaN."""
    total = jnp.sum(weight)
    return jnp.sum(values * weight) / jnp.where(total > 0, total, 1.0)


def squared_error(outputs, target, settings):
    """Mean over outputs of ``(y - q)^2``."""
    return jnp.mean(jnp.square(outputs - target), axis=-1)


def absolute_error(outputs, target, settings):
    """Mean over outputs of ``|y - q|``."""
    return jnp.mean(jnp.abs(outputs - target), axis=-1)


def huber(outputs, target, settings):
    """``r^2/2`` for ``|r| <= delta``, else ``delta (|r| - delta/2)`` (Huber 1964); mean over outputs."""
    residual = jnp.abs(outputs - target)
    delta = settings["huber_delta"]
    quadratic = jnp.minimum(residual, delta)
    return jnp.mean(0.5 * jnp.square(quadratic) + delta * (residual - quadratic), axis=-1)


def cross_entropy(outputs, target, settings):
    """``-sum_c t_c log softmax(outputs)_c`` with smoothed targets ``t = (1 - s) onehot + s / C``."""
    log_p = jax.nn.log_softmax(outputs, axis=-1)
    classes = outputs.shape[-1]
    onehot = jax.nn.one_hot(target, classes, dtype=outputs.dtype)
    hit = jnp.sum(log_p * onehot, axis=-1)
    smoothing = settings.get("label_smoothing")
    if smoothing is None:
        return -hit
    return -(1.0 - smoothing) * hit - smoothing * jnp.mean(log_p, axis=-1)


def binary_cross_entropy(outputs, target, settings):
    """``softplus(z) - t z`` with ``t = (1 - s) y + s/2``, mean over labels; equals ``-log`` likelihood."""
    smoothing = settings.get("label_smoothing")
    if smoothing is not None:
        target = (1.0 - smoothing) * target + 0.5 * smoothing
    return jnp.mean(jax.nn.softplus(outputs) - target * outputs, axis=-1)


LOSSES: dict[str, LossKind] = {
    "squared_error": LossKind(squared_error, ("linear",)),
    "absolute_error": LossKind(absolute_error, ("linear",)),
    "huber": LossKind(huber, ("linear",), ("huber_delta",)),
    "cross_entropy": LossKind(cross_entropy, ("softmax",), ("label_smoothing",)),
    "binary_cross_entropy": LossKind(binary_cross_entropy, ("sigmoid", "multilabel"), ("label_smoothing",)),
}
"""Name -> loss."""
