"""Networks that differ in how many hidden layers they have, as one structure with layers left out.

A plain network is what comes before its first dense layer, and then blocks: a dense layer with what follows
it up to the next. Where all blocks are alike but for their widths, a shallower network is a deeper
one whose last blocks hand on what they get.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import jax.numpy as jnp
from jaxtyping import Array

from shoal.nets.layers import Block, Dense, Layer, Weighted
from shoal.nets.spec import NetSpec


def dense_paths(spec: NetSpec) -> tuple[str, ...]:
    """Return the path of each dense layer, in the order of ``spec.units()``."""
    return tuple(path for path, layer, _ in spec.walk() if isinstance(layer, Dense))


def depthless(spec: NetSpec) -> NetSpec | None:
    """Return what networks have in common that may share a structure; None where this one cannot.

    It is the network with one hidden layer of one unit, without numeric settings.

    Examples
    --------
    >>> from shoal.nets.inputs import TableInput
    >>> from shoal.nets.spec import mlp
    >>> one, three = (mlp(TableInput(4), units, "softmax", 3) for units in ((8,), (16, 8, 8)))
    >>> depthless(one) == depthless(three)
    True
    >>> depthless(mlp(TableInput(4), (), "softmax", 3)) is None
    True
    """
    blocks = _blocks(spec.layers)
    if len(blocks) < 2 or any(isinstance(layer, Block) for layer in spec.layers):
        return None
    if any(isinstance(layer, Weighted) for layer in blocks[0]):
        return None
    plain = {_plain(block) for block in blocks[1:]}
    if len(plain) > 1:
        return None
    return replace(spec.structure(), layers=(*(layer.structure() for layer in blocks[0]), *plain.pop()))


def deepened(spec: NetSpec, units: Sequence[int]) -> NetSpec:
    """Return the network with these widths; where there are more than it has layers, its last block again.

    Examples
    --------
    >>> from shoal.nets.inputs import TableInput
    >>> from shoal.nets.spec import mlp
    >>> deepened(mlp(TableInput(4), (8,), "softmax", 3), (16, 16)).units()
    (16, 16)
    """
    more = len(units) - len(spec.units())
    if more > 0:
        spec = replace(spec, layers=(*spec.layers, *_blocks(spec.layers)[-1] * more))
    return spec.with_units(units)


def handed_on(fresh: Array, x: Array, present: Array) -> Array:
    """Return what a layer makes of `x` where the network has it; else `x`, in the width of the layer.

    What is cut off then are padded units, which are zero.
    """
    width = fresh.shape[-1]
    if x.shape[-1] > width:
        x = x[..., :width]
    elif x.shape[-1] < width:
        x = jnp.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, width - x.shape[-1])])
    return jnp.where(present, fresh, x)


def _blocks(layers: Sequence[Layer]) -> list[tuple[Layer, ...]]:
    """Return what comes before the first dense layer, and each dense layer with what follows it."""
    starts = [i for i, layer in enumerate(layers) if isinstance(layer, Dense)]
    ends = [*starts, len(layers)]
    return [tuple(layers[a:b]) for a, b in zip([0, *ends], ends, strict=False)]


def _plain(block: tuple[Layer, ...]) -> tuple[Layer, ...]:
    first, *rest = (layer.structure() for layer in block)
    assert isinstance(first, Dense)
    return (replace(first, units=1), *rest)
