"""The Adam family: Adam, AdamW, and NAdam with Nesterov's momentum."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array

from shoal.rules import Number
from shoal.train.optimizers.kinds import Knob, OptimizerKind, decay, epsilon

ADAM_SETTINGS = {
    "beta_1": decay(0.9, "gradient"),
    "beta_2": decay(0.999, "squares"),
    "epsilon": epsilon(1e-8),
}


def adam(s):
    """Return Adam's direction, ``m^ / (sqrt(v^) + eps)`` with bias-corrected means."""
    return optax.scale_by_adam(b1=s["beta_1"], b2=s["beta_2"], eps=s["epsilon"])


class NadamState(NamedTuple):
    """Steps taken, the product of the momenta (from the first step on), and the means."""

    taken: Array
    product: Array
    mean: dict[str, Array]
    square: dict[str, Array]


def _nadam(s):
    """Nesterov's momentum in Adam, with a momentum that grows to ``beta_1`` (Dozat 2016).

    ``mu_t = beta_1 (1 - 0.96^(t momentum_decay) / 2)``; direction
    ``((1 - mu_t) g / (1 - prod mu) + mu_(t+1) m / (1 - prod mu mu_(t+1))) / (sqrt(v^) + eps)``.
    """

    def init(params):
        first = next(iter(params.values()))
        zeros = optax.tree.zeros_like(params)
        return NadamState(jnp.int32(0), jnp.zeros((), first.dtype), zeros, zeros)

    def momentum(t):
        return s["beta_1"] * (1.0 - 0.5 * 0.96 ** (t * s["momentum_decay"]))

    def update(updates, state, params=None):
        count = state.taken + 1
        now, after = momentum(count), momentum(count + 1)
        product = jnp.where(state.taken == 0, 1.0, state.product) * now
        mean = optax.tree.update_moment(updates, state.mean, s["beta_1"], 1)
        square = optax.tree.update_moment(updates, state.square, s["beta_2"], 2)
        unbias = 1.0 - s["beta_2"] ** count
        fresh, kept = (1.0 - now) / (1.0 - product), after / (1.0 - product * after)

        def direction(g, m, v):
            return (fresh * g + kept * m) / (jnp.sqrt(v / unbias) + s["epsilon"])

        moved = jax.tree.map(direction, updates, mean, square)
        return moved, NadamState(count, product.astype(state.product.dtype), mean, square)

    return optax.GradientTransformation(init, update)


_NADAM = {**ADAM_SETTINGS, "momentum_decay": Knob(4e-3, Number(0), "how soon the momentum grows to beta_1")}

ADAM: dict[str, OptimizerKind] = {
    "adam": OptimizerKind(adam, ADAM_SETTINGS, 1e-3, momentum="beta_1"),
    "adamw": OptimizerKind(adam, ADAM_SETTINGS, 1e-3, momentum="beta_1"),
    "nadam": OptimizerKind(_nadam, _NADAM, 2e-3, momentum="beta_1"),
}
"""adam (Kingma and Ba, arXiv 1412.6980) and adamw differ only in name here: weight decay is always
decoupled, l2 always coupled."""
