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
import jax.numpy as jnp
import numpy as np

from shoal import backend
from shoal.axes import Precision
from shoal.nets import draws
from shoal.nets.layers import Pass
from shoal.nets.network import apply, init
from shoal.nets.spec import NetSpec
from shoal.programs import load_or_compile

BLOCK = 256
"""Rows of a block: one row alone takes about 0.4 ms, most of it outside the block, and many rows are no
faster in larger blocks once a network has some ten thousand weights."""

_SAMPLING = 0x3C0D  # the stream of random numbers of thinned networks, apart from those of training
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
    backend.wake()
    with backend.precision(precision):
        run = program(spec.structure(), precision)
        weights = jax.device_put((dict(params), dict(state)), backend.devices()[0])
        return _over_blocks(spec, numbers, codes, precision, lambda inputs: run(*weights, inputs))


def forward_thinned(
    spec: NetSpec,
    params: Mapping[str, np.ndarray],
    state: Mapping[str, np.ndarray],
    numbers: np.ndarray,
    codes: np.ndarray,
    *,
    samples: int,
    seed: int = 0,
    precision: Precision = "float32",
) -> np.ndarray:
    """Run encoded rows through thinned networks: dropout is active, everything else as in prediction.

    Each sample is one network with some of its units left out, the same for all rows, and depends on the
    seed and its number alone.

    Parameters
    ----------
    spec, params, state, numbers, codes, precision
        As for `forward`.
    samples : int
    seed : int

    Returns
    -------
    float64 array (samples, rows, outputs)
    """
    backend.wake()
    with backend.precision(precision):
        run = thinned_program(spec.structure(), precision)
        rates = {path: np.asarray(rate, precision) for path, rate in spec.rates().items()}
        given = jax.device_put((dict(params), dict(state), rates), backend.devices()[0])
        made = [
            _over_blocks(spec, numbers, codes, precision, lambda inputs, at=at: run(*given, at, inputs))
            for at in np.array([(seed, i) for i in range(samples)], np.uint32)
        ]
    return np.stack(made)


def _over_blocks(
    spec: NetSpec,
    numbers: np.ndarray,
    codes: np.ndarray,
    precision: Precision,
    run: Callable[[dict[str, np.ndarray]], jax.Array],
) -> np.ndarray:
    """Return what `run` answers for blocks of rows, as float64 of shape (rows, outputs)."""
    rows = len(numbers)
    numbers = _whole_blocks(np.asarray(numbers, spec.inputs.dtype or precision))
    codes = _whole_blocks(np.asarray(codes, np.int32))
    # Handing over all blocks before the first answer is read keeps the device busy.
    parts = [
        run({"numbers": numbers[at : at + BLOCK], "codes": codes[at : at + BLOCK]})
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
    args = (params, state, _empty_block(structure, precision))
    device = backend.devices()[0]
    ready, _ = load_or_compile(("forward", structure, precision), run, args, device, result_like=0)
    return ready


@lru_cache(maxsize=_PROGRAMS)
def thinned_program(structure: NetSpec, precision: Precision) -> Callable[..., jax.Array]:
    """Return the compiled forward pass of one block with dropout; rates, seed and sample are traced."""

    def run(params, state, rates, at, inputs):
        key = draws.fold(draws.fold(jnp.uint32(_SAMPLING), at[0]), at[1])
        outputs, _ = apply(structure, params, state, inputs, Pass(key=key, rates=rates, thinned=True))
        return outputs

    params, state = init(structure, 0, precision)
    rates = {path: np.zeros((), precision) for path in structure.rates()}
    args = (params, state, rates, np.zeros(2, np.uint32), _empty_block(structure, precision))
    device = backend.devices()[0]
    ready, _ = load_or_compile(("thinned", structure, precision), run, args, device, result_like=0)
    return ready


def _empty_block(structure: NetSpec, precision: Precision) -> dict[str, np.ndarray]:
    return {
        "numbers": np.zeros((BLOCK, structure.inputs.numbers), structure.inputs.dtype or precision),
        "codes": np.zeros((BLOCK, len(structure.inputs.levels)), np.int32),
    }


def _whole_blocks(values: np.ndarray) -> np.ndarray:
    short = -len(values) % BLOCK
    return np.pad(values, ((0, short), (0, 0))) if short else values
