"""Which units dropout keeps, drawn for all steps of an epoch at once.

Inside a step XLA draws the same units again for the backward pass, in kernels with so many inputs that it
does not vectorise them: dropout then took a third of a medium step, drawn ahead a twentieth. The bits are the
same.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import jax
from jaxtyping import Array

from shoal.nets import draws
from shoal.nets.layers import Dropout, Pass
from shoal.train.key import ProgramKey

_MOST = 1 << 23  # bytes of a network's epoch; beyond, each step draws its own


def kept_units(key: ProgramKey, rates: Mapping[str, Array], keys: Array) -> dict[str, Array]:
    """Return which units are kept: by the path of a dropout layer, bool of shape (steps, batch, ...).

    Empty where that would be too large, and without layers that are repeated, which draw by depth.

    Parameters
    ----------
    key : ProgramKey
    rates : mapping of path to scalar
    keys : (steps,) uint32 array
        Randomness of each step.
    """
    shapes = {
        path: (key.batch, *shape)
        for path, layer, shape in key.structure.walk()
        if isinstance(layer, Dropout) and not _repeated(key, path)
    }
    size = sum(key.steps * prod(shape) for shape in shapes.values())
    if not shapes or size > _MOST:
        return {}
    return {path: _drawn(path, rates[path], keys, shape) for path, shape in shapes.items()}


def _drawn(path: str, rate: Array, keys: Array, shape: tuple[int, ...]) -> Array:
    return jax.vmap(lambda key: draws.keep_mask(Pass(key=key).key_for(path), rate, shape))(keys)


def _repeated(key: ProgramKey, path: str) -> bool:
    repeats = [at for at, layer, _ in key.structure.walk() if layer.kind == "repeat"]
    return any(path.startswith(f"{at}.") for at in repeats)
