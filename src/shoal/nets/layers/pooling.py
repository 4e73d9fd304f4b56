"""Pooling of images, and the way from images to plain features."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from shoal.nets.layers.base import Layer
from shoal.nets.layers.convolution import image_of
from shoal.nets.layers.windows import Windows, checked_padding, pair


@dataclass(frozen=True)
class _Pool(Layer):
    """Base of the poolings over windows.

    Parameters
    ----------
    size : int or pair of int
        Height and width of the window.
    stride : int or pair of int, optional
        Pixels from one window to the next; None takes the size, so that windows do not overlap.
    padding : {"same", "valid"}
        "same" pads to ``ceil(n / stride)`` windows along an axis; what is padded is neither a maximum nor
        part of an average. "valid" pads nothing.
    """

    size: Any = 2
    stride: Any = None
    padding: str = "valid"

    def __post_init__(self):
        object.__setattr__(self, "size", pair(self.size, "size"))
        if self.stride is not None:
            object.__setattr__(self, "stride", pair(self.stride, "stride"))
        checked_padding(self.padding)

    def windows(self, shape: tuple[int, ...]) -> Windows:
        """Return where the windows lie on images of `shape`, or refuse it."""
        image = image_of(shape, "pooling")
        windows = Windows(image, self.size, self.stride or self.size, (1, 1), self.padding)
        windows.refuse_too_large("pooling")
        return windows

    def shape(self, shape):
        return (*self.windows(shape).count, shape[-1])


@dataclass(frozen=True)
class MaxPool(_Pool):
    """Largest value of each window and channel.

    Where several places of a window hold the largest value, the gradient goes to the first of them, row by
    row, as in PyTorch.

    Examples
    --------
    >>> MaxPool(2).shape((7, 7, 16)), MaxPool(3, stride=2, padding="same").shape((7, 7, 16))
    ((3, 3, 16), (4, 4, 16))
    """

    kind: ClassVar[str] = "max_pool"

    def apply(self, params, running, x, mask, path, now):
        windows = self.windows(x.shape[1:])
        return _largest(windows.padded(x, -np.inf), windows), {}


@dataclass(frozen=True)
class AveragePool(_Pool):
    """Mean of each window and channel, over the pixels that are there.

    Examples
    --------
    >>> AveragePool(2).shape((8, 6, 3))
    (4, 3, 3)
    """

    kind: ClassVar[str] = "average_pool"

    def apply(self, params, running, x, mask, path, now):
        windows = self.windows(x.shape[1:])
        parts = windows.slices(windows.padded(x, 0.0))
        total = sum(parts[1:], parts[0])
        return total / _pixels(windows).astype(x.dtype)[None, :, :, None], {}


@dataclass(frozen=True)
class GlobalAveragePool(Layer):
    """Mean of each channel over the whole image (Lin et al., arXiv 1312.4400): images become features."""

    kind: ClassVar[str] = "global_average_pool"

    def shape(self, shape):
        image_of(shape, "pooling")
        return shape[-1:]

    def apply(self, params, running, x, mask, path, now):
        return jnp.mean(x, axis=(1, 2)), {}


@dataclass(frozen=True)
class GlobalMaxPool(Layer):
    """Largest value of each channel over the whole image; images become features.

    The gradient goes to the first place, row by row, that holds the largest value.
    """

    kind: ClassVar[str] = "global_max_pool"

    def shape(self, shape):
        image_of(shape, "pooling")
        return shape[-1:]

    def apply(self, params, running, x, mask, path, now):
        places = x.reshape(x.shape[0], -1, x.shape[-1])
        first = jax.lax.stop_gradient(jnp.argmax(places, axis=1, keepdims=True))
        return jnp.take_along_axis(places, first, axis=1)[:, 0], {}


@dataclass(frozen=True)
class Flatten(Layer):
    """All values of a row one after another: height, then width, then channels.

    Examples
    --------
    >>> Flatten().shape((7, 7, 32))
    (1568,)
    """

    kind: ClassVar[str] = "flatten"

    def shape(self, shape):
        return (prod(shape),)

    def apply(self, params, running, x, mask, path, now):
        return x.reshape(x.shape[0], -1), {}


def _pixels(windows: Windows) -> np.ndarray:
    """Return how many real pixels each window sees, of shape ``count``."""
    axes = zip(windows.image, windows.size, windows.stride, windows.count, windows.around, strict=True)
    seen = []
    for n, k, s, count, (before, _) in axes:
        start = np.arange(count) * s - before
        seen.append(np.minimum(start + k, n) - np.maximum(start, 0))
    return seen[0][:, None] * seen[1][None, :]


def _largest(x: Float[Array, "rows height width channels"], windows: Windows) -> Float[Array, "..."]:
    """Pool padded images; the gradient is told which place won, and never compares again."""
    apart = windows.size == windows.stride

    @jax.custom_vjp
    def pooled(x):
        return _maximum(windows.slices(x))

    def forward(x):
        parts = windows.slices(x)
        best = _maximum(parts)
        return best, _first_hit(parts, best)

    def backward(first, change):
        return ((_dealt if apart else _scattered)(first, change, x.shape, windows),)

    pooled.defvjp(forward, backward)
    return pooled(x)


def _maximum(parts):
    best = parts[0]
    for part in parts[1:]:
        best = jnp.maximum(best, part)
    return best


def _first_hit(parts, best):
    kind = np.uint8 if len(parts) <= 256 else np.int32
    first = jnp.full(best.shape, len(parts) - 1, kind)
    for place in range(len(parts) - 2, -1, -1):
        first = jnp.where(parts[place] == best, kind(place), first)
    return first


def _dealt(first, change, shape, windows: Windows):
    """Deal the gradient out to windows that do not overlap: one pass over the image."""
    (high, wide), (down, across) = windows.count, windows.size
    place = jnp.arange(down * across, dtype=first.dtype).reshape(1, 1, down, 1, across, 1)
    hit = first[:, :, None, :, None, :] == place
    dealt = jnp.where(hit, change[:, :, None, :, None, :], jnp.zeros((), change.dtype))
    dealt = dealt.reshape(shape[0], high * down, wide * across, shape[3])
    left = [(0, max(n - m, 0)) for n, m in zip(shape[1:3], dealt.shape[1:3], strict=True)]
    return jnp.pad(dealt, ((0, 0), *left, (0, 0)))


def _scattered(first, change, shape, windows: Windows):
    """Add up the gradient of windows that overlap."""
    nothing = jnp.zeros((), change.dtype)
    places = range(int(np.prod(windows.size)))
    parts = [jnp.where(first == first.dtype.type(place), change, nothing) for place in places]
    [change] = jax.linear_transpose(windows.slices, jax.ShapeDtypeStruct(shape, change.dtype))(parts)
    return change
