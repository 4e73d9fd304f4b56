"""A rate for each weight, from the gradients it has seen: Adagrad, Adadelta, RMSProp; and Lion's sign."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import optax

from shoal.train.optimizers.kinds import OptimizerKind, decay, epsilon


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


def _lion(s):
    return optax.scale_by_lion(b1=s["beta_1"], b2=s["beta_2"])


_LION = {"beta_1": decay(0.9, "gradient that the sign is taken of"), "beta_2": decay(0.99, "gradient")}

ADAPTIVE: dict[str, OptimizerKind] = {
    "adagrad": OptimizerKind(_adagrad, {"epsilon": epsilon(1e-10)}, 0.01),
    "adadelta": OptimizerKind(_adadelta, {"rho": decay(0.9, "squares"), "epsilon": epsilon(1e-6)}, 1.0),
    "rmsprop": OptimizerKind(_rmsprop, {"rho": decay(0.99, "squares"), "epsilon": epsilon(1e-8)}, 1e-3),
    "lion": OptimizerKind(_lion, _LION, 1e-4, momentum="beta_1"),
}
"""Adagrad (Duchi et al., JMLR 2011), Adadelta (Zeiler, arXiv 1212.5701), RMSProp (Hinton 2012), Lion (Chen et
al., arXiv 2302.06675)."""
