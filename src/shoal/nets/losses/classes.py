"""Losses of classes, from logits."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from shoal.nets.ordinal import log_probabilities


def cross_entropy(outputs, target, settings):
    """``-sum_c t_c log softmax(outputs)_c`` with smoothed targets ``t = (1 - s) onehot + s / C``."""
    log_p = jax.nn.log_softmax(outputs, axis=-1)
    hit = _at(log_p, target)
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


def focal(outputs, target, settings):
    """``-(1 - p)^gamma log p`` with p the probability of the truth, mean over labels where there are several.

    Rows that are right already count less (Lin et al., arXiv 1708.02002); ``gamma = 0`` is cross-entropy.
    """
    gamma = settings["gamma"]
    if target.ndim == outputs.ndim:
        on = jnp.exp(-gamma * jax.nn.softplus(outputs)) * jax.nn.softplus(-outputs)
        off = jnp.exp(-gamma * jax.nn.softplus(-outputs)) * jax.nn.softplus(outputs)
        return jnp.mean(target * on + (1.0 - target) * off, axis=-1)
    log_p = jax.nn.log_softmax(outputs, axis=-1)
    others = jnp.where(_onehot(log_p, target) > 0, -jnp.inf, log_p)
    # The logarithm of 1 - p from the other classes: its power has a slope even where p is 1.
    return -jnp.exp(gamma * jax.nn.logsumexp(others, axis=-1)) * _at(log_p, target)


def squared_emd(outputs, target, settings):
    """``sum_c (P_c - T_c)^2`` with the cumulative distributions of prediction and truth (arXiv 1611.05916).

    The classes are ordered, and it costs more to be further off.
    """
    predicted = jnp.cumsum(jax.nn.softmax(outputs, axis=-1), axis=-1)
    truth = jnp.cumsum(_onehot(outputs, target), axis=-1)
    return jnp.sum(jnp.square(predicted - truth), axis=-1)


def ordinal(outputs, target, settings):
    """``-log p`` of the true class of a proportional-odds model (McCullagh 1980)."""
    return -_at(log_probabilities(outputs), target)


def _onehot(values, target):
    return jax.nn.one_hot(target, values.shape[-1], dtype=values.dtype)


def _at(values, target):
    return jnp.sum(values * _onehot(values, target), axis=-1)
