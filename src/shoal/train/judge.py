"""How the networks of a tile are judged after an epoch: loss and metric of the validation rows."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array

from shoal.nets import network
from shoal.nets.heads.score import score
from shoal.nets.layers import Pass
from shoal.nets.losses import LOSSES
from shoal.nets.spec import NetSpec
from shoal.train.key import ProgramKey

_VALID_BLOCK = 2048  # rows judged at once: bounds memory, and is large enough for full matrix speed
_PIXELS = 1 << 17  # of images judged at once: 16 MB in 32 channels


def valid_block(structure: NetSpec) -> int:
    """Return how many rows are judged at once: fewer where they are images, whose layers take much memory."""
    inputs = structure.inputs
    if inputs.kind != "image":
        return _VALID_BLOCK
    fitting = max(_PIXELS // inputs.numbers, 32)
    return min(_VALID_BLOCK, 1 << (fitting.bit_length() - 1))


def valid_slots(rows: int, structure: NetSpec) -> int:
    """Return the padded number of validation rows: a multiple of 32, or of the block when many."""
    block = valid_block(structure)
    unit = 32 if rows <= block else block
    return -(-rows // unit) * unit


def judge_of_one(key: ProgramKey) -> Callable[..., tuple[Array, Array]]:
    """Return the function that gives validation loss and metric of one network; NaN without such rows."""
    if key.valid_rows == 0:
        return lambda params, running, net, data: (_nan(key), _nan(key))
    loss_kind = LOSSES[key.loss]
    blocks = max(1, key.valid_rows // valid_block(key.structure))

    def judge(params, running, net, data):
        def block(rows):
            now = Pass(masks=net["masks"], present=net["present"])
            outputs, _ = network.apply(key.structure, dict(params), running, rows, now)
            loss = loss_kind.function(outputs, rows["target"], net["loss"])
            right = score(key.structure.head, outputs, rows["target"], net["loss"])
            return jnp.sum(loss * rows["weight"]), jnp.sum(right * rows["weight"])

        valid = data["valid"]
        split = {k: v.reshape(blocks, key.valid_rows // blocks, *v.shape[1:]) for k, v in valid.items()}
        loss, right = jax.lax.map(block, split) if blocks > 1 else block(valid)
        total = jnp.sum(valid["weight"])
        return jnp.sum(loss) / total, jnp.sum(right) / total

    return judge


def _nan(key: ProgramKey) -> Array:
    return jnp.asarray(jnp.nan, key.precision)
