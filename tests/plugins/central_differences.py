"""Gradients against central differences in float64: of any function, and of the objective of training."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from shoal.nets.heads import HEADS
from shoal.nets.layers import Pass
from shoal.nets.losses import LOSSES, weighted_mean
from shoal.nets.members import member_mean
from shoal.nets.network import apply, init
from shoal.nets.spec import NetSpec

STEP = 1e-6  # the error of a central difference is about 1e-10 here, of its rounding 1e-10 too
DIRECTIONS = 8
NUMBERS = {
    **{"delta": 0.7, "beta": 0.6, "omega": 0.8, "width": 1.1, "curvature": 0.3, "gamma": 1.3},
    **{"levels": (0.2, 0.6), "label_smoothing": 0.2},
}
"""A value of each number that a loss may have, none of them a special one."""


def slopes(function, values, seed: int = 0):
    """Return slopes of `function` along random directions: by its gradient, and by central differences."""
    rng = np.random.default_rng(seed)
    flat, unravel = jax.flatten_util.ravel_pytree(values)
    ways = jnp.asarray(rng.standard_normal((DIRECTIONS, flat.size)))

    def both(flat, ways):
        def f(v):
            return function(unravel(v))

        ahead, behind = jax.lax.map(
            lambda w: f(flat + STEP * w), jnp.stack([ways, -ways]).reshape(-1, flat.size)
        ).reshape(2, -1)
        return ways @ jax.grad(f)(flat), (ahead - behind) / (2.0 * STEP)

    quickly = {"xla_backend_optimization_level": "0"}  # of compiling; the arithmetic is the same
    return jax.device_get(jax.jit(both, compiler_options=quickly)(flat, ways))


def agree(exact, numeric) -> None:
    """Assert that slopes agree, and that there are any."""
    np.testing.assert_allclose(exact, numeric, rtol=1e-6, atol=1e-8)
    assert np.abs(exact).max() > 1e-4, "a slope of nothing tests nothing"


def check(spec: NetSpec, loss: str | None = None, batch: int = 5, seed: int = 0, activity=None) -> None:
    """Compare the slopes of the whole objective of training: row weights, dropout and activity penalties."""
    rng = np.random.default_rng(seed)
    kind = LOSSES[loss or HEADS[spec.head].loss]
    with jax.enable_x64(True):
        params, running = (arrays(part) for part in init(spec, seed, "float64"))
        params = {k: v + 0.1 * jnp.asarray(rng.standard_normal(v.shape)) for k, v in params.items()}
        weight = jnp.asarray(rng.uniform(0.5, 2.0, batch))
        numbers = {name: jnp.asarray(value) for name, value in NUMBERS.items()}
        given = rows_of(spec, batch, rng)
        target = target_of(spec, batch, rng)
        now = Pass(
            train=True,
            key=jnp.uint32(seed),
            weight=weight,
            rates={path: jnp.asarray(rate) for path, rate in spec.rates().items()},
            activity={path: (jnp.asarray(0.1), jnp.asarray(0.2)) for path in activity or ()},
        )

        def objective(params):
            outputs, fresh = apply(spec, params, running, given, now)
            rows = member_mean(outputs, target, lambda y, t: kind.function(y, t, numbers))
            return weighted_mean(rows, weight) + fresh.get("activity_penalty", 0.0)

        exact, numeric = slopes(objective, params, seed)
    agree(exact, numeric)


def arrays(values):
    """Return a flat dictionary with JAX's arrays."""
    return {k: jnp.asarray(v) for k, v in values.items()}


def rows_of(spec: NetSpec, batch: int, rng):
    """Return encoded rows as the description wants them."""
    numbers = jnp.asarray(rng.standard_normal((batch, spec.inputs.numbers)))
    codes = [[r % n for n in spec.inputs.levels] for r in range(batch)]
    return {"numbers": numbers, "codes": jnp.asarray(codes, jnp.int32)}


def target_of(spec: NetSpec, batch: int, rng):
    """Return a target as the head wants it."""
    task, outputs = HEADS[spec.head].task, spec.outputs
    if task == "multiclass":
        return jnp.asarray(rng.integers(0, outputs + (spec.head == "ordinal"), batch), jnp.int32)
    if task in ("binary", "multilabel"):
        return jnp.asarray(rng.integers(0, 2, (batch, outputs)), jnp.float64)
    columns = outputs // {"quantiles": len(NUMBERS["levels"]), "gaussian": 2}.get(spec.head, 1)
    return jnp.asarray(rng.standard_normal((batch, columns)))
