"""One step downhill: penalties, clipping, the optimizer's direction, decay, L1's shrinkage, constraints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array

from shoal.train.constraints import CONSTRAINTS
from shoal.train.flat import numbers_of, replaced
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
    constraints: tuple[tuple[str, str, int], ...] = (),
    *,
    value_fn: Callable[[Params], Array] | None = None,
) -> tuple[Params, optax.OptState]:
    """Take one step: ``w <- w - rate * (direction + decay * w)``.

    Parameters
    ----------
    params, grads : mapping of str to array
        In one form, dictionaries or `shoal.train.flat.Flat`.
    state : optax.OptState
        Of the optimizer.
    rate : scalar array
    net : mapping
        Traced numbers: the optimizer's settings and those of the parts in `uses`. ``l1`` and ``l2`` are one
        number for all kernels, or a mapping with one for each penalised parameter.
    optimizer : str
        Name in `shoal.train.optimizers.OPTIMIZERS`.
    uses : tuple of str
        Of "l2", "l1", "bias_l2", "bias_l1", "clip_value", "clip_norm", "weight_decay": the parts that this
        step has.
    rate_factors : tuple of (pattern, factor)
        Of the learning rate; 0 freezes. See `rate_factor`.
    constraints : tuple of (parameter, kind, axes)
        Held after the step, except by frozen parameters; `axes` leading ones count repetitions of a layer.
    value_fn : callable, optional
        Objective as a function of the parameters, for optimizers that search along their direction.

    Returns
    -------
    params, state
    """
    grads = _regularised(grads, params, net, uses, rate_factors)
    kind = OPTIMIZERS[optimizer]
    more: dict[str, Any] = {}
    if kind.searches:
        more = _search(params, grads, net, uses, value_fn)
    # Optax raises a traced beta to an integer power, which JAX's strict promotion refuses.
    with jax.numpy_dtype_promotion("standard"):
        direction, state = kind.direction({**net, "rate": rate}).update(grads, state, params, **more)
    moved = _moved(params, direction, rate, net, uses, rate_factors)
    return _held(moved, net, rate_factors, constraints), state


def is_clipped(
    grads: Params,
    params: Params,
    net: Mapping[str, Any],
    uses: tuple[str, ...],
    rate_factors: tuple[tuple[str, float], ...] = (),
) -> Array:
    """Return whether `descended` clips this gradient, by its norm or in any of its entries."""
    grads = _drawn(grads, params, net, uses, rate_factors)
    held = []
    if "clip_value" in uses:
        held += [jnp.any(jnp.abs(g) > net["clip_value"]) for g in jax.tree.leaves(grads)]
        grads = _cut(grads, net)
    if "clip_norm" in uses:
        held.append(optax.tree.norm(grads) > net["clip_norm"])
    return jnp.any(jnp.stack(held))


def penalty_of(params: Params, net: Mapping[str, Any], uses: tuple[str, ...]) -> Array | None:
    """Return ``sum l1 |w| + sum l2 w^2`` over what is penalised; None where nothing is."""
    parts = []
    for kind, size in (("l1", jnp.abs), ("l2", jnp.square)):
        strengths = _strengths(kind, params, net, uses)
        if strengths is not None:
            sums = jax.tree.map(lambda w, s, size=size: jnp.sum(s * size(w)), params, strengths)
            parts += jax.tree.leaves(sums)
    return sum(parts[1:], parts[0]) if parts else None


def _strengths(
    kind: str, params: Params, net: Mapping[str, Any], uses: tuple[str, ...]
) -> Mapping[str, Any] | None:
    """Return how strongly each parameter is penalised, 0 where it is not; None where none is."""
    if kind not in uses and f"bias_{kind}" not in uses:
        return None
    given = net[kind]
    if isinstance(given, Mapping):
        return numbers_of(params, lambda name: given.get(name, 0.0))
    return numbers_of(params, lambda name: given if penalised(name) else 0.0)


def penalised(name: str) -> bool:
    """Return whether a parameter carries the penalties and the decay of kernels."""
    return any(part in name for part in _PENALISED)


def _search(params, grads, net, uses, value_fn) -> dict[str, Any]:
    """Return what a line search needs: the objective with its penalties, and its value here."""

    def value(candidate):
        penalty = penalty_of(candidate, net, uses)
        return value_fn(candidate) if penalty is None else value_fn(candidate) + penalty

    return {"value": value(params), "grad": grads, "value_fn": value}


def _regularised(grads, params, net, uses, factors):
    """Add the coupled L2 penalty to the gradient, then clip it by value and by its global norm.

    What is frozen has no gradient, and so no part in the norm.
    """
    grads = _drawn(grads, params, net, uses, factors)
    if "clip_value" in uses:
        grads = _cut(grads, net)
    if "clip_norm" in uses:
        norm = optax.tree.norm(grads)
        factor = jnp.minimum(1.0, net["clip_norm"] / jnp.maximum(norm, 1e-12))
        grads = jax.tree.map(lambda g: g * factor, grads)
    return grads


def _drawn(grads, params, net, uses, factors):
    l2 = _strengths("l2", params, net, uses)
    if l2 is not None:
        grads = jax.tree.map(lambda g, w, s: g + 2.0 * s * w, grads, params, l2)
    if not any(factor == 0.0 for _, factor in factors):
        return grads
    frozen = numbers_of(params, lambda name: rate_factor(name, factors) == 0.0)
    return jax.tree.map(lambda g, still: jnp.where(still, jnp.zeros_like(g), g), grads, frozen)


def _cut(grads, net):
    return jax.tree.map(lambda g: jnp.clip(g, -net["clip_value"], net["clip_value"]), grads)


def _moved(params, direction, rate, net, uses, factors):
    """Take the step: ``w - rate * (direction + decay * w)``, then shrink towards zero under L1."""
    if "weight_decay" in uses:
        decay = numbers_of(params, lambda name: net["weight_decay"] if penalised(name) else 0.0)
        direction = jax.tree.map(lambda d, w, s: d + s * w, direction, params, decay)
    paces = jax.tree.map(lambda _: rate, params)
    if factors:
        own = numbers_of(params, lambda name: rate_factor(name, factors))
        paces = jax.tree.map(lambda factor: rate * factor, own)
    moved = jax.tree.map(lambda w, d, here: w - here * d, params, direction, paces)
    l1 = _strengths("l1", params, net, uses)
    if l1 is None:
        return moved
    return jax.tree.map(lambda w, s, here: _shrunk(w, s * here), moved, l1, paces)


def _shrunk(value: Array, by: Array) -> Array:
    return jnp.sign(value) * jnp.maximum(jnp.abs(value) - by, 0.0)


def _held(params, net, factors, constraints):
    fresh = {}
    for name, kind, axes in constraints:
        if rate_factor(name, factors) == 0.0:
            continue
        project = CONSTRAINTS[kind].project
        for _ in range(axes):
            project = jax.vmap(project, in_axes=(0, None))
        fresh[name] = project(params[name], net["constraints"][name])
    return replaced(params, fresh) if fresh else params


def rate_factor(name: str, factors: tuple[tuple[str, float], ...]) -> float:
    """Return the factor of the learning rate of a parameter; 0 where it is frozen.

    Examples
    --------
    >>> factors = (("bias", 2.0), ("=layers.1.kernel", 0.0))
    >>> [rate_factor(f"layers.1{name}", factors) for name in (".bias", ".kernel", "0.kernel")]
    [2.0, 0.0, 1.0]
    """
    found = [f for pattern, f in factors if (f"={name}" == pattern or pattern in name)]
    return float(np.prod(found)) if found else 1.0
