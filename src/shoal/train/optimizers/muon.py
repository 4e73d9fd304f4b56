"""Muon: the momentum of a hidden kernel made orthogonal; AdamW for all else."""

from __future__ import annotations

import jax.numpy as jnp
import optax
from jaxtyping import Array

from shoal.train.optimizers.adam import ADAM_SETTINGS, adam
from shoal.train.optimizers.kinds import OptimizerKind, momentum

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the odd quintic, chosen for a steep slope at zero
_ROUNDS = 5
_LEAST = 1e-7


def _muon(s):
    """Jordan et al. 2024, with the scale of Liu et al. (arXiv 2502.16982): one rate suits both parts.

    Hidden kernels: ``b <- m b + (1 - m) g``, direction ``0.2 sqrt(max(n, m)) orthogonal((1 - m) g + m b)``,
    whose size is that of an Adam step. PyTorch rounds the iteration to bfloat16; here it is as precise as the
    weights. Biases, embeddings, norms and the output layer follow AdamW.
    """
    rest = adam(s)

    def init(params):
        hidden, other = _parted(params, params)
        return {"momentum": optax.tree.zeros_like(hidden), "rest": rest.init(other)}

    def update(updates, state, params):
        hidden, other = _parted(updates, updates)
        m = s["momentum"]
        mean = {name: m * state["momentum"][name] + (1.0 - m) * g for name, g in hidden.items()}
        moved = {name: _scaled(orthogonal, (1.0 - m) * g + m * mean[name]) for name, g in hidden.items()}
        others, state_of_rest = rest.update(other, state["rest"])
        return {**moved, **others}, {"momentum": mean, "rest": state_of_rest}

    return optax.GradientTransformation(init, update)


def is_hidden_kernel(name: str, value: Array) -> bool:
    """Tell whether Muon's own rule moves a parameter: a kernel or projection between hidden units."""
    return name.startswith("layers") and name.endswith(("kernel", "shortcut")) and value.ndim >= 2


def _parted(values, like):
    hidden = {name: value for name, value in values.items() if is_hidden_kernel(name, like[name])}
    return hidden, {name: value for name, value in values.items() if name not in hidden}


def _scaled(rule, value: Array) -> Array:
    """Apply a rule for matrices; the kernel of a convolution is one of (patch, channels).

    Layers that repeat have a leading axis, along which each is a matrix of its own.
    """
    patched = value.ndim >= 4
    flat = value.reshape(*value.shape[:-4], -1, value.shape[-1]) if patched else value
    return (0.2 * max(flat.shape[-2:]) ** 0.5 * rule(flat)).reshape(value.shape)


def orthogonal(matrix: Array) -> Array:
    """Draw the singular values of a matrix, or of each of a stack, towards 1 (Newton and Schulz)."""
    a, b, c = _COEFFICIENTS
    tall = matrix.shape[-2] > matrix.shape[-1]
    x = matrix.mT if tall else matrix
    x = x / jnp.maximum(jnp.sqrt(jnp.sum(jnp.square(x), (-2, -1), keepdims=True)), _LEAST)
    for _ in range(_ROUNDS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return x.mT if tall else x


MUON: dict[str, OptimizerKind] = {
    "muon": OptimizerKind(
        _muon, {"momentum": momentum(0.95), **ADAM_SETTINGS}, 1e-3, momentum="momentum", pads=False
    )
}
