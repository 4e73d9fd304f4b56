"""The forward pass over any number of rows, always in blocks of the same shape.

A compiled program may add up a sum in another order when its shapes differ, so a row could get other
last digits alone than among thousands. Every row therefore goes through a block of `BLOCK` rows, the
last one filled up with zeros, and on a CPU its outputs are the same bits whatever rows come along and
wherever in the block it stands (``tests/model/test_predict.py``). One program per network and
precision is compiled, whatever the number of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import jax
import numpy as np

from shoal import backend
from shoal.axes import Precision
from shoal.nets.network import apply, init
from shoal.nets.spec import NetSpec
from shoal.programs import load_or_compile

BLOCK = 256
"""Rows of a block: one row alone takes about 0.4 ms, most of it outside the block, and many rows are no
faster in larger blocks once a network has some ten thousand weights."""

_PROGRAMS = 64  # kept compiled; a search that makes thousands of networks must not keep them all


def forward(
    spec: NetSpec,
    params: Mapping[str, np.ndarray],
    state: Mapping[str, np.ndarray],
    numbers: np.ndarray,
    codes: np.ndarray,
    *,
    precision: Precision = "float32",
) -> np.ndarray:
    """Run encoded rows through a network in prediction mode.

    Parameters
    ----------
    spec : NetSpec
    params, state : mapping of str to array
        In the type that `precision` names.
    numbers : array (rows, numbers)
    codes : int array (rows, categories)
    precision : {"float32", "float64"}

    Returns
    -------
    float64 array (rows, outputs)
        Logits, or standardised values for the linear head.
    """
    rows = len(numbers)
    numbers = _whole_blocks(np.asarray(numbers, precision))
    codes = _whole_blocks(np.asarray(codes, np.int32))
    backend.wake()
    with backend.precision(precision):
        run = program(spec.structure(), precision)
        weights = jax.device_put((dict(params), dict(state)), backend.devices()[0])
        # Handing over all blocks before the first answer is read keeps the device busy.
        parts = [
            run(*weights, {"numbers": numbers[at : at + BLOCK], "codes": codes[at : at + BLOCK]})
            for at in range(0, len(numbers), BLOCK)
        ]
        blocks = [np.asarray(part, np.float64) for part in parts]
    return np.concatenate(blocks)[:rows] if blocks else np.empty((0, spec.outputs))


@lru_cache(maxsize=_PROGRAMS)
def program(structure: NetSpec, precision: Precision) -> Callable[..., jax.Array]:
    """Return the compiled forward pass of one block, shared by all networks of one structure."""

    def run(params, state, inputs):
        outputs, _ = apply(structure, params, state, inputs)
        return outputs

    params, state = init(structure, 0, precision)
    inputs = {
        "numbers": np.zeros((BLOCK, structure.inputs.numbers), precision),
        "codes": np.zeros((BLOCK, len(structure.inputs.levels)), np.int32),
    }
    device = backend.devices()[0]
    ready, _ = load_or_compile(
        ("forward", structure, precision), run, (params, state, inputs), device, result_like=0
    )
    return ready


def _whole_blocks(values: np.ndarray) -> np.ndarray:
    short = -len(values) % BLOCK
    return np.pad(values, ((0, short), (0, 0))) if short else values
