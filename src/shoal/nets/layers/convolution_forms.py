"""The ways to compute a convolution and its gradients, and which of them is taken where.

On a CPU, XLA hands a convolution in the loop of a training to fast code only where it is written in one
order of axes, rows first and channels last. The gradients that JAX derives are in another, which takes ten
times as long. Here both gradients are written as convolutions in the order that is fast. Few channels are
summed place by place, with one product (im2col) for the gradient of their weights. What XLA has no fast code
for, 64-bit numbers and networks under ``vmap``, is a product altogether. The figures are in
``docs/explain/engine.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from shoal import backend
from shoal.nets.layers.base import on_last_axis
from shoal.nets.layers.windows import Windows

Images = Float[Array, "rows height width channels"]
Kernel = Float[Array, "_ _ channels filters"]
Bias = Float[Array, " filters"]
Maps = Float[Array, "rows _ _ filters"]

_FEW = 4  # channels up to which sums, and products for the gradient of the images, are the fastest
_AXES = ("NHWC", "HWIO", "NHWC")


def convolved(x: Images, kernel: Kernel, bias: Bias | None, windows: Windows) -> Maps:
    """Return the convolution of images with a kernel, and the bias of each filter added where there is one.

    The form is chosen while tracing, because a choice inside the program is a wall to the compiler.
    """
    bias = jnp.zeros(kernel.shape[-1:], x.dtype) if bias is None else bias
    if not backend.on_cpu():
        return by_xla(x, kernel, windows) + on_last_axis(bias, x)
    if x.dtype != jnp.float32 or windows.size == (1, 1):
        return by_products(x, kernel, windows) + on_last_axis(bias, x)
    return _with_own_gradients(x, kernel, bias, windows)


def by_xla(x: Images, kernel: Kernel, windows: Windows) -> Maps:
    """Leave all to XLA."""
    return jax.lax.conv_general_dilated(
        x, kernel, windows.stride, windows.around, rhs_dilation=windows.dilation, dimension_numbers=_AXES
    )


def by_products(x: Images, kernel: Kernel, windows: Windows) -> Maps:
    """Put all places of a window side by side (im2col), and multiply once."""
    places = windows.slices(windows.padded(x, 0.0))
    side_by_side = places[0] if len(places) == 1 else jnp.concatenate(places, axis=-1)
    return side_by_side @ kernel.reshape(-1, kernel.shape[-1])


def by_sums(x: Images, kernel: Kernel, windows: Windows) -> Maps:
    """Add up the places of a window, channel by channel.

    The branch that no sound network takes is a wall: without it the sum is computed anew, and slowly, by
    whatever needs it.
    """
    weights = kernel.reshape(-1, kernel.shape[-1])

    def summed():
        places = windows.slices(windows.padded(x, 0.0))
        parts = [place[..., i : i + 1] for place in places for i in range(x.shape[-1])]
        terms = [part * weight[None, None, None, :] for part, weight in zip(parts, weights, strict=True)]
        return sum(terms[1:], terms[0])

    def lost():
        return jnp.full((len(x), *windows.count, kernel.shape[-1]), jnp.nan, x.dtype)

    return jax.lax.cond(jnp.isnan(weights[0, 0]), lost, summed)


def _with_own_gradients(x: Images, kernel: Kernel, bias: Bias, windows: Windows) -> Maps:
    few = x.shape[-1] <= _FEW
    form, of_weights = (by_sums, _to_few_weights) if few else (by_xla, _to_weights)

    def value(x, kernel, bias):
        return form(x, kernel, windows) + on_last_axis(bias, x)

    def plain(x, kernel, bias):
        return by_products(x, kernel, windows) + on_last_axis(bias, x)

    def plain_to_images(change, x, kernel):
        return jax.vjp(lambda x: by_products(x, kernel, windows), x)[1](change)[0]

    def plain_to_weights(change, x, kernel, bias):
        return jax.vjp(lambda *weights: plain(x, *weights), kernel, bias)[1](change)

    products = few or windows.stride != (1, 1)  # strides would be a convolution of mostly zeros
    own_to_images = plain_to_images if products else partial(_to_images, windows=windows)
    to_images = _alone(own_to_images, plain_to_images)
    to_weights = _alone(lambda change, x, *_: of_weights(change, x, windows), plain_to_weights)
    of_rows = _alone(value, plain)
    y = jax.custom_vjp(of_rows)
    y.defvjp(
        lambda *given: (of_rows(*given), given),
        lambda known, change: (to_images(change, *known[:2]), *to_weights(change, *known)),
    )
    return y(x, kernel, bias)


def _alone(function: Callable[..., Any], mapped: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that is computed as `mapped` under ``vmap``."""
    either = jax.custom_batching.custom_vmap(function)

    @either.def_vmap
    def together(size, batched, *given):
        axes = tuple(0 if each else None for each in batched)
        found = jax.vmap(mapped, in_axes=axes)(*given)
        return found, jax.tree.map(lambda _: True, found)

    return either


