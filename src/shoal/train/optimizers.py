"""Optimizers: Optax's gradient transformations with traced settings, in PyTorch's conventions.

An optimizer gives a *direction*; the program then takes ``w <- w - rate * (direction + decay * w)``, where
`decay` is the decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101). Coupled L2 is a part of the
gradient. Where Optax's defaults differ from PyTorch's, the arguments below restore PyTorch's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import optax

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class OptimizerKind:
    """An optimizer: how to build it from traced settings, and their defaults.

    Parameters
    ----------
    direction : callable
        ``(settings) -> optax.GradientTransformation``; its update is a descent direction, before the sign
        and the learning rate.
    defaults : mapping
        Settings it reads, with PyTorch's default values.
    learning_rate : float
        A reasonable rate where none is given.
    """

    direction: Callable[[Settings], optax.GradientTransformation]
    defaults: Mapping[str, float]
    learning_rate: float


def _sgd(s):
    return optax.identity()


def _momentum(s):
    return optax.trace(decay=s["momentum"])


def _nesterov(s):
    return optax.trace(decay=s["momentum"], nesterov=True)


def _adagrad(s):
    """``G <- G + g^2``, direction ``g / (sqrt(G) + eps)``; Optax puts the epsilon inside the root."""

    def init(params):
        return optax.tree.zeros_like(params)

    def update(updates, state, params=None):
        total = jax.tree.map(lambda t, g: t + jnp.square(g), state, updates)
        scaled = jax.tree.map(lambda g, t: g / (jnp.sqrt(t) + s["epsilon"]), updates, total)
        return scaled, total

    return optax.GradientTransformation(init, update)


def _adadelta(s):
    return optax.scale_by_adadelta(rho=s["rho"], eps=s["epsilon"])


def _rmsprop(s):
    return optax.scale_by_rms(decay=s["rho"], eps=s["epsilon"], eps_in_sqrt=False)


def _adam(s):
    return optax.scale_by_adam(b1=s["beta_1"], b2=s["beta_2"], eps=s["epsilon"])


def _lion(s):
    return optax.scale_by_lion(b1=s["beta_1"], b2=s["beta_2"])


_ADAM = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8}

OPTIMIZERS: dict[str, OptimizerKind] = {
    "sgd": OptimizerKind(_sgd, {}, 0.1),
    "momentum": OptimizerKind(_momentum, {"momentum": 0.9}, 0.01),
    "nesterov": OptimizerKind(_nesterov, {"momentum": 0.9}, 0.01),
    "adagrad": OptimizerKind(_adagrad, {"epsilon": 1e-10}, 0.01),
    "adadelta": OptimizerKind(_adadelta, {"rho": 0.9, "epsilon": 1e-6}, 1.0),
    "rmsprop": OptimizerKind(_rmsprop, {"rho": 0.99, "epsilon": 1e-8}, 1e-3),
    "adam": OptimizerKind(_adam, _ADAM, 1e-3),
    "adamw": OptimizerKind(_adam, _ADAM, 1e-3),
    "lion": OptimizerKind(_lion, {"beta_1": 0.9, "beta_2": 0.99}, 1e-4),
}
"""Name -> optimizer. adam and adamw differ only in name here: weight decay is always decoupled, l2 always
coupled."""
