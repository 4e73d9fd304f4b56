"""One step downhill: penalty, clipping, the optimizer's direction, decay, and the shrinkage of L1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array

from shoal.train.optimizers import OPTIMIZERS

_PENALISED = ("kernel", "shortcut", "embedding")  # biases, norms and scales carry no penalty

Params = Mapping[str, Array]


def descended(
    params: Params,
    grads: Params,
    state: optax.OptState,
    rate: Array,
    net: Mapping[str, Any],
    optimizer: str,
    uses: tuple[str, ...],
    rate_factors: tuple[tuple[str, float], ...] = (),
) -> tuple[dict[str, Array], optax.OptState]:
    """Take one step: ``w <- w - rate * (direction + decay * w)``.

    Parameters
    ----------
    params, grads : mapping of str to array
    state : optax.OptState
        Of the optimizer.
    rate : scalar array
    net : mapping
        Traced numbers: the optimizer's settings and those of the parts in `uses`.
    optimizer : str
        Name in `shoal.train.optimizers.OPTIMIZERS`.
    uses : tuple of str
        Of "l2", "clip_norm", "weight_decay", "l1": the parts that this step has.
    rate_factors : tuple of (pattern, factor)

    Returns
    -------
    params, state
    """
    grads = _regularised(grads, params, net, uses)
    # Optax raises a traced beta to an integer power, which JAX's strict promotion refuses.
    with jax.numpy_dtype_promotion("standard"):
        direction, state = OPTIMIZERS[optimizer].direction(net).update(grads, state, params)
    return _moved(params, direction, rate, net, uses, rate_factors), state


def penalty_of(params: Params, net: Mapping[str, Any], uses: tuple[str, ...]) -> Array | None:
    """Return ``l1 * sum|w| + l2 * sum w^2`` over kernels and embeddings; None where neither is in use."""
    weights = [value for name, value in params.items() if _penalised(name)]
    parts = []
    if "l1" in uses:
        parts.append(net["l1"] * sum(jnp.sum(jnp.abs(value)) for value in weights))
    if "l2" in uses:
        parts.append(net["l2"] * sum(jnp.sum(jnp.square(value)) for value in weights))
    return sum(parts[1:], parts[0]) if parts else None


def _penalised(name: str) -> bool:
    return any(part in name for part in _PENALISED)


def _regularised(grads, params, net, uses):
    """Add the coupled L2 penalty to the gradient, then clip it by its global norm."""
    if "l2" in uses:
        grads = {
            name: g + 2.0 * net["l2"] * params[name] if _penalised(name) else g for name, g in grads.items()
        }
    if "clip_norm" in uses:
        norm = optax.tree.norm(grads)
        factor = jnp.minimum(1.0, net["clip_norm"] / jnp.maximum(norm, 1e-12))
        grads = {name: g * factor for name, g in grads.items()}
    return grads


def _moved(params, direction, rate, net, uses, factors):
    """Take the step: ``w - rate * (direction + decay * w)``, then shrink towards zero under L1."""
    moved = {}
    for name, value in params.items():
        here = rate * _factor(name, factors)
        change = direction[name]
        if "weight_decay" in uses and _penalised(name):
            change = change + net["weight_decay"] * value
        value = value - here * change
        if "l1" in uses and _penalised(name):
            value = jnp.sign(value) * jnp.maximum(jnp.abs(value) - here * net["l1"], 0.0)
        moved[name] = value
    return moved


def _factor(name: str, factors) -> float:
    found = [factor for pattern, factor in factors if pattern in name]
    return float(np.prod(found)) if found else 1.0
