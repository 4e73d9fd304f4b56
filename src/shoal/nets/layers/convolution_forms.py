"""The ways to compute a convolution and its gradients, and which of them is taken where.

On a CPU, XLA hands a convolution to fast code in two cases: the program computes it once, or it is written
in one order of axes, rows first and channels last. The gradients that JAX derives are in another order, so in
the loop of a training they took ten times as long. Here both gradients are written as convolutions in the
order that is fast. Few channels are summed place by place, a loop over the images keeping the sum from being
computed anew by whatever needs it. What XLA has no fast code for, 64-bit numbers and networks under ``vmap``,
is a product of matrices. The figures are in ``docs/explain/engine.md``.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from shoal import backend
from shoal.nets.layers.windows import Windows

Images = Float[Array, "rows height width channels"]
Kernel = Float[Array, "_ _ channels filters"]
Maps = Float[Array, "rows _ _ filters"]

_FEW = 4  # channels up to which sums, and products for the gradient of the images, are the fastest
_AXES = ("NHWC", "HWIO", "NHWC")


def convolved(x: Images, kernel: Kernel, windows: Windows) -> Maps:
    """Return the convolution of images with a kernel, without a bias.

    The form is chosen while tracing: a choice inside the program would be a wall to the compiler.
    """
    if not backend.on_cpu():
        return by_xla(x, kernel, windows)
    if x.dtype != jnp.float32 or windows.size == (1, 1):
        return by_products(x, kernel, windows)
    return _with_own_gradients(x, kernel, windows)


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
    """Add up the places of a window, channel by channel, one image after the other."""
    weights = kernel.reshape(-1, kernel.shape[-1])

    def of_one(image):
        places = windows.slices(windows.padded(image[None], 0.0))
        parts = [place[..., i : i + 1] for place in places for i in range(x.shape[-1])]
        terms = [part * weight[None, None, None, :] for part, weight in zip(parts, weights, strict=True)]
        return sum(terms[1:], terms[0])[0]

    return jax.lax.map(of_one, x)


def _with_own_gradients(x: Images, kernel: Kernel, windows: Windows) -> Maps:
    few = x.shape[-1] <= _FEW

    def plain(x, kernel):
        return by_products(x, kernel, windows)

    def to_images(change, x, kernel):
        return jax.vjp(lambda x: plain(x, kernel), x)[1](change)[0]

    def to_kernel(change, x, kernel):
        return jax.vjp(lambda kernel: plain(x, kernel), kernel)[1](change)[0]

    value = _alone(lambda x, kernel: (by_sums if few else by_xla)(x, kernel, windows), plain)
    products = few or windows.stride != (1, 1)  # strides would be a convolution of mostly zeros
    of_images = to_images if products else _alone(lambda *given: _to_images(*given, windows), to_images)
    of_kernel = _alone(lambda *given: _to_kernel(*given, windows), to_kernel)

    y = jax.custom_vjp(value)
    y.defvjp(
        lambda x, kernel: (value(x, kernel), (x, kernel)),
        lambda known, change: (of_images(change, *known), of_kernel(change, *known)),
    )
    return y(x, kernel)


def _alone(function: Callable[..., Array], mapped: Callable[..., Array]) -> Callable[..., Array]:
    """Return a function that is computed as `mapped` under ``vmap``."""
    either = jax.custom_batching.custom_vmap(function)

    @either.def_vmap
    def together(size, batched, *given):
        axes = tuple(0 if each else None for each in batched)
        return jax.vmap(mapped, in_axes=axes)(*given), True

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


def _to_kernel(change: Maps, x: Images, kernel: Kernel, windows: Windows) -> Kernel:
    """Return the gradient of the kernel: channels take the place of rows, and rows that of channels."""
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
    return jnp.transpose(found, (1, 2, 0, 3))
