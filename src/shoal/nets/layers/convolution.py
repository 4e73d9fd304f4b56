"""The convolution over images, as a matrix product.

XLA's own convolution is ten times slower on a CPU, above all under differentiation, so there the places of
each window are put side by side and multiplied once. A sum of products place by place, without any copy, is a
little quicker by itself and half as quick in a network, where whatever comes before is computed anew for each
place (``docs/explain/engine.md``). Other devices take XLA's own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from shoal import backend
from shoal.errors import SettingError
from shoal.nets.initializers import initializer
from shoal.nets.layers.base import Weighted, on_last_axis
from shoal.nets.layers.windows import Pair, Windows, checked_padding, pair

Images = Float[Array, "rows height width channels"]
Kernel = Float[Array, "_ _ channels filters"]
Maps = Float[Array, "rows _ _ filters"]


@dataclass(frozen=True)
class Conv2D(Weighted):
    """Convolution of images, ``y[i, j, f] = b[f] + sum_{u, v, c} W[u, v, c, f] x[i s + u d, j s + v d, c]``.

    As everywhere in deep learning this is a cross-correlation: the kernel is not turned round (LeCun et al.
    1998, "Gradient-based learning applied to document recognition").

    Parameters
    ----------
    filters : int
        Channels of the result.
    kernel : int or pair of int
        Height and width of the window; the weights are of shape ``(height, width, channels, filters)``.
    stride : int or pair of int
        Pixels from one window to the next, ``s``.
    padding : {"same", "valid"}
        "same" pads with zeros to ``ceil(n / stride)`` windows along an axis; "valid" pads nothing.
    dilation : int or pair of int
        Pixels from one place of a window to the next, ``d``.
    bias : bool
    initializer : str or mapping
        Of `shoal.nets.initializers`; the fan is that of a whole window.

    Raises
    ------
    SettingError
        If a number is wrong, or the window is larger than the image that reaches it.

    Examples
    --------
    >>> Conv2D(16, kernel=5, stride=2).shape((28, 28, 3))
    (14, 14, 16)
    """

    kind: ClassVar[str] = "conv2d"
    filters: int
    kernel: Any = 3
    stride: Any = 1
    padding: str = "same"
    dilation: Any = 1
    bias: bool = True
    initializer: Any = "he_normal"

    def __post_init__(self):
        for name in ("kernel", "stride", "dilation"):
            object.__setattr__(self, name, pair(getattr(self, name), name))
        checked_padding(self.padding)
        if type(self.filters) is not int or self.filters < 1:
            raise SettingError(
                f"Expected filters to be a whole number of at least 1. Received: filters={self.filters!r}."
            )

    def windows(self, shape: tuple[int, ...]) -> Windows:
        """Return where the windows lie on images of `shape`, or refuse it."""
        high, wide = image_of(shape, "convolution")
        windows = Windows((high, wide), self.kernel, self.stride, self.dilation, self.padding)
        windows.refuse_too_large("convolution")
        return windows

    def shape(self, shape):
        return (*self.windows(shape).count, self.filters)

    def structure(self):
        return replace(super().structure(), initializer="zeros")

    def multiply_adds(self, shape):
        return prod(self.shape(shape)) * prod(self.kernel) * shape[-1]

    def init(self, shape, rng):
        self.windows(shape)
        size, places = (*self.kernel, shape[-1], self.filters), prod(self.kernel)
        draw = initializer(self.initializer)
        values = {"kernel": draw(rng, places * shape[-1], places * self.filters, size)}
        if self.bias:
            values["bias"] = np.zeros(self.filters)
        return values

    def apply(self, params, running, x, mask, path, now):
        y = convolved(x, params["kernel"], self.windows(x.shape[1:]))
        return (y + on_last_axis(params["bias"], y) if self.bias else y), {}


def image_of(shape: tuple[int, ...], what: str) -> Pair:
    """Return height and width of an image's shape, or refuse what is no image."""
    if len(shape) != 3:
        raise SettingError(
            f"Expected images of (height, width, channels) before the {what}. Received: values of shape "
            f"{shape}; put it before flatten and dense layers, in a network of images."
        )
    return shape[0], shape[1]


def convolved(x: Images, kernel: Kernel, windows: Windows) -> Maps:
    """Return the convolution of images with a kernel, without a bias.

    The form is chosen while tracing: a choice inside the program would be a wall to the compiler.
    """
    return (_by_products if backend.on_cpu() else _by_xla)(x, kernel, windows)


def _by_products(x: Images, kernel: Kernel, windows: Windows) -> Maps:
    """Put all places of a window side by side (im2col), and multiply once."""
    places = windows.slices(windows.padded(x, 0.0))
    side_by_side = places[0] if len(places) == 1 else jnp.concatenate(places, axis=-1)
    return side_by_side @ kernel.reshape(-1, kernel.shape[-1])


def _by_xla(x: Images, kernel: Kernel, windows: Windows) -> Maps:
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        windows.stride,
        windows.around,
        rhs_dilation=windows.dilation,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
