"""L-BFGS: Newton's direction from the last ten steps and the changes of the gradient along them."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array

from shoal.rules import Number
from shoal.train.optimizers.kinds import Knob, OptimizerKind

MEMORY = 10
_LEAST_CURVATURE = 1e-10  # PyTorch's: below it a step teaches nothing that could be divided by


class LbfgsState(NamedTuple):
    """Where the last step began and with which gradient; the steps and changes remembered, newest last."""

    taken: Array
    place: Array
    gradient: Array
    steps: Array
    changes: Array
    scale: Array


def _lbfgs(s):
    """Liu and Nocedal 1989, as PyTorch has it with ``max_iter=1``; the step is searched for by Optax.

    The length of the step fulfils the strong Wolfe conditions (Nocedal and Wright, algorithms 3.5 and 3.6);
    the rate is the first length that is tried, and with ``search_steps`` 0 the length that is taken.
    """

    def init(params):
        flat = ravel_pytree(params)[0]
        memory = jnp.zeros((MEMORY, flat.size), flat.dtype)
        return LbfgsState(jnp.int32(0), flat * 0, flat * 0, memory, memory, jnp.zeros((), flat.dtype))

    def update(updates, state, params, *, value, grad, value_fn):
        gradient, unravel = ravel_pytree(updates)
        place = ravel_pytree(params)[0]
        state = _remembered(state, place, gradient)
        way = jnp.where(state.taken == 1, _first(gradient), _newton(gradient, state))
        search = optax.scale_by_zoom_linesearch(s["search_steps"], initial_guess_strategy="keep")
        begun = search.init(params)._replace(learning_rate=jnp.asarray(s["rate"]))
        _, found = search.update(unravel(-way), begun, params, value=value, grad=grad, value_fn=value_fn)
        return unravel(way * _in_rates(found.learning_rate, s)), state

    return optax.GradientTransformationExtraArgs(init, update)


def _remembered(state: LbfgsState, place: Array, gradient: Array) -> LbfgsState:
    """Return the state with the step that led here, where the gradient rose along it."""
    step, change = place - state.place, gradient - state.gradient
    curvature = jnp.vdot(step, change)
    teaches = (state.taken > 0) & (curvature > _LEAST_CURVATURE)

    def with_newest(memory, newest):
        return jnp.where(teaches, jnp.concatenate([memory[1:], newest[None]]), memory)

    scale = jnp.where(teaches, curvature / jnp.vdot(change, change), state.scale)
    steps, changes = with_newest(state.steps, step), with_newest(state.changes, change)
    return LbfgsState(state.taken + 1, place, gradient, steps, changes, scale)


def _first(gradient: Array) -> Array:
    return gradient * jnp.minimum(1.0, 1.0 / jnp.sum(jnp.abs(gradient)))


def _newton(gradient: Array, state: LbfgsState) -> Array:
    """Multiply the gradient by the inverse Hessian that the memory stands for (the two-loop recursion)."""
    curvature = jnp.sum(state.steps * state.changes, axis=1)
    taught = curvature > 0  # not so in places of the memory that are still empty
    inverse = jnp.where(taught, 1.0 / jnp.where(taught, curvature, 1.0), 0.0)

    def back(q, remembered):
        step, change, rho = remembered
        share = rho * jnp.vdot(step, q)
        return q - share * change, share

    def forth(r, remembered):
        step, change, rho, share = remembered
        return r + step * (share - rho * jnp.vdot(change, r)), None

    memory = (state.steps, state.changes, inverse)
    q, shares = jax.lax.scan(back, gradient, memory, reverse=True)
    return jax.lax.scan(forth, q * jnp.where(state.scale > 0, state.scale, 1.0), (*memory, shares))[0]


def _in_rates(length, s) -> Array:
    """Return the length of the step in units of the rate, which it will be multiplied by."""
    rate = s["rate"]
    searched = (s["search_steps"] > 0) & (rate > 0)
    return jnp.where(searched, length / jnp.where(rate > 0, rate, 1.0), 1.0)


_SEARCH_STEPS = Knob(
    20, Number(0, 100, integer=True), "lengths of a step tried at most; 0 takes the rate as it is"
)

LBFGS: dict[str, OptimizerKind] = {
    "lbfgs": OptimizerKind(_lbfgs, {"search_steps": _SEARCH_STEPS}, 1.0, searches=True)
}
