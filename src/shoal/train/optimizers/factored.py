"""Adafactor: Adam's second moment from its row and column means, which need little memory."""

from __future__ import annotations

import math
from typing import NamedTuple

import jax.numpy as jnp
import optax
from jaxtyping import Array

from shoal.rules import Number
from shoal.train.optimizers.kinds import Knob, OptimizerKind


class AdafactorState(NamedTuple):
    """Steps taken, and for each parameter its row and column means, or all squares of a vector."""

    taken: Array
    rows: dict[str, Array]
    columns: dict[str, Array]


def _adafactor(s):
    """Shazeer and Stern, arXiv 1804.04235, with PyTorch's order of the epsilons.

    What has two or more axes is factored along its last two; vectors keep every square. The step of a
    parameter is ``max(epsilon_2, rms(w)) * min(rate, 1 / sqrt(t)) * u / max(1, rms(u) / clip_threshold)``
    with ``u = g / sqrt(v)``, so that the rate is one relative to the weights.
    """

    def init(params):
        rows = {name: jnp.zeros(_shape(w, -1), w.dtype) for name, w in params.items()}
        columns = {name: jnp.zeros(_shape(w, -2), w.dtype) for name, w in params.items() if w.ndim > 1}
        return AdafactorState(jnp.int32(0), rows, columns)

    def update(updates, state, params):
        count = state.taken + 1
        fresh = count ** s["beta_2_decay"]  # 1 at the first step: the mean starts with what is seen
        # A rate of 0 moves nothing whatever the direction; it must not be divided by.
        pace = jnp.minimum(s["rate"], count**-0.5) / jnp.where(s["rate"] > 0, s["rate"], 1.0)
        moved, rows, columns = {}, {}, {}
        for name, g in updates.items():
            least = jnp.where(s["epsilon"] > 0, s["epsilon"], jnp.finfo(g.dtype).eps)
            rows[name] = _meaned(state.rows[name], g, -1, fresh)
            if g.ndim > 1:
                columns[name] = _meaned(state.columns[name], g, -2, fresh)
            step = g / jnp.sqrt(jnp.maximum(_squares(rows[name], columns.get(name), least), least**2))
            size = jnp.maximum(s["epsilon_2"], _rms(params[name])) * pace
            moved[name] = size / jnp.maximum(1.0, _rms(step) / s["clip_threshold"]) * step
        return moved, AdafactorState(count, rows, columns)

    return optax.GradientTransformation(init, update)


def _shape(value, axis: int) -> tuple[int, ...]:
    """Return the shape of the means along an axis; a vector keeps all its squares."""
    if value.ndim < 2:
        return value.shape
    return tuple(1 if at == value.ndim + axis else size for at, size in enumerate(value.shape))


def _meaned(mean, g, axis: int, fresh):
    square = jnp.square(g)
    return mean + fresh * ((jnp.mean(square, axis, keepdims=True) if g.ndim > 1 else square) - mean)


def _squares(row, column, least):
    """Return the mean square of each weight, from its row and its column."""
    return row if column is None else row * column / jnp.maximum(jnp.mean(row, -2, keepdims=True), least)


def _rms(value):
    return jnp.sqrt(jnp.sum(jnp.square(value)) / math.prod(value.shape))


FACTORED: dict[str, OptimizerKind] = {
    "adafactor": OptimizerKind(
        _adafactor,
        {
            "beta_2_decay": Knob(-0.8, Number(-math.inf, 0), "exponent of the step in the squares' decay"),
            "epsilon": Knob(0.0, Number(0), "smallest root of the squares; 0 takes the precision's own"),
            "epsilon_2": Knob(1e-3, Number(0), "smallest size of weights that the step is relative to"),
            "clip_threshold": Knob(1.0, Number(1), "largest root mean square of a step"),
        },
        0.01,
        pads=False,
    )
}