def _to_images(change: Maps, x: Images, kernel: Kernel, windows: Windows) -> Images:
    """Return the gradient of the images: a convolution with the kernel turned round, for a stride of 1."""
    turned = jnp.swapaxes(kernel[::-1, ::-1], 2, 3)
    before = [reach - 1 - first for reach, (first, _) in zip(windows.reach, windows.around, strict=True)]
    sizes = zip(windows.image, windows.reach, windows.count, before, strict=True)
    around = [(b, n + reach - 1 - count - b) for n, reach, count, b in sizes]
    return jax.lax.conv_general_dilated(
        change, turned, (1, 1), around, rhs_dilation=windows.dilation, dimension_numbers=_AXES
    )


def _to_weights(change: Maps, x: Images, windows: Windows) -> tuple[Kernel, Bias]:
    """Return the gradients of kernel and bias: channels take the place of rows, and rows that of channels."""
    images, window = jnp.transpose(x, (3, 1, 2, 0)), jnp.transpose(change, (1, 2, 0, 3))
    sizes = zip(windows.image, windows.reach, windows.stride, windows.count, windows.around, strict=True)
    after = [reach + (count - 1) * s - n - before for n, reach, s, count, (before, _) in sizes]
    seen = [slice(None, n + min(a, 0)) for n, a in zip(windows.image, after, strict=True)]
    around = [(before, max(a, 0)) for (before, _), a in zip(windows.around, after, strict=True)]
    found = jax.lax.conv_general_dilated(
        images[:, seen[0], seen[1]],  # the last pixels may be in no window
        window,
        windows.dilation,
        around,
        rhs_dilation=windows.stride,
        dimension_numbers=_AXES,
    )
    return jnp.transpose(found, (1, 2, 0, 3)), jnp.sum(change, axis=(0, 1, 2))


def _to_few_weights(change: Maps, x: Images, windows: Windows) -> tuple[Kernel, Bias]:
    """Return the gradients of kernel and bias as one product; the bias is the weight of a constant 1.

    Each channel's places are put one after another, which is quicker than side by side, and the numbers that
    are added up lie along the last axis: there the order of adding does not depend on the number of threads.
    Rows, height and width become one axis only behind the concatenation: a slice that is made one axis by
    itself is copied number by number.
    """
    rows, channels, filters = len(x), x.shape[-1], change.shape[-1]
    places = windows.slices(windows.padded(x, 0.0))
    channels_first = [jnp.moveaxis(place, 3, 0) for place in places]
    ones = jnp.ones((1, rows, *windows.count), change.dtype)
    patches = jnp.concatenate([*channels_first, ones]).reshape(-1, change.size // filters)
    found = patches @ change.reshape(-1, filters)
    return found[:-1].reshape(*windows.size, channels, filters), found[-1]
