"""The convolution over images as a layer; how it is computed is in `shoal.nets.layers.convolution_forms`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import Any, ClassVar

import numpy as np

from shoal.errors import SettingError
from shoal.nets.initializers import initializer
from shoal.nets.layers.base import Weighted
from shoal.nets.layers.convolution_forms import convolved
from shoal.nets.layers.windows import Pair, Windows, checked_padding, pair


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
        kernel, windows = params["kernel"], self.windows(x.shape[1:])
        return convolved(x, kernel, params.get("bias"), windows), {}


def image_of(shape: tuple[int, ...], what: str) -> Pair:
    """Return height and width of an image's shape, or refuse what is no image."""
    if len(shape) != 3:
        raise SettingError(
            f"Expected images of (height, width, channels) before the {what}. Received: values of shape "
            f"{shape}; put it before flatten and dense layers, in a network of images."
        )
    return shape[0], shape[1]
