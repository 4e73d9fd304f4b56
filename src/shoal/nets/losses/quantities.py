"""Losses of quantities; ``r = y - q`` is the residual, in standard deviations of the target.

Each is the mean over the outputs of a row.
"""

from __future__ import annotations

import jax.numpy as jnp

_LOWEST_LOG_VARIANCE = -13.815510557964274  # log 1e-6, PyTorch's floor of a variance


def squared_error(outputs, target, settings):
    """``r^2``."""
    return jnp.mean(jnp.square(outputs - target), axis=-1)


def half_squared_error(outputs, target, settings):
    """``r^2 / 2``, whose slope is the residual itself."""
    return 0.5 * squared_error(outputs, target, settings)


def absolute_error(outputs, target, settings):
    """``|r|`` (L1)."""
    return jnp.mean(jnp.abs(outputs - target), axis=-1)


def huber(outputs, target, settings):
    """``r^2/2`` for ``|r| <= delta``, else ``delta (|r| - delta/2)`` (Huber 1964)."""
    return jnp.mean(_huber(outputs - target, settings["delta"]), axis=-1)


def _huber(residual, delta):
    size = jnp.abs(residual)
    quadratic = jnp.minimum(size, delta)
    return 0.5 * jnp.square(quadratic) + delta * (size - quadratic)


def smooth_l1(outputs, target, settings):
    """``r^2 / (2 beta)`` for ``|r| <= beta``, else ``|r| - beta/2`` (Girshick, arXiv 1504.08083)."""
    return jnp.mean(_huber(outputs - target, settings["beta"]), axis=-1) / settings["beta"]


def asymmetric_huber(outputs, target, settings):
    """Huber's loss times ``omega`` where ``r > 0``, times ``1 - omega`` elsewhere.

    With ``omega`` above 1/2 it costs more to predict too little; a large ``delta`` leads to expectiles
    (Man et al., arXiv 2212.05562).
    """
    residual, omega = target - outputs, settings["omega"]
    side = jnp.where(residual > 0, omega, 1.0 - omega)
    return jnp.mean(side * _huber(residual, settings["delta"]), axis=-1)


def quantile(outputs, target, settings):
    """``max(level r, (level - 1) r)`` (pinball), mean over levels (Koenker and Bassett 1978).

    The outputs of one target at all levels lie side by side.
    """
    levels = settings["levels"]
    residual = target[:, :, None] - outputs.reshape(*target.shape, levels.shape[0])
    level = levels[None, None, :]
    return jnp.mean(jnp.maximum(level * residual, (level - 1.0) * residual), axis=(-2, -1))


def wing(outputs, target, settings):
    """``w log(1 + |r|/c)`` for ``|r| < w``, else ``|r| - w + w log(1 + w/c)``, with width w and curvature c.

    Steep around zero, so that small residuals count too (Feng et al. 2018, arXiv 1711.06753).
    """
    width, curvature = settings["width"], settings["curvature"]
    size = jnp.abs(outputs - target)
    inside = jnp.minimum(size, width)
    return jnp.mean(width * jnp.log1p(inside / curvature) + (size - inside), axis=-1)


def poisson(outputs, target, settings):
    """``exp(f) - y f`` with the log-rate f: the negative log-likelihood but for a constant."""
    return jnp.mean(jnp.exp(outputs) - target * outputs, axis=-1)


def gaussian(outputs, target, settings):
    """``(s + r^2 exp(-s)) / 2`` with the log-variance s: the negative log-likelihood but for a constant.

    The means of all targets come first, then their log-variances, which count as log 1e-6 where they are
    lower (Nix and Weigend 1994).
    """
    mean, log_variance = jnp.split(outputs, 2, axis=-1)
    log_variance = jnp.maximum(log_variance, _LOWEST_LOG_VARIANCE)
    squares = jnp.square(mean - target) * jnp.exp(-log_variance)
    return 0.5 * jnp.mean(log_variance + squares, axis=-1)
