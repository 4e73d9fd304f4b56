"""Constraints on weights, held after every step: one small projection and one line in the table each.

A constraint acts on the incoming weights of each unit, that is over all axes of a kernel but the last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Float

_TINY = 1e-12  # keeps a unit without weights from a division by zero


@dataclass(frozen=True)
class ConstraintKind:
    """A constraint: its projection ``(kernel, value) -> kernel``, and the default of its number."""

    project: Callable[[Array, Array], Array]
    value: float | None = None


def _norms(kernel: Float[Array, "... units"]) -> Float[Array, "... units"]:
    axes = tuple(range(kernel.ndim - 1))
    return jnp.sqrt(jnp.sum(jnp.square(kernel), axis=axes, keepdims=True))


def _max_norm(kernel, value):
    norms = _norms(kernel)
    return kernel * jnp.minimum(1.0, value / jnp.maximum(norms, _TINY))


def _unit_norm(kernel, value):
    norms = _norms(kernel)
    return kernel / jnp.where(norms > _TINY, norms, 1.0)


def _non_negative(kernel, value):
    return jnp.maximum(kernel, 0.0)


CONSTRAINTS: dict[str, ConstraintKind] = {
    "max_norm": ConstraintKind(_max_norm, 3.0),
    "unit_norm": ConstraintKind(_unit_norm),
    "non_negative": ConstraintKind(_non_negative),
}
"""Name -> constraint. max_norm scales a unit's weights down to length ``value`` where they are longer
(Srivastava et al. 2014, section 5.1); unit_norm scales them to length 1; non_negative cuts off at 0."""
