"""Large batches of images go through a network in two halves, which two cores can compute at the same time.

XLA's fast code for a convolution keeps to one core; two convolutions that do not need each other run on two.
The halves meet again before the loss, so gradients are the sum of two, in one order. The split depends on the
shapes alone, never on the number of cores or of networks: the bits are the same on one core and on two, alone
and among others. The figures are in ``docs/explain/engine.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array

from shoal import backend
from shoal.nets.layers import Pass
from shoal.nets.spec import NetSpec

_PARTS = 2
_LEAST = 8e6  # multiply-adds of a forward pass; below, the second core is not worth the additional steps


def pay(spec: NetSpec, rows: int, now: Pass) -> bool:
    """Return whether rows go through in halves: many images, on a CPU, and no row that needs another."""
    if spec.inputs.kind != "image" or rows % _PARTS or now.activity or now.tap is not None:
        return False
    if now.train and not all(layer.rows_apart for _, layer, _ in spec.walk()):
        return False
    return rows * spec.multiply_adds() >= _LEAST and backend.on_cpu()


def joined(
    apply: Callable[[Mapping[str, Array], Pass], tuple[Array, dict[str, Any]]],
    pixels: Array,
    now: Pass,
) -> tuple[Array, dict[str, Any]]:
    """Return the outputs of all rows, and the running statistics, which no half changes."""
    size = len(pixels) // _PARTS
    outputs, running = [], {}
    for i in range(_PARTS):
        half = pixels[i * size : (i + 1) * size]
        y, running = apply({"numbers": half}, replace(now, part=(i, _PARTS)))
        outputs.append(y)
    return jnp.concatenate(outputs), running
