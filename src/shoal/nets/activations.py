"""Activation functions: one small function and one line in the table each.

Formulas and names follow the papers cited and PyTorch; `zero_at_zero` says that the function maps 0 to 0,
so that a padded unit needs no mask.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


@dataclass(frozen=True)
class ActivationKind:
    """An activation: its function of an array of any shape, and the initializer that suits it."""

    function: Callable[[Float[Array, "..."]], Float[Array, "..."]]
    zero_at_zero: bool
    initializer: str


def _mish(x):
    return x * jnp.tanh(jax.nn.softplus(x))


def _linear(x):
    return x


def _gelu(x):
    return jax.nn.gelu(x, approximate=False)


def _gelu_tanh(x):
    return jax.nn.gelu(x, approximate=True)


def _gelu_sigmoid(x):
    return x * jax.nn.sigmoid(1.702 * x)


def _hard_tanh(x):
    return jnp.clip(x, -1.0, 1.0)


ACTIVATIONS: dict[str, ActivationKind] = {
    "linear": ActivationKind(_linear, True, "glorot_uniform"),
    "relu": ActivationKind(jax.nn.relu, True, "he_normal"),
    "leaky_relu": ActivationKind(jax.nn.leaky_relu, True, "he_normal"),
    "elu": ActivationKind(jax.nn.elu, True, "he_normal"),
    "selu": ActivationKind(jax.nn.selu, True, "lecun_normal"),
    "gelu": ActivationKind(_gelu, True, "he_normal"),
    "gelu_tanh": ActivationKind(_gelu_tanh, True, "he_normal"),
    "gelu_sigmoid": ActivationKind(_gelu_sigmoid, True, "he_normal"),
    "silu": ActivationKind(jax.nn.silu, True, "he_normal"),
    "mish": ActivationKind(_mish, True, "he_normal"),
    "softplus": ActivationKind(jax.nn.softplus, False, "he_normal"),
    "sigmoid": ActivationKind(jax.nn.sigmoid, False, "glorot_uniform"),
    "tanh": ActivationKind(jnp.tanh, True, "glorot_uniform"),
    "hard_tanh": ActivationKind(_hard_tanh, True, "glorot_uniform"),
    "softsign": ActivationKind(jax.nn.soft_sign, True, "glorot_uniform"),
}
"""Name -> activation. `ReLU(x) = max(0, x)`; GELU is the exact form ``x * Phi(x)``; SiLU is
``x * sigmoid(x)``."""
