"""Activation functions: one small function and one line in the table each.

Formulas and names follow the papers cited and PyTorch. Some have a number of their own: the slope of a leaky
ReLU is set, the slope of a PReLU and the beta of Swish are learned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


@dataclass(frozen=True)
class ActivationKind:
    """An activation, and what a layer must know of it.

    Parameters
    ----------
    function : callable
        Of an array of any shape, and of the activation's number where it has one; one that looks across units
        takes the mask of real units as ``mask``.
    zero_at_zero : bool
        It maps 0 to 0, so that a padded unit needs no mask.
    initializer : str
        The one that suits it, in `shoal.nets.initializers.INITIALIZERS`.
    number : str
        Name of its number, "" where it has none.
    start : float
        The number unless another is given; where it is learned, what it starts from.
    learned : {"", "layer", "unit"}
        Whether the number is a parameter of the network: one for the layer, or one for each unit.
    across_units : bool
        A value depends on the other units of its row.
    trainable : bool
        Whether its slope tells a network where to go.
    bounds : pair of float, optional
        Ends that its values come near and where its slope vanishes: a unit there is saturated.
    """

    function: Callable[..., Float[Array, "..."]]
    zero_at_zero: bool
    initializer: str
    number: str = ""
    start: float = 0.0
    learned: Literal["", "layer", "unit"] = ""
    across_units: bool = False
    trainable: bool = True
    bounds: tuple[float, float] | None = None


def _linear(x):
    return x


def _binary_step(x):
    return (x >= 0).astype(x.dtype)


@jax.custom_jvp
def _straight_through(x):
    return _binary_step(x)


@_straight_through.defjvp
def _as_if_linear(primals, tangents):
    return _binary_step(primals[0]), tangents[0]


def _leaky_relu(x, slope=0.01):
    return jnp.where(x >= 0, x, slope * x)


def _swish(x, beta=1.0):
    return x * jax.nn.sigmoid(beta * x)


def _mish(x):
    return x * jnp.tanh(jax.nn.softplus(x))


def _gelu(x):
    return jax.nn.gelu(x, approximate=False)


def _gelu_tanh(x):
    return jax.nn.gelu(x, approximate=True)


def _gelu_sigmoid(x):
    return x * jax.nn.sigmoid(1.702 * x)


def _hard_tanh(x):
    return jnp.clip(x, -1.0, 1.0)


def _softmax(x, mask=None):
    return jnp.exp(_real_log_softmax(x, mask))


def _log_softmax(x, mask=None):
    log_p = _real_log_softmax(x, mask)
    return log_p if mask is None else jnp.where(_real(x, mask), log_p, jnp.zeros_like(log_p))


def _real_log_softmax(x, mask):
    """Return ``log softmax`` over the last axis; a padded unit has probability 0."""
    return jax.nn.log_softmax(
        x if mask is None else jnp.where(_real(x, mask), x, jnp.full_like(x, -jnp.inf)), axis=-1
    )


def _real(x, mask):
    return jnp.broadcast_to((mask > 0).reshape((1,) * (x.ndim - 1) + (-1,)), x.shape)


ACTIVATIONS: dict[str, ActivationKind] = {
    "linear": ActivationKind(_linear, True, "glorot_uniform"),
    "relu": ActivationKind(jax.nn.relu, True, "he_normal"),
    "leaky_relu": ActivationKind(_leaky_relu, True, "he_normal", "slope", 0.01),
    "prelu": ActivationKind(_leaky_relu, True, "he_normal", "slope", 0.25, "layer"),
    "prelu_unit": ActivationKind(_leaky_relu, True, "he_normal", "slope", 0.25, "unit"),
    "elu": ActivationKind(jax.nn.elu, True, "he_normal"),
    "selu": ActivationKind(jax.nn.selu, True, "lecun_normal"),
    "gelu": ActivationKind(_gelu, True, "he_normal"),
    "gelu_tanh": ActivationKind(_gelu_tanh, True, "he_normal"),
    "gelu_sigmoid": ActivationKind(_gelu_sigmoid, True, "he_normal"),
    "silu": ActivationKind(jax.nn.silu, True, "he_normal"),
    "swish": ActivationKind(_swish, True, "he_normal", "beta", 1.0, "layer"),
    "mish": ActivationKind(_mish, True, "he_normal"),
    "softplus": ActivationKind(jax.nn.softplus, False, "he_normal"),
    "sigmoid": ActivationKind(jax.nn.sigmoid, False, "glorot_uniform", bounds=(0.0, 1.0)),
    "tanh": ActivationKind(jnp.tanh, True, "glorot_uniform", bounds=(-1.0, 1.0)),
    "hard_tanh": ActivationKind(_hard_tanh, True, "glorot_uniform", bounds=(-1.0, 1.0)),
    "softsign": ActivationKind(jax.nn.soft_sign, True, "glorot_uniform", bounds=(-1.0, 1.0)),
    "softmax": ActivationKind(_softmax, False, "glorot_uniform", across_units=True),
    "log_softmax": ActivationKind(_log_softmax, False, "glorot_uniform", across_units=True),
    "binary_step": ActivationKind(_binary_step, False, "glorot_uniform", trainable=False),
    "binary_step_straight_through": ActivationKind(_straight_through, False, "glorot_uniform"),
}
"""Name -> activation.

===================================  =========================================================================
linear, relu                         ``x``; ``max(0, x)``
leaky_relu, prelu, prelu_unit        ``x`` above 0 and ``slope x`` below; the slope is set (0.01), or learned
                                     from 0.25 on, one for the layer or one for each unit (arXiv 1502.01852)
elu, selu                            ``exp(x) - 1`` below 0 (arXiv 1511.07289); scaled so that mean 0 and
                                     variance 1 stay (arXiv 1706.02515)
gelu, gelu_tanh, gelu_sigmoid        ``x Phi(x)`` exactly, its tanh form, and ``x sigmoid(1.702 x)``
                                     (arXiv 1606.08415)
silu, swish                          ``x sigmoid(x)``; ``x sigmoid(beta x)`` with beta learned from 1 on
                                     (arXiv 1710.05941)
mish, softplus                       ``x tanh(softplus(x))`` (arXiv 1908.08681); ``log(1 + exp(x))``
sigmoid, tanh, hard_tanh, softsign   ``1 / (1 + exp(-x))``; tanh; ``x`` cut at -1 and 1; ``x / (1 + |x|)``
softmax, log_softmax                 ``exp(x_i) / sum_j exp(x_j)`` over the units of a row; its logarithm
binary_step                          1 where ``x >= 0``, else 0: no slope, so for forward passes only
binary_step_straight_through         the same forward, and backward as if it were linear (arXiv 1308.3432)
===================================  =========================================================================
"""
